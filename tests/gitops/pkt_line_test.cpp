#include "gitops/pkt_line.hpp"

#include <gtest/gtest.h>

#include <random>

#include "gitops/limits.hpp"

namespace titan::gitops {
namespace {

const std::string kId(40, 'a');

TEST(PacketReader, PutsPacketsTogetherFromPiecesOfAnySize) {
  const std::vector<std::string> contents = {"a\n", std::string(kPacketBytesMax, 'x'), "", "b"};
  std::string bytes;
  for (const std::string& content : contents) bytes += packet(content);
  bytes += kFlushPacket;
  std::mt19937 random(42);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> got;
    bool ended = false;
    PacketReader reader([&](std::optional<std::string_view> content) -> Result<void> {
      if (content) got.emplace_back(*content);
      ended = !content;
      return {};
    });
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % 9000;
      ASSERT_TRUE(reader.feed(std::string_view(bytes).substr(at, size)));
      at += size;
    }
    EXPECT_EQ(got, contents);
    EXPECT_TRUE(ended);
    EXPECT_TRUE(reader.is_between_packets());
  }
}

TEST(PacketReader, RefusesWhatIsNoPacket) {
  for (const std::string bytes :
       {"0001", "0002", "0003", "fff1", "ffff", "00g5a", "+005a", "HTTP"}) {
    PacketReader reader([](std::optional<std::string_view>) { return Result<void>(); });
    const auto fed = reader.feed(bytes);
    ASSERT_FALSE(fed.ok()) << bytes;
    EXPECT_EQ(fed.error().code, ErrorCode::invalid);
  }
}

TEST(Advertisement, HasReferencesAndWhatTheOtherSideCan) {
  const auto read = Advertisement::parse(
      packet(kId + " refs/heads/main" + std::string(1, '\0') + "report-status side-band-64k\n") +
      packet(kId + " refs/tags/v1\n") + std::string(kFlushPacket));
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->references.size(), 2U);
  EXPECT_EQ(read->references.find("refs/heads/main")->second, kId);
  EXPECT_TRUE(read->capabilities.contains("side-band-64k"));
}

TEST(Advertisement, OfAnEmptyRepositoryHasNoReferences) {
  const auto read = Advertisement::parse(
      packet(std::string(40, '0') + " capabilities^{}" + std::string(1, '\0') + "report-status\n") +
      std::string(kFlushPacket));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->references.empty());
  EXPECT_TRUE(read->capabilities.contains("report-status"));
}

TEST(Advertisement, RefusesWhatItCannotWorkWith) {
  const std::string flush(kFlushPacket);
  struct Row {
    std::string bytes;
    ErrorCode code;
    std::string says;
  };
  const Row rows[] = {
      {packet("ERR no such \x1b[31mrepository"), ErrorCode::unavailable, "no such  [31mrepository"},
      {packet("hello") + flush, ErrorCode::invalid, "hello"},
      {packet(kId + " refs/heads/main\n"), ErrorCode::invalid, "whole"},
      {flush + packet("x"), ErrorCode::invalid, "behind"},
      {packet(kId + " a" + std::string(1, '\0') + "object-format=sha256") + flush,
       ErrorCode::invalid, "sha256"},
      {"", ErrorCode::invalid, "whole"},
  };
  for (const Row& row : rows) {
    const auto read = Advertisement::parse(row.bytes);
    ASSERT_FALSE(read.ok()) << row.says;
    EXPECT_EQ(read.error().code, row.code) << read.error().text();
    EXPECT_NE(read.error().message.find(row.says), std::string::npos) << read.error().text();
  }
}

TEST(PushReport, SaysWhatBecameOfThePush) {
  const std::string unpacked = packet("unpack ok\n");
  EXPECT_TRUE(parse_push_report(unpacked + packet("ok refs/heads/main\n")));
  struct Row {
    std::string bytes;
    ErrorCode code;
  };
  const Row rows[] = {
      {unpacked + packet("ng refs/heads/main hook declined\n"), ErrorCode::denied},
      {packet("unpack index-pack abnormal exit\n"), ErrorCode::unavailable},
      {unpacked, ErrorCode::invalid},
      {packet("ok refs/heads/main\n"), ErrorCode::invalid},
      {"", ErrorCode::invalid},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_push_report(row.bytes).error().code, row.code);
}

TEST(SideBands, GiveDataOnAndKeepTheLastMessage) {
  std::string data;
  SideBands bands([&](std::string_view bytes) -> Result<void> {
    data += bytes;
    return {};
  });
  EXPECT_TRUE(
      bands.take("\x01"
                 "ab"));
  EXPECT_TRUE(
      bands.take("\x02"
                 "no\a entry\n"));
  EXPECT_TRUE(
      bands.take("\x01"
                 "c"));
  EXPECT_EQ(data, "abc");
  EXPECT_EQ(bands.last_message(), "no  entry");
  EXPECT_EQ(bands
                .take("\x03"
                      "out of disk")
                .error()
                .code,
            ErrorCode::unavailable);
  EXPECT_EQ(bands.take("\x04").error().code, ErrorCode::invalid);
  EXPECT_EQ(bands.take("").error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace titan::gitops

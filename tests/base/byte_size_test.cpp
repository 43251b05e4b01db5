#include "base/byte_size.hpp"

#include <gtest/gtest.h>

namespace titan {
namespace {

TEST(ByteSize, ReadsAndWritesWhatPeopleWrite) {
  const std::pair<const char*, std::uint64_t> kSizes[] = {{"0", 0},
                                                          {"1", 1},
                                                          {"1500", 1500},
                                                          {"1KiB", 1024},
                                                          {"256MiB", 1 << 28},
                                                          {"3GiB", 3ULL << 30U},
                                                          {"2TiB", 2ULL << 40U}};
  for (const auto& [text, bytes] : kSizes) {
    const auto parsed = parse_byte_size(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, bytes) << text;
    EXPECT_EQ(byte_size_text(bytes), text);
  }
  EXPECT_EQ(parse_byte_size("1024KiB").value(), 1U << 20U);
  EXPECT_EQ(byte_size_text(1025), "1025");
}

TEST(ByteSize, RefusesEverythingElse) {
  for (const char* text : {"", "MiB", "-1", "+1", "1.5GiB", "1 GiB", "1MB", "1kib", "10x",
                           "9223372036854775808", "8388608TiB", "99999999999999999999"}) {
    const auto parsed = parse_byte_size(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_NE(parsed.error().message.find(std::string("\"") + text + "\""), std::string::npos)
        << parsed.error().message;
  }
}

}  // namespace
}  // namespace titan

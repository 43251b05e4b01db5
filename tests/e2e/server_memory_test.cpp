// What a single connection can make the real server keep in memory: a mebibyte at most.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/digest.hpp"
#include "tests/e2e/process_memory.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/server-lite/front_door/raw_client.hpp"

namespace titan {
namespace {

using front_door::RawClient;

constexpr std::size_t kGrowthMax = 1UL << 20U;
constexpr int kTries = 3;  // the least counts: the server has other things to do, too
constexpr std::size_t kMebibyte = 1UL << 20U;
constexpr int kNoAnswer = 0;

const std::string kGet = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n";
const std::string kPut =
    "PUT /v1/hosts/pi HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

void send_again(RawClient& client, const std::string& part, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) client.send(part);
}

// 64 MiB of blanks in 64 KiB.
std::string gzip_bomb() {
  std::string blanks(64 * kMebibyte, ' ');
  std::string bomb(kMebibyte, '\0');
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(blanks.data());
  stream.avail_in = static_cast<uInt>(blanks.size());
  stream.next_out = reinterpret_cast<Bytef*>(bomb.data());
  stream.avail_out = static_cast<uInt>(bomb.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  bomb.resize(stream.total_out);
  deflateEnd(&stream);
  return bomb;
}

// Whether the server has read all that was sent to its port.
bool is_all_read(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    // "0: 0100007F:1D38 0100007F:9C40 01 00000000:00000000 …": ours, theirs, state, unsent:unread
    std::istringstream fields(line);
    std::string number, ours, theirs, state, queues;
    fields >> number >> ours >> theirs >> state >> queues;
    const auto at = [](const std::string& name, std::uint16_t wanted) {
      return std::stoul(name.substr(name.find(':') + 1), nullptr, 16) == wanted;
    };
    constexpr const char* kEstablished = "01";
    if (state != kEstablished) continue;
    const std::string none = "00000000";
    if (at(ours, port) && !queues.ends_with(none)) return false;
    if (at(theirs, port) && !queues.starts_with(none)) return false;
  }
  return true;
}

// A way to use up memory over one connection.
struct MemoryRow {
  const char* name;
  std::function<void(testing::RunningServer&, RawClient&)> attack;
  int status;  // of the answer, after which the connection is closed; or it is left unanswered
};

// The server has taken in all that it will: nothing more goes, though it answers others meanwhile.
void send_until_stuck(testing::RunningServer& server, RawClient& client, std::string_view bytes) {
  int stuck = 0;
  while (!bytes.empty() && stuck < 10) {
    const std::size_t sent = client.send_some(bytes);
    bytes.remove_prefix(sent);
    stuck = sent == 0 ? stuck + 1 : 0;
    if (sent > 0) continue;
    EXPECT_TRUE(server.client().status());
  }
}

// Sends nearly all of a body, and waits until the server has read that.
void hold_body(testing::RunningServer& server, RawClient& client) {
  client.send(kPut + "Content-Length: 8388608\r\n\r\n");
  const std::string part(kMebibyte / 10, ' ');
  send_again(client, part, 79);
  while (!is_all_read(server.address().port)) ASSERT_TRUE(server.client().status());
}

void leave_answers(testing::RunningServer& server, RawClient& client) {
  constexpr std::size_t kRequests = 100'000;
  std::string requests;
  for (std::size_t i = 0; i < kRequests; ++i) requests += kGet + "\r\n";
  send_until_stuck(server, client, requests);
}

std::string large_content(char letter = 'x') {
  return std::string(4 * kMebibyte, letter);
}

std::string large_path(char letter = 'x') {
  return "/v1/blobs/" + Digest::of(large_content(letter)).text();
}

void leave_large_answer(testing::RunningServer& server, RawClient& client,
                        const std::string& path = large_path()) {
  client.limit_input(4096);
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + server.authorization() + "\r\n");
  client.await_input();
  EXPECT_TRUE(server.client().status());
}

std::vector<MemoryRow> rows() {
  using Server = testing::RunningServer;
  const std::string many(kMebibyte, 'a');
  std::string headers;
  for (int i = 0; i < 10'000; ++i) headers += "X-Header: 1\r\n";
  return {
      {"a header of 100 MiB",
       [=](Server&, RawClient& client) {
         client.send(kGet + "X-Long: ");
         send_again(client, many, 100);
       },
       431},
      {"1,000,000 headers",
       [=](Server&, RawClient& client) {
         client.send(kGet);
         send_again(client, headers, 100);
       },
       431},
      {"a request line without end",
       [=](Server&, RawClient& client) {
         client.send("GET /");
         send_again(client, many, 100);
       },
       414},
      {"a body without a length",
       [=](Server& server, RawClient& client) {
         client.send(kPut + server.authorization() + "\r\n");
         send_again(client, many, 100);
       },
       400},
      {"a body of 10^18 bytes",
       [=](Server&, RawClient& client) {
         client.send(kPut + "Content-Length: 1000000000000000000\r\n\r\n");
         send_again(client, many, 100);
       },
       413},
      {"a body of 8 MiB that never ends", hold_body, kNoAnswer},
      {"a chunk of 2^60 bytes",
       [=](Server&, RawClient& client) {
         client.send(kPut + "Transfer-Encoding: chunked\r\n\r\n1000000000000000\r\n");
         send_again(client, many, 100);
       },
       411},
      {"a body with both lengths",
       [=](Server&, RawClient& client) {
         client.send(kPut + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n");
         send_again(client, "fffffff\r\n" + many, 100);
       },
       400},
      {"gzip that grows",
       [](Server&, RawClient& client) {
         const std::string bomb = gzip_bomb();
         client.send(kPut + "Content-Encoding: gzip\r\nContent-Length: " +
                     std::to_string(bomb.size()) + "\r\n\r\n" + bomb);
       },
       415},
      {"100,000 requests whose answers are not read", leave_answers, kNoAnswer},
  };
}

int status_or_none(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : kNoAnswer;
}

// How much more a server that was just started, and has answered the like of it, has at most.
std::size_t growth(const MemoryRow& row) {
  const testing::TemporaryDirectory folder;
  testing::RunningServer server(folder.path() + "/server");
  EXPECT_TRUE(server.client().put_blob(large_content()));
  EXPECT_EQ(server.transport().send({.target = large_path()})->status, 200);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(server.client().status());

  const testing::ProcessMemory memory(server.program().pid());
  memory.forget_peak();
  const std::size_t before = memory.resident_bytes();
  RawClient client(server.address());
  row.attack(server, client);
  if (row.status != kNoAnswer) {
    client.end_output();
    EXPECT_EQ(status_or_none(client.until_closed()), row.status);
  }
  const std::size_t peak = memory.peak_bytes();
  EXPECT_TRUE(server.client().status());
  return peak > before ? peak - before : 0;
}

// The least of some tries.
std::size_t least_growth(const MemoryRow& row) {
  std::size_t least = growth(row);
  for (int i = 1; i < kTries && least > kGrowthMax / 4; ++i) least = std::min(least, growth(row));
  std::cout << row.name << ": " << least / 1024 << " KiB\n";
  return least;
}

class ServerMemory : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ServerMemory, GrowsByAMebibyteAtMostForOneConnection) {
  const MemoryRow row = rows()[GetParam()];
  SCOPED_TRACE(row.name);
  EXPECT_LE(least_growth(row), kGrowthMax);
}

std::string name_of(const ::testing::TestParamInfo<std::size_t>& info) {
  std::string name = rows()[info.param].name;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Rows, ServerMemory, ::testing::Range<std::size_t>(0, rows().size()),
                         &name_of);

// Those of the table are tests of a table; this is one of its own.
class ServerMemoryOfAnswers : public ServerMemory {};

// A worker needs the whole of an answer for a moment; who waits for it to be read does not.
TEST_F(ServerMemoryOfAnswers, HoldsLargeOnesThatAreNotReadInFilesAndEachOnce) {
  constexpr std::size_t kReaders = 12;
  constexpr std::size_t kContents = 6;
  const testing::TemporaryDirectory folder;
  testing::RunningServer server(folder.path() + "/server");
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < kContents; ++i) {
    const char letter = static_cast<char>('a' + i);
    ASSERT_TRUE(server.client().put_blob(large_content(letter)));
    ASSERT_EQ(server.transport().send({.target = large_path(letter)})->status, 200);
    paths.push_back(large_path(letter));
  }
  const testing::ProcessMemory memory(server.program().pid());
  const std::size_t before = memory.resident_bytes();
  std::deque<RawClient> readers;
  for (std::size_t i = 0; i < kReaders; ++i) {
    leave_large_answer(server, readers.emplace_back(server.address()), paths[i % kContents]);
  }
  EXPECT_EQ(server.metric("titan_http_spooled_bytes"), kContents * large_content().size());
  EXPECT_LT(server.metric("titan_http_output_bytes"), kMebibyte);
  const std::size_t after = memory.resident_bytes();
  std::cout << "resident: " << before / 1024 << " and " << after / 1024 << " KiB\n";
  EXPECT_LE(after, before + kReaders * kGrowthMax);
}

}  // namespace
}  // namespace titan

// What reading the head of a request costs: the front door does it for every one, on its loop.

#include <benchmark/benchmark.h>

#include <string>

#include "server-lite/front_door/request_head.hpp"

namespace titan::front_door {
namespace {

// As an agent polls.
const std::string kPoll =
    "POST /v1/hosts/tim-pi/sync HTTP/1.1\r\n"
    "Host: titan.example:7480\r\n"
    "User-Agent: titan-agent/0.1.0\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: gzip\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 64\r\n"
    "\r\n";
const std::string kLeast = "GET / HTTP/1.1\r\nHost: titan\r\n\r\n";

void read(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    std::size_t searched = 0;
    const auto read = read_head(text, searched);
    if (!read || !*read) state.SkipWithError("the request should be a good one");
    benchmark::DoNotOptimize(read);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

// A client that sends a header of 15,000 bytes one by one; the time is that of all of them.
void read_byte_by_byte(benchmark::State& state, const std::string& start) {
  const std::string text = start + std::string(15'000, 'a');
  for (auto _ : state) {
    std::size_t searched = 0;
    for (std::size_t size = 1; size <= text.size(); ++size) {
      benchmark::DoNotOptimize(read_head(std::string_view(text).substr(0, size), searched));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

const std::string kLongTarget =
    "GET /" + std::string(8'000, 'a') + " HTTP/1.1\r\nHost: titan\r\n\r\n";
const std::string kStart = "GET / HTTP/1.1\r\nHost: titan\r\nX-Note: ";

BENCHMARK_CAPTURE(read, poll, kPoll);
BENCHMARK_CAPTURE(read, least, kLeast);
BENCHMARK_CAPTURE(read, long_target, kLongTarget);
BENCHMARK_CAPTURE(read_byte_by_byte, long_header, kStart);

}  // namespace
}  // namespace titan::front_door

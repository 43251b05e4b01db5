#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace titan::front_door {

// The limits of limits.hpp that a client can meet.
enum class Limit {
  request_line,
  head_bytes,
  headers,
  body_bytes,
  head_time,
  body_rate,
  idle,
  handshake,
  answer_rate,
  connections,
  per_peer,
  queue,
  parked,
  output,
  spool,
  stop,
};
constexpr std::size_t kLimits = 16;
std::string_view name_of(Limit limit);

// What the front door counts. Read from any thread; each number is right by itself.
struct Numbers {
  std::atomic<std::uint64_t> accepted = 0;           // connections, since the start
  std::atomic<std::uint64_t> connections = 0;        // open now
  std::atomic<std::uint64_t> handshakes_failed = 0;  // of TLS
  std::atomic<std::uint64_t> requests = 0;           // whole and well-formed
  std::atomic<std::uint64_t> at_once = 0;            // of those, answered on the loop
  std::atomic<std::uint64_t> refused = 0;            // not well-formed, or too much
  std::atomic<std::uint64_t> queued = 0;             // waiting for a worker now
  std::atomic<std::uint64_t> parked = 0;             // waiting for something to happen now
  std::atomic<std::uint64_t> output_bytes = 0;       // of answers, not yet sent, in memory
  std::array<std::atomic<std::uint64_t>, kLimits> limits = {};

  void count(Limit limit) { ++limits[static_cast<std::size_t>(limit)]; }
};

}  // namespace titan::front_door

#pragma once

#include <chrono>
#include <cstddef>

// The limits of the front door, in one place. When one is reached, titan_http_limits_total counts
// it under the name that stands beside it.
namespace titan::front_door {

// One request.
constexpr std::size_t kRequestLineBytesMax = 8UL << 10U;  // request_line: 414
constexpr std::size_t kHeadBytesMax = 16UL << 10U;        // head_bytes: 431
constexpr std::size_t kHeadersMax = 100;                  // headers: 431
constexpr std::size_t kBodyBytesMax = 8UL << 20U;         // body_bytes: 413
constexpr std::chrono::seconds kHeadTime{10};             // head_time: 408; from its first byte
constexpr std::chrono::seconds kBodyGrace{10};           // body_rate: 408; the rate is that of each
constexpr std::size_t kBodyBytesPerSecond = 4UL << 10U;  // body_rate: 408; at least

// One connection.
constexpr std::chrono::seconds kIdleTime{75};               // idle: closed
constexpr std::chrono::seconds kHandshakeTime{10};          // handshake: closed
constexpr std::chrono::seconds kAnswerGrace{10};            // answer_rate: cut; as for bodies
constexpr std::size_t kAnswerBytesPerSecond = 16UL << 10U;  // answer_rate: cut
constexpr std::chrono::seconds kLingerTime{2};              // linger; after an error was answered
constexpr std::size_t kReadAheadBytesMax = 64UL << 10U;  // of what follows a request; not read on
constexpr std::size_t kBodyInMemoryMax = 256UL << 10U;   // also of an answer; the rest is in a file

// All of them.
constexpr std::size_t kConnectionsMax = 20'000;         // connections: not accepted until fewer
constexpr std::size_t kDescriptorsForOthers = 128;      // connections: what is left for files
constexpr std::size_t kConnectionsPerPeerMax = 10'000;  // per_peer: closed; of one address
constexpr std::size_t kRequestsQueuedMax = 10'000;      // queue: 503
constexpr std::size_t kParkedMax = 10'000;              // parked: answered at once
constexpr std::size_t kOutputBytesMax = 64UL << 20U;    // output: the slowest reader is cut
constexpr std::size_t kSpoolBytesMax = 1UL << 30U;      // spool: 503, or the slowest reader is cut
constexpr std::size_t kWorkers = 4;
constexpr int kWorkerNiceness = 10;                    // above that of the loop
constexpr std::chrono::milliseconds kTickPause{1};     // an answer of a worker waits at most
constexpr std::chrono::milliseconds kSweepPause{100};  // between two looks at all deadlines
constexpr std::chrono::microseconds kTurn{200};        // of one kind of work; then others' turn
constexpr std::chrono::seconds kStopTime{10};          // stop; what runs longer is cut
constexpr std::chrono::milliseconds kDrainTime{300};   // so long who is idle may still ask then

// Answers.
constexpr std::size_t kCompressBytesMin = 1UL << 10U;  // smaller bodies go as they are
constexpr std::chrono::seconds kRetryAfter{1};         // of 503, and when who waits is sent away

}  // namespace titan::front_door

#pragma once

#include <chrono>
#include <cstddef>

// The limits of server-lite/, in one place.
namespace titan::server_lite {

constexpr std::size_t kBodyBytesMax = 8UL << 20U;
constexpr std::size_t kTargetBytesMax = 8UL << 10U;  // path and query of a request
constexpr std::size_t kPageItemsMax = 1000;
constexpr std::size_t kPageItemsDefault = 500;
constexpr std::size_t kUsersNamed = 10;               // in the error about an entity that is in use
constexpr std::size_t kCompiledTemplatesMax = 128;    // kept compiled
constexpr std::size_t kRenderedDigestsMax = 100'000;  // kept
constexpr std::size_t kKeepAliveRequestsMax = 10'000;  // on one connection
// An open connection holds a thread: many threads, and few seconds for a connection that says
// nothing.
constexpr std::size_t kConnectionsServed = 32;          // at a time; more wait
constexpr std::chrono::seconds kIdleTimeout{1};         // of a connection between two requests
constexpr std::chrono::seconds kReadTimeout{10};        // between two pieces of a request
constexpr std::chrono::milliseconds kStopNoticed{500};  // at the latest
constexpr std::chrono::seconds kPollAfter{60};          // when a host should ask again

}  // namespace titan::server_lite

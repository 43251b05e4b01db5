#include "server-lite/identity/failure_limit.hpp"

#include <arpa/inet.h>

#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

// The address; of IPv6 the network of 64 bits, since who has one address there has them all (RFC
// 4291, section 2.5.4).
std::string source_of(std::string_view address) {
  constexpr std::size_t kNetworkBytes = 8;
  std::string text(address);
  in6_addr parsed{};
  const bool is_of_network =
      ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1 && !IN6_IS_ADDR_V4MAPPED(&parsed);
  if (!is_of_network) return text;
  return "net " + std::string(reinterpret_cast<const char*>(&parsed), kNetworkBytes);
}

}  // namespace

std::optional<std::chrono::seconds> FailureLimit::wait_of(std::string_view address) const {
  const Clock::Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(source_of(address));
  if (found == failures_.end() || found->second.count < kFailuresMax) return std::nullopt;
  const Clock::Monotonic left = found->second.began + kFailureWindow - now;
  if (left.count() <= 0) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(left);
}

void FailureLimit::note_failure(std::string_view address) {
  const Clock::Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const std::string key = source_of(address);
  if (!failures_.contains(key)) make_room(now);
  Failures& failures = failures_[key];
  const bool is_over = failures.count > 0 && now >= failures.began + kFailureWindow;
  if (failures.count == 0 || is_over) failures = {.began = now};
  ++failures.count;
}

void FailureLimit::make_room(Clock::Monotonic now) {
  if (failures_.size() < kFailingAddressesMax) return;
  std::erase_if(failures_,
                [&](const auto& one) { return now >= one.second.began + kFailureWindow; });
  if (failures_.size() >= kFailingAddressesMax) failures_.clear();
}

}  // namespace titan::server_lite

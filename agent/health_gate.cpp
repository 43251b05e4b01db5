#include "agent/health_gate.hpp"

#include <algorithm>
#include <utility>

#include "agent/limits.hpp"
#include "base/text.hpp"

namespace titan::agent {

HealthGate::HealthGate(model::Health health, Clock::Monotonic begin)
    : health_(std::move(health)), last_(begin), next_(begin) {
  if (health_.checks.empty()) verdict_.kind = Verdict::Kind::healthy;
}

// Zero would ask without end.
Clock::Monotonic HealthGate::interval() const {
  return std::max<Clock::Monotonic>(health_.interval, kProbeIntervalMin);
}

HealthGate::Verdict HealthGate::probe(Clock::Monotonic now, Prober& prober,
                                      const std::string& folder, OutputTail& output) {
  if (verdict_.kind != Verdict::Kind::pending || now < next_) return verdict_;
  const Clock::Monotonic gap = now - last_;
  const auto checks = static_cast<std::int64_t>(health_.checks.size());
  age_ += std::min<Clock::Monotonic>(gap, interval() + health_.timeout * checks);
  last_ = now;
  std::string reason = ask(prober, folder, output);
  if (reason.empty()) {
    note_held(now, gap);
  } else {
    note_failed(now, std::move(reason));
  }
  return verdict_;
}

std::string HealthGate::ask(Prober& prober, const std::string& folder, OutputTail& output) const {
  std::string reason;
  for (const model::HealthCheck& check : health_.checks) {
    const auto held = prober.probe(check, health_.timeout, folder, output);
    if (held) continue;
    if (!reason.empty()) reason += "; ";
    reason += held.error().text();
  }
  return clip(reason, kReasonBytesMax);
}

void HealthGate::note_held(Clock::Monotonic now, Clock::Monotonic gap) {
  if (holding_) held_for_ += std::min(gap, interval());
  holding_ = true;
  verdict_.reason.clear();
  if (held_for_ >= health_.window) {
    verdict_.kind = Verdict::Kind::healthy;
    return;
  }
  next_ = now + std::min<Clock::Monotonic>(interval(), health_.window - held_for_);
}

void HealthGate::note_failed(Clock::Monotonic now, std::string reason) {
  verdict_.reason = std::move(reason);
  holding_ = false;
  held_for_ = {};
  if (age_ >= health_.start_period) {
    verdict_.kind = Verdict::Kind::unhealthy;
    return;
  }
  next_ = now + interval();
}

}  // namespace titan::agent

#include "server-lite/expiry.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server-lite/actors.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

// Zero: never.
Timestamp expiry_of(const model::Entity& entity) {
  if (const auto* token = std::get_if<model::TokenSpec>(&entity.spec)) return token->expires;
  return std::get<model::EnrollmentSpec>(entity.spec).expires;
}

}  // namespace

Result<void> ExpiryCleaner::remove(const std::vector<model::Key>& keys, Timestamp before) {
  Proposal proposal{.actor = std::string(kServerActor), .is_batch = true};
  for (const model::Key& key : keys) {
    const auto entity = store_.get(key);
    if (!entity && entity.error().code == ErrorCode::not_found) continue;
    if (!entity) return entity.error();
    const Timestamp expires = expiry_of(*entity);
    // Somebody gave it more time since the registry was asked.
    if (expires == Timestamp() || expires >= before) continue;
    proposal.changes.push_back({.operation = ProposedChange::Operation::remove,
                                .key = key,
                                .if_revision = entity->revision,
                                .if_id = entity->id});
  }
  if (proposal.changes.empty()) return {};
  const auto removed = writer_.propose(proposal);
  if (removed) return {};
  const ErrorCode code = removed.error().error.code;
  const bool overtaken = code == ErrorCode::conflict || code == ErrorCode::not_found;
  return overtaken ? Result<void>() : removed.error().error;
}

Result<Clock::Monotonic> ExpiryCleaner::step() {
  const Clock::Monotonic now = clock_.monotonic();
  if (now < next_look_) return next_look_;
  const Timestamp before = Timestamp::from_micros(clock_.wall().micros() -
                                                  std::chrono::microseconds(kExpiredKept).count());
  const std::vector<model::Key> keys = registry_.expired(before, kExpiredRemoved);
  next_look_ = now + kExpiryPause;
  TITAN_TRY(remove(keys, before));
  if (keys.size() == kExpiredRemoved) next_look_ = now;
  return next_look_;
}

}  // namespace titan::server_lite

#include "server-lite/entity_cache.hpp"

#include <functional>
#include <utility>

#include "server-lite/limits.hpp"

namespace titan::server_lite {

std::size_t EntityCache::KeyHash::operator()(const model::Key& key) const {
  const std::hash<std::string> hash;
  std::size_t mixed = static_cast<std::size_t>(key.kind);
  for (const std::string* part : {&key.organization, &key.workspace, &key.name}) {
    mixed = mixed * 0x9e3779b97f4a7c15U + hash(*part);
  }
  return mixed;
}

std::optional<EntityCache::Text> EntityCache::find(const model::Key& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = new_.find(key); found != new_.end()) return found->second;
  const auto found = old_.find(key);
  if (found == old_.end()) return std::nullopt;
  Text text = std::move(found->second);
  old_.erase(found);
  keep(key, text);
  return text;
}

EntityCache::Moment EntityCache::moment() const {
  const std::lock_guard lock(mutex_);
  return moment_;
}

void EntityCache::put(const model::Key& key, Text text, Moment moment) {
  const std::lock_guard lock(mutex_);
  if (moment != moment_) return;
  old_.erase(key);
  keep(key, std::move(text));
}

void EntityCache::keep(const model::Key& key, Text text) {
  const std::size_t bytes = text.body.size() + kEntityCacheOverhead;
  if (new_bytes_ + bytes > kEntityCacheBytesMax / 2) {
    old_ = std::exchange(new_, Texts());
    new_bytes_ = 0;
  }
  if (bytes > kEntityCacheBytesMax / 2) return;
  // What it replaces is counted twice until the next turn, which only comes sooner.
  new_bytes_ += bytes;
  new_.insert_or_assign(key, std::move(text));
}

void EntityCache::forget(std::span<const model::Change> changes) {
  const std::lock_guard lock(mutex_);
  ++moment_;
  for (const model::Change& change : changes) {
    new_.erase(change.key);
    old_.erase(change.key);
  }
}

}  // namespace titan::server_lite

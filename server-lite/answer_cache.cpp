#include "server-lite/answer_cache.hpp"

namespace titan::server_lite {

std::size_t KeyHash::operator()(const model::Key& key) const {
  const std::hash<std::string> hash;
  std::size_t mixed = static_cast<std::size_t>(key.kind);
  for (const std::string* part : {&key.organization, &key.workspace, &key.name}) {
    mixed = mixed * 0x9e3779b97f4a7c15U + hash(*part);
  }
  return mixed;
}

// A report goes with its host. What stands on hosts and in lists may follow from any change.
void AnswerCache::forget(std::span<const model::Change> changes) {
  entities.forget(changes, &model::Change::key);
  reports.forget(changes, &model::Change::key);
  states.forget_all();
  lists.forget_all();
}

void AnswerCache::forget_report(const model::Key& host) {
  reports.forget(std::span(&host, 1));
  states.forget(std::span(&host, 1));
}

}  // namespace titan::server_lite

#include "reconciler/host_table.hpp"

#include <functional>
#include <utility>

#include "base/assert.hpp"
#include "reconciler/fleet_record.hpp"

namespace titan::reconciler {
namespace {

constexpr std::size_t kFirstSlots = 16;

std::size_t hash_of(std::string_view organization, std::string_view name) {
  const std::hash<std::string_view> hash;
  return hash(organization) * 31 + hash(name);
}

}  // namespace

HostRecord* HostTable::find(std::string_view organization, std::string_view name) const {
  if (slots_.empty()) return nullptr;
  const std::size_t hash = hash_of(organization, name);
  for (std::size_t place = home_of(hash); slots_[place].host != nullptr; place = after(place)) {
    const Slot& slot = slots_[place];
    if (slot.hash != hash) continue;
    const auto& key = slot.host->key;
    if (key.name == name && key.organization == organization) return slot.host;
  }
  return nullptr;
}

void HostTable::insert(HostRecord& host) {
  if (3 * (count_ + 1) > 2 * slots_.size()) {
    const std::vector<Slot> old =
        std::exchange(slots_, std::vector<Slot>(slots_.empty() ? kFirstSlots : 2 * slots_.size()));
    for (const Slot& slot : old) {
      if (slot.host != nullptr) put(slot);
    }
  }
  put({&host, hash_of(host.key.organization, host.key.name)});
  ++count_;
}

void HostTable::put(Slot slot) {
  std::size_t place = home_of(slot.hash);
  while (slots_[place].host != nullptr) place = after(place);
  slots_[place] = slot;
}

// What follows moves up as far as it may, so that no gap ends a search too early.
void HostTable::erase(const HostRecord& host) {
  std::size_t gap = home_of(hash_of(host.key.organization, host.key.name));
  while (slots_[gap].host != &host) {
    TITAN_ASSERT(slots_[gap].host != nullptr);
    gap = after(gap);
  }
  for (std::size_t place = after(gap); slots_[place].host != nullptr; place = after(place)) {
    const std::size_t from_home = home_of(place - home_of(slots_[place].hash));
    const std::size_t from_gap = home_of(place - gap);
    if (from_home < from_gap) continue;
    slots_[gap] = slots_[place];
    gap = place;
  }
  slots_[gap] = {};
  --count_;
}

}  // namespace titan::reconciler

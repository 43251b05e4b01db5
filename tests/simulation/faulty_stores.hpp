#pragma once

#include <memory>
#include <set>
#include <string>

#include "store/store.hpp"

// Stores that break a promise, as a store with a bug would: to show that a simulation notices.
namespace titan::simulation {

// What one of them remembers from start to start.
struct FaultMemory {
  std::set<std::string> lost = {};  // bookmarks of changes that nobody reads again
  bool opened_before = false;
};

using StorePtr = std::unique_ptr<store::Store>;

// Compaction takes the first deletion after the horizon with it.
StorePtr loses_a_delete_when_compacting(StorePtr inner, std::shared_ptr<FaultMemory> memory);
// After a restart, the first pages of the feed lack the deletions.
StorePtr skips_deletes_when_resumed(StorePtr inner, std::shared_ptr<FaultMemory> memory);
// After a restart, the changes from which a host index is built lack the deletions.
StorePtr forgets_deletes_for_hosts(StorePtr inner, std::shared_ptr<FaultMemory> memory);
// After a restart, the first readers see an earlier moment.
StorePtr goes_back_in_time(StorePtr inner, std::shared_ptr<FaultMemory> memory);

}  // namespace titan::simulation

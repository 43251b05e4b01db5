#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace titan::reconciler {

struct HostRecord;

// Hosts by organization and name: every question of a host begins here. An open table with linear
// probing that keeps the hashes, because a question then costs one cache miss for the table and
// those for the one record that is asked for, whatever the number of hosts; std::unordered_set
// costs a few more, which is most of the time of a question without news.
// Borrows the records, whose keys must stay as they are meanwhile. Not thread-safe.
class HostTable {
 public:
  [[nodiscard]] std::size_t size() const { return count_; }
  // null when there is none.
  [[nodiscard]] HostRecord* find(std::string_view organization, std::string_view name) const;
  // REQUIRES: no host of that key is in it.
  void insert(HostRecord& host);
  // REQUIRES: it is in it.
  void erase(const HostRecord& host);

 private:
  struct Slot {
    HostRecord* host = nullptr;  // null: free
    std::size_t hash = 0;
  };

  [[nodiscard]] std::size_t home_of(std::size_t hash) const { return hash & (slots_.size() - 1); }
  [[nodiscard]] std::size_t after(std::size_t place) const { return home_of(place + 1); }
  void put(Slot slot);

  std::vector<Slot> slots_;  // none, or a power of two, of which at least a third are free
  std::size_t count_ = 0;
};

}  // namespace titan::reconciler

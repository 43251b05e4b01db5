#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace titan {

// A map for a handful of entries, such as the headers of a request: they lie side by side, in the
// order of their keys, so that a whole map costs one allocation. What it has, it has under the name
// that it has in std::map; adding takes time linear in the number of entries and invalidates
// iterators and references. `Less` must be transparent. Not thread-safe.
template <class Key, class Value, class Less = std::less<>>
class FlatMap {
 public:
  using value_type = std::pair<Key, Value>;
  using iterator = typename std::vector<value_type>::iterator;
  using const_iterator = typename std::vector<value_type>::const_iterator;

  FlatMap() = default;
  // Of entries with the same key the first counts.
  FlatMap(std::initializer_list<value_type> entries) {
    entries_.reserve(entries.size());
    for (const value_type& entry : entries) emplace(entry.first, entry.second);
  }

  [[nodiscard]] iterator begin() { return entries_.begin(); }
  [[nodiscard]] iterator end() { return entries_.end(); }
  [[nodiscard]] const_iterator begin() const { return entries_.begin(); }
  [[nodiscard]] const_iterator end() const { return entries_.end(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  template <class Wanted>
  [[nodiscard]] iterator lower_bound(const Wanted& key) {
    return std::lower_bound(entries_.begin(), entries_.end(), key, is_before<Wanted>);
  }
  template <class Wanted>
  [[nodiscard]] const_iterator lower_bound(const Wanted& key) const {
    return std::lower_bound(entries_.begin(), entries_.end(), key, is_before<Wanted>);
  }
  template <class Wanted>
  [[nodiscard]] iterator find(const Wanted& key) {
    const iterator place = lower_bound(key);
    return is_at(place, key) ? place : end();
  }
  template <class Wanted>
  [[nodiscard]] const_iterator find(const Wanted& key) const {
    const const_iterator place = lower_bound(key);
    return is_at(place, key) ? place : end();
  }
  template <class Wanted>
  [[nodiscard]] bool contains(const Wanted& key) const {
    return find(key) != end();
  }
  // REQUIRES: the key is there.
  template <class Wanted>
  [[nodiscard]] const Value& at(const Wanted& key) const {
    const const_iterator place = find(key);
    TITAN_ASSERT(place != end());
    return place->second;
  }
  template <class Wanted>
  Value& operator[](Wanted&& key) {
    return emplace(std::forward<Wanted>(key), Value()).first->second;
  }
  // Changes nothing when the key is there.
  template <class NewKey, class NewValue>
  std::pair<iterator, bool> emplace(NewKey&& key, NewValue&& value) {
    const iterator place = lower_bound(key);
    if (is_at(place, key)) return {place, false};
    return {emplace_at(place, std::forward<NewKey>(key), std::forward<NewValue>(value)), true};
  }
  // REQUIRES: the key is not there; `place` is lower_bound() of it.
  template <class NewKey, class NewValue>
  iterator emplace_at(iterator place, NewKey&& key, NewValue&& value) {
    if (entries_.capacity() == 0) {
      entries_.reserve(kFirstCapacity);
      place = entries_.begin();
    }
    return entries_.emplace(place, std::forward<NewKey>(key), std::forward<NewValue>(value));
  }
  bool operator==(const FlatMap&) const = default;

 private:
  static constexpr std::size_t kFirstCapacity = 8;

  template <class Wanted>
  static bool is_before(const value_type& entry, const Wanted& key) {
    return Less()(entry.first, key);
  }
  template <class Wanted>
  [[nodiscard]] bool is_at(const_iterator place, const Wanted& key) const {
    return place != entries_.end() && !Less()(key, place->first);
  }

  std::vector<value_type> entries_;  // sorted by key, each key once
};

}  // namespace titan

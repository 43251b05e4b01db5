#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace titan::testing {

// The memory of a fake: the calls made of it by name ("write etc/a.conf"), and which are to fail.
// Calls count from 1, since the start or the last reset().
class Faults {
 public:
  // The n-th call fails with `error`; the others go on.
  void fail_at(std::size_t n, Error error) { single_[n] = std::move(error); }
  // The n-th call and all later ones fail: what a killed process sees of the world, namely nothing.
  void fail_from(std::size_t n, Error error) { lasting_ = {n, std::move(error)}; }
  // Forgets the calls and the faults.
  void reset() { *this = Faults(); }

  [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }
  // Of a disk: those that change something on it.
  [[nodiscard]] std::vector<std::string> changes() const {
    std::vector<std::string> found;
    for (const std::string& call : calls_) {
      const std::string name = call.substr(0, call.find(' '));
      const bool only_looks = name == "info" || name == "read" || name == "list" ||
                              name == "read_link" || name == "in_memory" || name == "absolute_path";
      if (!only_looks) found.push_back(call);
    }
    return found;
  }
  [[nodiscard]] std::size_t count() const { return calls_.size(); }

  // For fakes: counts one call, and returns its error if it is to fail.
  Result<void> call(std::string name) {
    calls_.push_back(std::move(name));
    if (lasting_ && calls_.size() >= lasting_->first) return lasting_->second;
    const auto found = single_.find(calls_.size());
    if (found != single_.end()) return found->second;
    return {};
  }

 private:
  std::vector<std::string> calls_;
  std::map<std::size_t, Error> single_;
  std::optional<std::pair<std::size_t, Error>> lasting_;
};

}  // namespace titan::testing

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/process_runner.hpp"

namespace titan::agent::testing {

// A systemd as far as `systemctl` shows it: what it has read of the unit files, what is enabled,
// what runs and with which text of its unit it was started. For FakeProcessRunner's handler.
class FakeSystemctl {
 public:
  std::map<std::string, std::string> disk = {};     // the files below the root, by path
  std::map<std::string, std::string> loaded = {};   // the text of each unit, as read
  std::map<std::string, std::string> running = {};  // the text that each active unit runs with
  std::map<std::string, int> runs = {};             // how often each was started
  std::set<std::string> enabled = {};
  std::set<std::string> failed = {};  // ActiveState=failed
  std::set<std::string> broken = {};  // fail when they are started
  std::set<std::string> masked = {};
  std::set<std::string> unreadable = {};  // LoadState=bad-setting

  Outcome run(const Command& command);
  // The files that a unit consists of, put together; empty when there is none.
  [[nodiscard]] std::map<std::string, std::string> units_on_disk() const;
  // What is left when everything else is compared: for tests of repetition.
  [[nodiscard]] std::string state() const;

 private:
  [[nodiscard]] std::vector<std::string> matches(const std::string& pattern) const;
  std::string show(const std::string& unit) const;
  bool start(const std::string& unit);
};

}  // namespace titan::agent::testing

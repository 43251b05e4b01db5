#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/process_runner.hpp"

namespace titan::agent::testing {

// A cluster, as far as `kubectl` shows it: objects with a uid each, kinds that it knows, and which
// of their fields others have taken. For FakeProcessRunner's handler.
class FakeKubectl {
 public:
  using FileTexts = std::map<std::string, std::string>;
  std::map<std::string, FileTexts> folders = {};       // what is unpacked where
  std::map<std::string, nlohmann::json> objects = {};  // by "kind.group/namespace/name"
  std::set<std::string> taken = {};                    // those whose fields are a conflict
  std::set<std::string> kinds = {"ConfigMap", "Namespace", "Secret", "Deployment",
                                 "CustomResourceDefinition"};
  std::set<std::string> stuck = {};  // names that are not gone when they have been deleted
  bool reachable = true;

  Outcome run(const Command& command);
  // Puts an object there as somebody else would.
  void put(const std::string& json_text);
  // All names, and what the inventories list: for comparisons.
  [[nodiscard]] std::string state() const;
  [[nodiscard]] std::string names() const;  // without those of titan-system
  [[nodiscard]] std::string inventory() const;

 private:
  Outcome annotate(const Command& command);
  Outcome get(const Command& command, const std::vector<std::string>& words);
  Outcome apply(const Command& command);
  Outcome remove(const Command& command, const std::vector<std::string>& words);

  int next_uid_ = 1;
};

}  // namespace titan::agent::testing

#pragma once

#include <map>
#include <string>
#include <utility>

#include "agent/drivers/driver.hpp"

namespace titan::agent::testing {

using FileTexts = std::map<std::string, std::string>;  // by path

inline model::Key deployment_key(const std::string& name = "prod",
                                 const std::string& workspace = "default") {
  return {.kind = model::Kind::deployment, .workspace = workspace, .name = name};
}

// A generation with these files, as a template named them.
inline Generation generation(const FileTexts& files, std::uint64_t version = 1,
                             const std::string& folder = "") {
  Generation made{.key = deployment_key(), .version = version, .folder = folder};
  for (const auto& [path, content] : files) made.files.push_back({path, 0644, content});
  made.digest = model::digest_of(made.files);
  return made;
}

// What the agent would write and remove below the root to get from one set of files to the other.
inline DriverChange change_between(const Generation* before, const Generation* after) {
  DriverChange change;
  FileTexts old;
  FileTexts fresh;
  const auto collect = [](const Generation* from, FileTexts& into) {
    if (from == nullptr) return;
    for (const auto& file : from->files) {
      if (file.path.starts_with("root/")) into.emplace(file.path.substr(5), file.content);
    }
  };
  collect(before, old);
  collect(after, fresh);
  if (before != nullptr) change.before.push_back(before);
  change.after = after;
  for (const auto& [path, content] : fresh) {
    if (!old.contains(path) || old.at(path) != content) change.written.push_back(path);
  }
  for (const auto& [path, content] : old) {
    if (!fresh.contains(path)) change.removed.push_back(path);
  }
  return change;
}

}  // namespace titan::agent::testing

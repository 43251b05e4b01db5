#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "model/health.hpp"
#include "model/values.hpp"

namespace titan::model {

// One file of a template. The content is elsewhere, under its digest.
struct TemplateFile {
  std::string path;           // relative, "/" between names; may hold placeholders
  std::uint32_t mode = 0644;  // permission bits
  Digest digest = {};
  std::uint64_t size = 0;  // bytes
  // Whose the placed file is: "user", "user:group" or numbers in their place; empty: the agent's.
  std::string owner = {};
  bool operator==(const TemplateFile&) const = default;
};

// A directory of files with placeholders, plus the manifest (`template.yaml`) that stood in it.
// `files` are sorted by path, without repeats.
struct TemplateSpec {
  std::string driver = "files";  // how the rendered files are applied
  Values defaults = {};          // the weakest layer of values
  std::vector<TemplateFile> files = {};
  Health health = {};  // asked of what was applied before it is kept
  bool operator==(const TemplateSpec&) const = default;

  // Of everything above (a file's size goes with its digest): two templates with one digest render
  // alike.
  [[nodiscard]] Digest digest() const;
};

// Adds what the files are, a file's size apart: docs/spec/bookmark-and-manifest.md, "Digests".
void add(Hasher& hasher, const std::vector<TemplateFile>& files);

}  // namespace titan::model

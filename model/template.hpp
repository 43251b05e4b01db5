#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "model/health.hpp"
#include "model/hooks.hpp"
#include "model/values.hpp"

namespace titan::model {

// How values are escaped in a file, by the names that a template may give: docs/spec/rendering.md.
constexpr std::array<std::string_view, 8> kEscapeNames = {"plain",   "json", "yaml", "shell",
                                                          "systemd", "toml", "ini",  "xml"};

// One file of a template. The content is elsewhere, under its digest.
struct TemplateFile {
  std::string path;           // relative, "/" between names; may hold placeholders
  std::uint32_t mode = 0644;  // permission bits
  Digest digest = {};
  std::uint64_t size = 0;  // bytes
  // Whose the placed file is: "user", "user:group" or numbers in their place; empty: the agent's.
  std::string owner = {};
  std::string escape = {};  // one of kEscapeNames; empty: chosen by name and content
  bool operator==(const TemplateFile&) const = default;
};

// Where the server reads a template from, and follows it: docs/spec/template.md, "From Git".
struct TemplateGit {
  std::string repository = {};  // a URL, user@host:path, or a path of the server's machine
  std::string ref = {};         // a branch or a tag; empty: the remote's HEAD
  std::string path = {};        // of the template's folder in the repository; empty: the top
  std::string commit = {};  // that the rest of the spec was read at, in hex; empty: not read yet
  bool operator==(const TemplateGit&) const = default;

  // Whether both are read from one place.
  [[nodiscard]] bool is_place_of(const TemplateGit& other) const {
    return repository == other.repository && ref == other.ref && path == other.path;
  }
};

// A directory of files with placeholders, plus the manifest (`template.yaml`) that stood in it.
// `files` are sorted by path, without repeats.
struct TemplateSpec {
  std::string driver = "files";  // how the rendered files are applied
  Values defaults = {};          // the weakest layer of values
  std::vector<TemplateFile> files = {};
  Health health = {};  // asked of what was applied before it is kept
  Hooks hooks = {};
  // What the merged values of a deployment must be, as a JSON Schema (model/values_schema.hpp);
  // empty: anything.
  Values values_schema = {};
  // With it the server writes all of the above.
  std::optional<TemplateGit> git = {};
  bool operator==(const TemplateSpec&) const = default;

  // Of everything above but where it comes from (a file's size goes with its digest): two templates
  // with one digest render alike, and take the same values.
  [[nodiscard]] Digest digest() const;
  // Whether there is anything that hosts could be given: false of a template from Git that was
  // not read yet.
  [[nodiscard]] bool is_there() const { return !git || !git->commit.empty() || !files.empty(); }
};

// invalid, with the field after "hooks.": a hook names a file that the template does not have, or
// that its owner may not execute.
Result<void> check_hooks(const TemplateSpec& spec);

// Adds what the files are, a file's size apart: docs/spec/bookmark-and-manifest.md, "Digests".
void add(Hasher& hasher, const std::vector<TemplateFile>& files);

}  // namespace titan::model

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/path_pattern.hpp"
#include "model/template.hpp"

namespace titan::model {

// The manifest of a template's directory, `template.yaml`: docs/spec/template.md describes it. It
// says all of a TemplateSpec but the files, and what is special about some of these. Whoever reads
// a directory, from a disk or from Git, asks it which files count, and has it laid on them.
class TemplateManifest {
 public:
  // Whether the name, at the top of the directory, is that of a manifest.
  static bool is_name(std::string_view name);

  // Of a directory without one: only what is never meant to be delivered is left out.
  TemplateManifest() = default;
  // One YAML document, or none. invalid: an unknown key or a wrong value, with its place.
  // exhausted: the limits of model/.
  static Result<TemplateManifest> parse(std::string_view text);

  // Whether the file or folder at the path is no part of the template: the manifest itself, `.git`,
  // what editors leave behind (`*~`, `.*.swp`), and what `ignore` names. What is in a folder that
  // is left out need not be asked for.
  [[nodiscard]] bool leaves_out(std::string_view path, bool is_folder) const;

  // The whole spec: these files, sorted, with the modes, owners and kinds of escaping that the
  // manifest gives them. invalid: a rule about a file that is not there; a hook that is
  // not there, or cannot be executed.
  [[nodiscard]] Result<TemplateSpec> complete(std::vector<TemplateFile> files) const;

 private:
  // What is said of one file, or of all below a folder.
  struct FileRule {
    std::string path;  // of a folder: with "/" at the end
    std::optional<std::uint32_t> mode;
    std::string owner;
    [[nodiscard]] bool fits(std::string_view file) const;
  };
  struct EscapeRule {
    PathPattern path;
    std::string kind;
  };
  class Reader;

  [[nodiscard]] Result<void> lay_rules_on(std::vector<TemplateFile>& files) const;
  [[nodiscard]] Result<void> lay_escapes_on(std::vector<TemplateFile>& files) const;

  TemplateSpec spec_;  // without files
  std::vector<FileRule> rules_;
  std::vector<EscapeRule> escapes_;
  std::vector<PathPattern> ignored_;
};

}  // namespace titan::model

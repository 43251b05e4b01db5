#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace titan::model {

// Names paths of a template's directory, as lines of a .gitignore do (gitignore(5)), less what few
// use there:
//   *.md               in any folder
//   root/etc/*.conf    from the top, since it has a "/" that is not the last
//   /README            only at the top
//   build/             only a folder
//   root/**/x, **/x    any folders in between, none too
// "*" and "?" stand for any and for one byte of a name. Refused: "!", "[", "\". Immutable.
class PathPattern {
 public:
  // invalid, quoting it. exhausted: kPathPatternBytesMax.
  static Result<PathPattern> parse(std::string_view text);

  // Whether the path, of plain names with "/" between them, is one that it names.
  [[nodiscard]] bool matches(std::string_view path, bool is_folder) const;
  // Whether it is that file, or the file lies in a folder that it names.
  [[nodiscard]] bool covers(std::string_view file) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> names_;  // "**" stands for any number of them
  bool folders_only_ = false;
};

}  // namespace titan::model

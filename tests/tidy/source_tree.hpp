#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/process_runner.hpp"
#include "base/result.hpp"

namespace titan::tests::tidy {

// A file of the project, whole in memory.
struct SourceFile {
  SourceFile(std::string path, std::string text);

  // "store" of "store/store.hpp"; "" for a file at the top.
  [[nodiscard]] std::string_view folder() const;
  // "store.hpp" of "store/store.hpp".
  [[nodiscard]] std::string_view name() const;
  // C++, CMake and shell: what is held to the columns.
  [[nodiscard]] bool is_code() const;
  [[nodiscard]] bool is_cpp() const;     // .cpp and .hpp
  [[nodiscard]] bool is_header() const;  // .hpp
  // In a folder of DESIGN's floors: base, model, …, cli; not tests, bench or docs.
  [[nodiscard]] bool is_product() const;

  std::string path;  // from the root of the project
  std::string text;
  std::vector<std::string> lines;  // without their ends
};

using SourceTree = std::vector<SourceFile>;

// What is wrong at one place; line 0 is the file as a whole.
struct Offence {
  std::string path;
  std::size_t line = 0;
  std::string message = {};
};
using Offences = std::vector<Offence>;

// "path:line: message", a line each; "" when there are none.
std::string report(const Offences& offences);

// The files that Git tracks or would track; without a repository (an unpacked archive), all
// files but those below build/ and hidden folders. Binary files (with a NUL) are left out.
// unavailable, internal: a file or folder could not be read.
Result<SourceTree> read_source_tree(const std::string& root, ProcessRunner& processes);

}  // namespace titan::tests::tidy

#include <algorithm>
#include <functional>
#include <regex>

#include "tests/tidy/rules.hpp"

namespace titan::tests::tidy {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kFileLinesMax = 900;

std::size_t code_points(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

// Written by the project: not the data that tests take over from elsewhere.
bool is_own_text(const SourceFile& file) {
  return file.is_code() || file.path.ends_with(".md") ||
         (file.path.ends_with(".yaml") && file.folder() != "tests");
}

Offences lines_where(const SourceTree& tree, const std::function<bool(const SourceFile&)>& applies,
                     const std::function<bool(const std::string&)>& is_bad,
                     const std::string& message) {
  Offences found;
  for (const auto& file : tree) {
    if (!applies(file)) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (is_bad(file.lines[i])) found.push_back({file.path, i + 1, message});
    }
  }
  return found;
}

bool ends_with_one_newline(const std::string& text) {
  return text.empty() || (text.ends_with('\n') && !text.ends_with("\n\n"));
}

}  // namespace

Offences columns(const SourceTree& tree) {
  return lines_where(
      tree, std::mem_fn(&SourceFile::is_code),
      [](const std::string& line) { return code_points(line) > kColumnsMax; },
      "longer than " + std::to_string(kColumnsMax) + " columns");
}

Offences white_space(const SourceTree& tree) {
  auto found = lines_where(
      tree, is_own_text,
      [](const std::string& line) {
        return line.ends_with(' ') || line.find_first_of("\t\r") != std::string::npos;
      },
      "a tab, a carriage return, or a blank at the end");
  for (const auto& file : tree) {
    if (!is_own_text(file) || ends_with_one_newline(file.text)) continue;
    found.push_back({file.path, file.lines.size(), "does not end with one newline"});
  }
  return found;
}

Offences file_length(const SourceTree& tree) {
  Offences found;
  for (const auto& file : tree) {
    if (!is_own_text(file) || file.lines.size() <= kFileLinesMax) continue;
    found.push_back({file.path, file.lines.size(),
                     "longer than " + std::to_string(kFileLinesMax) + " lines: split it"});
  }
  return found;
}

Offences unfinished(const SourceTree& tree) {
  // In two parts, so that this line does not break its own rule.
  static const std::regex kMarker(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|HA"
      "CK)\\b");
  return lines_where(
      tree, is_own_text, [](const std::string& line) { return std::regex_search(line, kMarker); },
      "finish it, or write it in an issue");
}

Offences include_guards(const SourceTree& tree) {
  Offences found;
  for (const auto& file : tree) {
    if (file.is_header() && !file.text.starts_with("#pragma once\n")) {
      found.push_back({file.path, 1, "does not begin with #pragma once"});
    }
  }
  return found;
}

Offences using_namespaces(const SourceTree& tree) {
  // Namespaces are not indented, so what stands inside a function does not begin the line.
  return lines_where(
      tree, std::mem_fn(&SourceFile::is_cpp),
      [](const std::string& line) { return line.starts_with("using namespace"); },
      "using namespace at file scope");
}

Offences unexplained_headers(const SourceTree& tree) {
  static const std::regex kType(R"(^(class|struct|enum|enum class) (\[\[\w+\]\] )?\w+[^;]*\{)");
  Offences found;
  for (const auto& file : tree) {
    if (!file.is_header() || !file.is_product()) continue;
    const auto end = file.lines.end();
    const auto type = std::find_if(file.lines.begin(), end, [](const std::string& line) {
      return std::regex_search(line, kType);
    });
    const bool is_explained = std::any_of(
        file.lines.begin(), type, [](const std::string& line) { return line.starts_with("//"); });
    if (is_explained) continue;
    const auto line = static_cast<std::size_t>(type - file.lines.begin()) + (type != end ? 1 : 0);
    found.push_back({file.path, line, "say in a comment what this header holds"});
  }
  return found;
}

}  // namespace titan::tests::tidy

#include "render/unit_line.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace titan::render {
namespace {

constexpr std::array<std::string_view, 9> kCommandLines = {
    "ExecStart", "ExecStartPre", "ExecStartPost", "ExecCondition", "ExecReload",
    "ExecStop",  "ExecStopPre",  "ExecStopPost",  "Exec"};
constexpr std::size_t kKeyBytesMax = 64;  // longer than any of them, with white space

bool is_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && (line[first] == '#' || line[first] == ';');
}

// An odd number of backslashes.
bool goes_on(std::string_view line) {
  const std::size_t last = line.find_last_not_of('\\');
  return (line.size() - (last == std::string_view::npos ? 0 : last + 1)) % 2 == 1;
}

}  // namespace

void UnitLine::end_line(std::string_view file, std::size_t end) {
  const std::string_view line = file.substr(line_begin_, end - line_begin_);
  line_begin_ = end + 1;
  if (!is_comment(line)) continued_ = goes_on(line);
  if (!continued_) begin_ = line_begin_;
}

bool UnitLine::fills_variables(std::string_view file) {
  for (std::size_t end = file.find('\n', looked_at_); end != std::string_view::npos;
       end = file.find('\n', end + 1)) {
    end_line(file, end);
  }
  looked_at_ = file.size();
  const std::string_view setting = file.substr(begin_);
  const std::size_t equals = setting.substr(0, kKeyBytesMax).find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = trim(setting.substr(0, equals));
  if (std::find(kCommandLines.begin(), kCommandLines.end(), key) == kCommandLines.end()) {
    return false;
  }
  const std::string_view command = setting.substr(equals + 1);
  const std::size_t program = command.find_first_not_of(" \t@-:+!");
  return command.substr(0, program).find(':') == std::string_view::npos;
}

}  // namespace titan::render

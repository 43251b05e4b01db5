#pragma once

#include <cstddef>
#include <string_view>

namespace titan::render {

// Follows a unit file of systemd while it is written, to know what a value will be part of: in the
// command lines of services "$" asks for a variable of the environment, elsewhere it is a "$".
// Looks at each byte once. Internal to render/.
class UnitLine {
 public:
  // Whether what comes next is in a command line whose variables systemd fills: ExecStart= and its
  // like, and Exec= of a quadlet, but for those with ":" before the program (systemd.service(5)).
  // REQUIRES: `file` begins with what it was at the last call.
  bool fills_variables(std::string_view file);

 private:
  void end_line(std::string_view file, std::size_t end);

  std::size_t begin_ = 0;       // of the setting, which may go over several lines
  std::size_t line_begin_ = 0;  // of the last line of it
  std::size_t looked_at_ = 0;   // up to here there is no other line
  bool continued_ = false;      // the line before ended with a backslash
};

}  // namespace titan::render

#include "cli/secret_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>

#include "cli/limits.hpp"

namespace titan::cli {
namespace {

// While it lives, the terminal shows nothing of what is typed.
class NoEcho {
 public:
  NoEcho() : is_terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~NoEcho() {
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

 private:
  termios before_{};
  bool is_terminal_;
};

}  // namespace

Result<Secret> read_secret(const std::string& prompt) {
  const NoEcho no_echo;
  if (no_echo.is_terminal()) std::cerr << prompt << std::flush;
  std::string line;
  line.reserve(kTokenBytesMax + 1);  // so that no copies are left behind
  for (int c = std::cin.get(); c != '\n' && std::cin.good(); c = std::cin.get()) {
    if (line.size() == kTokenBytesMax) {
      wipe(line);
      return exhausted("the line is longer than " + std::to_string(kTokenBytesMax) + " bytes");
    }
    line += static_cast<char>(c);
  }
  if (no_echo.is_terminal()) std::cerr << '\n';
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return invalid("there is no line to read");
  return Secret::of(std::move(line));
}

}  // namespace titan::cli

#include "cli/progress.hpp"

#include <ostream>
#include <utility>

#include "cli/limits.hpp"

namespace titan::cli {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

}  // namespace

Progress::Progress(const Env& env, std::string what)
    : env_(env), what_(std::move(what)), next_(env.clock.monotonic() + kProgressAfter) {}

Progress::~Progress() {
  if (shown_) env_.err << kClearLine << std::flush;
}

void Progress::operator()(std::size_t count) {
  const auto now = env_.clock.monotonic();
  if (!env_.err_is_terminal || now < next_) return;
  next_ = now + kProgressEvery;
  shown_ = true;
  env_.err << kClearLine << count << ' ' << what_ << " …" << std::flush;
}

}  // namespace titan::cli

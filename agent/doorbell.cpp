#include "agent/doorbell.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace titan::agent {
namespace {

constexpr mode_t kMode = 0600;

std::string path_in(const std::string& run_directory) {
  return run_directory + "/wake";
}

bool is_pipe(const Descriptor& opened) {
  struct stat found {};
  return ::fstat(opened.get(), &found) == 0 && S_ISFIFO(found.st_mode);
}

}  // namespace

Result<Doorbell> Doorbell::open(const std::string& run_directory) {
  const std::string path = path_in(run_directory);
  if (::mkfifo(path.c_str(), kMode) != 0 && errno != EEXIST) {
    return system_error(errno, "making the pipe " + path);
  }
  // Open for writing as well, it does not end when who rang has gone.
  Descriptor pipe(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!pipe.is_open()) return system_error(errno, "opening " + path);
  if (!is_pipe(pipe)) return conflict(path + " is no pipe; remove it");
  return Doorbell(std::move(pipe));
}

void Doorbell::clear() const {
  std::array<char, 64> bytes{};
  while (::read(pipe_.get(), bytes.data(), bytes.size()) > 0) {
  }
}

Result<bool> Doorbell::ring(const std::string& run_directory) {
  const std::string path = path_in(run_directory);
  const Descriptor pipe(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  // ENXIO: nobody reads there.
  if (!pipe.is_open() && (errno == ENOENT || errno == ENXIO)) return false;
  if (!pipe.is_open()) return system_error(errno, "opening " + path);
  if (!is_pipe(pipe)) return false;
  // A pipe that is full was rung already; one whose reader has just gone has none.
  if (::write(pipe.get(), "!", 1) == 1 || errno == EAGAIN) return true;
  if (errno == EPIPE) return false;
  return system_error(errno, "writing to " + path);
}

}  // namespace titan::agent

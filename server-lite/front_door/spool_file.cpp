#include "server-lite/front_door/spool_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

namespace titan::front_door {
namespace {

// The kernel may not interrupt itself for the loop, which then waits until a call is done.
constexpr std::size_t kBytesAtOnce = 64UL << 10U;

Error file_error(const char* what) {
  const std::string message = std::string(what) + ": " + std::strerror(errno);
  return errno == ENOSPC || errno == EDQUOT ? exhausted(message) : unavailable(message);
}

}  // namespace

Result<SpoolFile> SpoolFile::create(const std::string& folder) {
  SpoolFile made;
  made.file_ = Descriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!made.file_.is_open()) return file_error("a large body cannot be kept");
  return made;
}

Result<void> SpoolFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = retry_interrupted(
        [&] { return ::write(file_.get(), bytes.data(), std::min(bytes.size(), kBytesAtOnce)); });
    if (put < 0) return file_error("a large body cannot be kept");
    bytes.remove_prefix(static_cast<std::size_t>(put));
    size_ += static_cast<std::size_t>(put);
  }
  return {};
}

Result<std::size_t> SpoolFile::read(std::size_t offset, std::span<char> to) const {
  const std::size_t wanted = std::min(to.size(), size_ - std::min(offset, size_));
  std::size_t done = 0;
  while (done < wanted) {
    const auto got = retry_interrupted([&] {
      return ::pread(file_.get(), to.data() + done, std::min(wanted - done, kBytesAtOnce),
                     static_cast<off_t>(offset + done));
    });
    if (got <= 0) return file_error("a large body cannot be read back");
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace titan::front_door

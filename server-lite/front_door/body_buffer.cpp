#include "server-lite/front_door/body_buffer.hpp"

#include <fcntl.h>

#include <cstring>

#include "server-lite/front_door/limits.hpp"

namespace titan::front_door {
namespace {

Error file_error(const char* what) {
  const std::string message = std::string(what) + ": " + std::strerror(errno);
  return errno == ENOSPC || errno == EDQUOT ? exhausted(message) : unavailable(message);
}

}  // namespace

Result<void> BodyBuffer::add(std::string_view bytes) {
  memory_.append(bytes);
  size_ += bytes.size();
  return memory_.size() > kBodyInMemoryMax ? spill() : Result<void>();
}

Result<std::string> BodyBuffer::take() {
  std::string body = std::exchange(memory_, {});
  if (file_.is_open()) {
    std::string first(size_ - body.size(), '\0');
    for (std::size_t done = 0; done < first.size();) {
      const auto got = retry_interrupted([&] {
        return ::pread(file_.get(), first.data() + done, first.size() - done,
                       static_cast<off_t>(done));
      });
      if (got <= 0) return file_error("the body of the request cannot be read back");
      done += static_cast<std::size_t>(got);
    }
    body = first + body;
    file_.close();
  }
  size_ = 0;
  return body;
}

Result<void> BodyBuffer::spill() {
  if (!file_.is_open()) {
    file_ = Descriptor(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file_.is_open()) return file_error("a large body cannot be kept");
  }
  std::string_view left = memory_;
  while (!left.empty()) {
    const auto put =
        retry_interrupted([&] { return ::write(file_.get(), left.data(), left.size()); });
    if (put < 0) return file_error("a large body cannot be kept");
    left.remove_prefix(static_cast<std::size_t>(put));
  }
  memory_.clear();
  return {};
}

}  // namespace titan::front_door

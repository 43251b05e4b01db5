#include "server-lite/front_door/body_buffer.hpp"

#include <utility>

#include "server-lite/front_door/limits.hpp"

namespace titan::front_door {

Result<void> BodyBuffer::add(std::string_view bytes) {
  memory_.append(bytes);
  size_ += bytes.size();
  return memory_.size() > kBodyInMemoryMax ? spill() : Result<void>();
}

Result<std::string> BodyBuffer::take() {
  std::string body = std::exchange(memory_, {});
  if (const SpoolFile file = std::exchange(file_, SpoolFile()); file.is_open()) {
    const std::string last = std::exchange(body, std::string(size_, '\0'));
    last.copy(body.data() + file.size(), last.size());
    TITAN_TRY(file.read(0, body));
  }
  size_ = 0;
  return body;
}

Result<void> BodyBuffer::spill() {
  if (!file_.is_open()) {
    TITAN_ASSIGN(file_, spool_->create());
  }
  TITAN_TRY(file_.append(memory_));
  memory_.clear();
  return {};
}

}  // namespace titan::front_door

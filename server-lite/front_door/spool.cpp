#include "server-lite/front_door/spool.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace titan::front_door {
namespace {

// The kernel may not interrupt itself for the loop, which then waits until a call is done.
constexpr std::size_t kBytesAtOnce = 64UL << 10U;

Error file_error(const char* what) {
  const std::string message = std::string(what) + ": " + std::strerror(errno);
  return errno == ENOSPC || errno == EDQUOT ? exhausted(message) : unavailable(message);
}

}  // namespace

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  if (this == &other) return *this;
  let_go();
  spool_ = std::exchange(other.spool_, nullptr);
  file_ = std::move(other.file_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void SpoolFile::let_go() {
  Spool* const spool = std::exchange(spool_, nullptr);
  if (spool == nullptr) return;
  spool->bytes_ -= size_;
  const std::lock_guard lock(spool->mutex_);
  spool->left_.push_back(std::move(file_));
}

Result<void> SpoolFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = retry_interrupted(
        [&] { return ::write(file_.get(), bytes.data(), std::min(bytes.size(), kBytesAtOnce)); });
    if (put < 0) return file_error("a large body cannot be kept");
    bytes.remove_prefix(static_cast<std::size_t>(put));
    size_ += static_cast<std::size_t>(put);
    spool_->bytes_ += static_cast<std::uint64_t>(put);
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

Result<SpoolFile> Spool::create() {
  Descriptor file(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file.is_open()) return file_error("a large body cannot be kept");
  return SpoolFile(*this, std::move(file));
}

std::shared_ptr<const SpoolFile> Spool::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = shared_.find(key);
  return found == shared_.end() ? nullptr : found->second.lock();
}

Result<std::shared_ptr<const SpoolFile>> Spool::share(const std::string& key,
                                                      std::string_view bytes) {
  TITAN_ASSIGN(SpoolFile file, create());
  TITAN_TRY(file.append(bytes));
  auto shared = std::make_shared<const SpoolFile>(std::move(file));
  const std::lock_guard lock(mutex_);
  std::erase_if(shared_, [](const auto& one) { return one.second.expired(); });
  shared_[key] = shared;
  return shared;
}

std::size_t Spool::close_left() {
  std::vector<Descriptor> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(left_);
  }
  return left.size();
}

std::size_t Spool::left() const {
  const std::lock_guard lock(mutex_);
  return left_.size();
}

}  // namespace titan::front_door

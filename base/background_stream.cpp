#include "base/background_stream.hpp"

#include <condition_variable>
#include <mutex>
#include <streambuf>
#include <string>
#include <thread>
#include <utility>

#include "base/limits.hpp"

namespace titan {

class BackgroundStream::Lines final : public std::streambuf {
 public:
  explicit Lines(std::ostream& target) : target_(target), thread_([this] { run(); }) {}
  ~Lines() override;
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  [[nodiscard]] std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    begun_.append(bytes, static_cast<std::size_t>(count));
    return count;
  }
  int_type overflow(int_type byte) override {
    if (byte != traits_type::eof()) begun_ += traits_type::to_char_type(byte);
    return traits_type::not_eof(byte);
  }
  int sync() override;
  void run();

  std::ostream& target_;
  std::string begun_;  // not flushed yet; of who writes

  mutable std::mutex mutex_;  // guards the next four
  std::string flushed_;
  std::uint64_t dropped_ = 0;
  bool is_idle_ = false;  // the thread waits until it is told
  bool ends_ = false;
  std::condition_variable told_;
  std::thread thread_;  // last, so that it finds all the rest
};

BackgroundStream::Lines::~Lines() {
  sync();
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  told_.notify_one();
  thread_.join();
}

int BackgroundStream::Lines::sync() {
  bool tells = false;
  {
    const std::lock_guard lock(mutex_);
    if (flushed_.size() + begun_.size() > kBackgroundBytesMax) {
      ++dropped_;
    } else {
      flushed_ += begun_;
    }
    tells = std::exchange(is_idle_, false);
  }
  begun_.clear();
  if (tells) told_.notify_one();
  return 0;
}

// Between two writes it rests, and need not be told of what comes meanwhile: waking a thread costs
// more than a line does.
void BackgroundStream::Lines::run() {
  std::string lines;
  std::unique_lock lock(mutex_);
  while (true) {
    is_idle_ = flushed_.empty();
    told_.wait(lock, [this] { return !is_idle_ || ends_; });
    lines.swap(flushed_);
    const bool is_last = ends_;
    lock.unlock();
    target_ << lines << std::flush;
    lines.clear();
    lock.lock();
    if (is_last) return;
    told_.wait_for(lock, kBackgroundPause, [this] { return ends_; });
  }
}

BackgroundStream::BackgroundStream(std::ostream& target)
    : std::ostream(nullptr), lines_(std::make_unique<Lines>(target)) {
  rdbuf(lines_.get());
}

BackgroundStream::~BackgroundStream() = default;

std::uint64_t BackgroundStream::dropped() const {
  return lines_->dropped();
}

}  // namespace titan

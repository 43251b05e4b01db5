#include "server-lite/parked_question.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace titan::server_lite {
namespace {

class ParkedQuestion final : public front_door::Parked {
 public:
  ParkedQuestion(std::unique_ptr<Question> question, Clock::Monotonic end, Parking& parking,
                 const Clock& clock)
      : question_(std::move(question)), end_(end), parking_(parking), clock_(clock) {}

  [[nodiscard]] std::chrono::milliseconds time() const override {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - clock_.monotonic());
    return std::max(left, std::chrono::milliseconds(0));
  }
  void begin(std::function<void()> wake) override {
    spot_ = parking_.park(
        [this](std::span<const model::Change> changes) { return question_->matters(changes); },
        wake);
    if (question_->may_have_news()) wake();
  }
  Reply answer() override {
    spot_.reset();
    if (auto response = question_->ask()) return *std::move(response);
    if (parking_.is_closed() || time().count() == 0) return question_->no_news();
    return std::make_unique<ParkedQuestion>(std::move(question_), end_, parking_, clock_);
  }
  HttpResponse give_up() override {
    spot_.reset();
    return question_->no_news();
  }

 private:
  std::unique_ptr<Question> question_;
  const Clock::Monotonic end_;
  Parking& parking_;
  const Clock& clock_;
  std::unique_ptr<Parking::Spot> spot_;  // first to go
};

// With its body in memory.
HttpResponse whole(Reply reply) {
  auto* const in_file = std::get_if<front_door::ResponseInFile>(&reply);
  if (in_file == nullptr) return std::get<HttpResponse>(std::move(reply));
  in_file->head.body.resize(in_file->body->size());
  const auto read = in_file->body->read(0, in_file->head.body);
  return read ? std::move(in_file->head) : HttpResponse{.status = 500};
}

}  // namespace

Reply ask_or_park(std::unique_ptr<Question> question, std::chrono::seconds wait, Parking& parking,
                  const Clock& clock) {
  if (auto response = question->ask()) return *std::move(response);
  if (wait.count() == 0 || parking.is_closed()) return question->no_news();
  const Clock::Monotonic end = clock.monotonic() + wait;
  return std::make_unique<ParkedQuestion>(std::move(question), end, parking, clock);
}

HttpResponse wait_for(Reply reply) {
  while (true) {
    auto* const parked = std::get_if<std::unique_ptr<front_door::Parked>>(&reply);
    if (parked == nullptr) return whole(std::move(reply));
    std::mutex mutex;  // guards the next
    bool woken = false;
    std::condition_variable told;
    const auto wake = [&] {
      const std::lock_guard lock(mutex);
      woken = true;
      told.notify_one();
    };
    (*parked)->begin(wake);
    std::unique_lock lock(mutex);
    const bool has_news = told.wait_for(lock, (*parked)->time(), [&] { return woken; });
    lock.unlock();
    // Its answer may be another one that waits.
    const auto asked = std::move(*parked);
    if (!has_news) return asked->give_up();
    reply = asked->answer();
  }
}

}  // namespace titan::server_lite

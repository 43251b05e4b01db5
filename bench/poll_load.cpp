#include "bench/poll_load.hpp"

namespace titan::bench {

using State = LoadClient::State;

PollLoad::PollLoad(Options options) : options_(std::move(options)) {
  for (std::size_t i = 0; i < options_.connections; ++i) clients_.emplace_back(options_.client);
}

void PollLoad::begin_all(Moment now) {
  for (std::size_t i = 0; i < clients_.size(); ++i) begin(i, now);
}

void PollLoad::run_until(Moment end) {
  Moment now = std::chrono::steady_clock::now();
  while (now < end) {
    const auto events = epoll_.wait(std::chrono::milliseconds(10));
    now = std::chrono::steady_clock::now();
    for (const epoll_event& event : events) on_event(event.data.u64, now);
    // Who could not connect tries again.
    if (!events.empty()) continue;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (!clients_[i].is_connected()) begin(i, now);
    }
  }
}

void PollLoad::begin(std::size_t place, Moment now) {
  LoadClient& client = clients_[place];
  if (client.begin(options_.request, now) == State::failed) {
    ++counts_.errors;
    return;
  }
  if (!client.is_new()) return;
  ++counts_.connects;
  epoll_.watch(client.number(), place);
}

void PollLoad::on_event(std::size_t place, Moment now) {
  LoadClient& client = clients_[place];
  if (!client.is_connected()) return;
  if (client.state() == State::running) {
    const State state = client.go_on();
    if (state == State::running) return;
    if (state == State::failed) {
      ++counts_.errors;
      return begin(place, now);
    }
    on_answer(place, now);
  }
  if (options_.closes) {
    if (client.await_end() == State::running) return;
    client.disconnect();
  }
  begin(place, now);
}

void PollLoad::on_answer(std::size_t place, Moment now) {
  const LoadClient& client = clients_[place];
  client.answer().status() / 100 == 2 ? ++counts_.answers : ++counts_.errors;
  if (client.is_new() && client.was_resumed()) ++counts_.resumed;
  counts_.latencies.add(now - client.begun());
}

}  // namespace titan::bench

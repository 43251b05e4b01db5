#include "bench/good_clients.hpp"

#include <utility>

namespace titan::bench {
namespace {

using State = LoadClient::State;

constexpr std::uint64_t kFreshEvery = 10;
constexpr std::chrono::seconds kPatience{10};

}  // namespace

GoodClients::GoodClients(Options options) : options_(std::move(options)) {}

GoodClients::Counts GoodClients::run_until(Moment end) {
  counts_ = {};
  counts_.each.resize(options_.requests.size());
  Moment now = std::chrono::steady_clock::now();
  next_ = now;
  next_large_ = now + options_.large_pause;
  while (now < end) {
    ask_what_is_due(now);
    handle_events(next_ - std::chrono::steady_clock::now());
    now = std::chrono::steady_clock::now();
  }
  while (running_ > 0 && now < end + kPatience) {
    handle_events(std::chrono::milliseconds(10));
    now = std::chrono::steady_clock::now();
  }
  for (Client& client : clients_) {
    if (client.client.state() != State::running) continue;
    count(client, false, now);
    client.client.disconnect();
  }
  running_ = 0;
  return counts_;
}

void GoodClients::ask_what_is_due(Moment now) {
  const std::chrono::nanoseconds pause(1'000'000'000 / options_.per_second);
  for (; next_ <= now; next_ += pause) {
    ask(++asked_ % kFreshEvery == 0 ? Role::fresh : Role::kept, next_);
  }
  for (; next_large_ <= now; next_large_ += options_.large_pause) ask(Role::large, next_large_);
}

// By a client that has nothing to do; if all are busy, by another one.
void GoodClients::ask(Role role, Moment due) {
  for (Client& client : clients_) {
    const bool is_free = client.role == role && client.client.state() != State::running &&
                         (role != Role::fresh || !client.client.is_connected());
    if (is_free) return begin(client, due);
  }
  begin(clients_.emplace_back(
            Client{.role = role, .client = LoadClient({.server = options_.server})}),
        due);
}

std::string GoodClients::text_for(const Client& client) const {
  if (client.role == Role::large) return RequestText{.path = options_.large_path}.text();
  std::string text = options_.requests[client.which];
  if (client.role == Role::fresh) text.insert(text.find("\r\n") + 2, "Connection: close\r\n");
  return text;
}

void GoodClients::begin(Client& client, Moment due) {
  // Half of the number, so that those over fresh connections take turns, too.
  client.which = asked_ / 2 % options_.requests.size();
  client.request = text_for(client);
  ++running_;
  if (client.client.begin(client.request, due) == State::failed) {
    --running_;
    return count(client, false, due);
  }
  if (!client.client.is_new()) return;
  epoll_.watch(client.client.number(), reinterpret_cast<std::uintptr_t>(&client));
}

void GoodClients::handle_events(std::chrono::nanoseconds time) {
  const auto events = epoll_.wait(time);
  const Moment now = std::chrono::steady_clock::now();
  for (const epoll_event& event : events) {
    on_event(*reinterpret_cast<Client*>(event.data.u64), now);
  }
}

void GoodClients::on_event(Client& client, Moment now) {
  LoadClient& of = client.client;
  if (!of.is_connected()) return;
  if (of.state() == State::running) {
    const State state = of.go_on();
    if (state == State::running) return;
    --running_;
    count(client, state == State::answered && of.answer().status() / 100 == 2, now);
    if (state == State::failed) return;
  }
  // A kept connection that the server closes is opened anew when it is needed.
  if (of.await_end() == State::answered) of.disconnect();
}

void GoodClients::count(const Client& client, bool answered, Moment now) {
  const bool is_large = client.role == Role::large;
  if (!answered) {
    ++(is_large ? counts_.large_failures : counts_.failures);
    return;
  }
  const auto time = now - client.client.begun();
  if (is_large) return counts_.large.add(time);
  counts_.all.add(time);
  counts_.each[client.which].add(time);
}

}  // namespace titan::bench

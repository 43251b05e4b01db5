#include "bench/load_client.hpp"

#include <poll.h>

#include <array>
#include <cstdlib>

namespace titan::bench {
namespace {

// Shared by all clients of a thread: what is read is looked at once.
std::array<char, 256UL << 10U>& scratch() {
  thread_local std::array<char, 256UL << 10U> room;
  return room;
}

}  // namespace

LoadClient::State LoadClient::begin(std::string_view request, Moment now) {
  begun_ = now;
  unsent_ = request;
  answer_.reset();
  new_ = socket_ == nullptr;
  if (new_) {
    auto connected = LoadSocket::connect(options_.server, options_.socket);
    if (!connected) return end_as(State::failed);
    socket_ = *std::move(connected);
  }
  state_ = State::running;
  return send_rest();
}

LoadClient::State LoadClient::send_rest() {
  while (!unsent_.empty()) {
    const auto sent = socket_->write(unsent_);
    if (sent.state == LoadSocket::State::blocked) return state_;
    if (sent.state != LoadSocket::State::open) return end_as(State::failed);
    unsent_.remove_prefix(sent.bytes);
  }
  return state_;
}

LoadClient::State LoadClient::go_on() {
  if (state_ != State::running || send_rest() == State::failed || is_sending()) return state_;
  auto& room = scratch();
  while (true) {
    const auto got = socket_->read(room.data(), room.size());
    if (got.state == LoadSocket::State::blocked) return state_;
    if (got.state != LoadSocket::State::open) return end_as(State::failed);
    answer_.take({room.data(), got.bytes});
    if (answer_.is_broken()) return end_as(State::failed);
    if (answer_.is_whole()) return end_as(State::answered);
  }
}

LoadClient::State LoadClient::await_end() {
  auto& room = scratch();
  const auto got = socket_->read(room.data(), room.size());
  return got.state == LoadSocket::State::blocked ? State::running : State::answered;
}

LoadClient::State LoadClient::end_as(State state) {
  state_ = state;
  if (state == State::failed) socket_.reset();
  return state;
}

std::string token_of_environment() {
  const char* token = std::getenv("TITAN_TOKEN");
  return token == nullptr ? "" : token;
}

std::string RequestText::text() const {
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers;
  const std::string shown = token.value_or(token_of_environment());
  if (!shown.empty()) text += "Authorization: Bearer " + shown + "\r\n";
  if (closes) text += "Connection: close\r\n";
  if (!body.empty()) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

Result<std::string> ask(const LoadClient::Options& options, const RequestText& request) {
  constexpr int kPatienceMs = 30'000;
  LoadClient::Options with_body = options;
  with_body.keeps_body = true;
  LoadClient client(std::move(with_body));
  const std::string text = request.text();
  auto state = client.begin(text, std::chrono::steady_clock::now());
  bool writes = true;
  while (state == LoadClient::State::running) {
    const auto events = static_cast<short>(POLLIN | (writes ? POLLOUT : 0));
    pollfd waiting{.fd = client.number(), .events = events, .revents = 0};
    if (::poll(&waiting, 1, kPatienceMs) <= 0) break;
    state = client.go_on();
    writes = client.is_sending();
  }
  const std::string what = request.method + " " + request.path;
  if (state != LoadClient::State::answered) return unavailable(what + ": no answer");
  if (client.answer().status() / 100 != 2) {
    return unavailable(what + ": " + client.answer().head() + client.answer().body());
  }
  return client.answer().body();
}

}  // namespace titan::bench

#include "bench/bad_clients.hpp"

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "bench/server_sockets.hpp"
#include "server-lite/front_door/limits.hpp"

namespace titan::bench {
namespace {

using Kind = BadClients::Kind;

constexpr std::chrono::milliseconds kTick{1};
constexpr std::size_t kTicksPerDrip = 1000;
constexpr std::chrono::milliseconds kLookPause{250};
constexpr std::size_t kReadAtOnce = 512;  // bytes a second
constexpr int kSmallBuffer = 4096;
constexpr std::chrono::seconds kTolerance{1};

const std::string kHead = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
const std::string kBody =
    "PUT /v1/hosts/slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 1000000\r\n\r\n";

std::uint16_t port_of(int socket) {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.sin_port);
}

std::size_t unread_of(int socket) {
  int bytes = 0;
  ::ioctl(socket, FIONREAD, &bytes);
  return static_cast<std::size_t>(bytes);
}

// In an order in which the kinds take turns.
std::vector<Kind> all_of(std::array<std::size_t, BadClients::kKinds> left) {
  std::vector<Kind> kinds;
  bool more = true;
  while (more) {
    more = false;
    for (std::size_t kind = 0; kind < left.size(); ++kind) {
      if (left[kind] == 0) continue;
      --left[kind];
      kinds.push_back(static_cast<Kind>(kind));
      more = true;
    }
  }
  return kinds;
}

}  // namespace

const char* BadClients::name_of(Kind kind) {
  constexpr std::array kNames = {"slow_head", "idle", "slow_body", "slow_reader"};
  return kNames[static_cast<std::size_t>(kind)];
}

BadClients::BadClients(Options options) : options_(std::move(options)) {
  for (const Kind kind : all_of(options_.clients)) clients_.push_back({.kind = kind});
}

void BadClients::run_until(Moment end) {
  const Moment start = std::chrono::steady_clock::now();
  Moment looked = start;
  std::size_t tick = 0;
  for (Moment now = start; now < end; now = std::chrono::steady_clock::now()) {
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - start);
    const auto due = std::min<std::size_t>(
        clients_.size(), clients_.size() * (since.count() + 1) / (options_.opening.count() + 1));
    while (opened_ < due) open(clients_[opened_++], now);
    for (; tick < static_cast<std::size_t>(since / kTick); ++tick) {
      for (std::size_t i = tick % kTicksPerDrip; i < opened_; i += kTicksPerDrip) {
        drip(clients_[i], now);
      }
    }
    if (now - looked > kLookPause) look_for_closed(looked = now);
    const Moment next_tick = start + kTick * (tick + 1);
    for (const epoll_event& event : epoll_.wait(next_tick - std::chrono::steady_clock::now())) {
      look(clients_[event.data.u64], now);
    }
  }
}

void BadClients::open(Client& client, Moment now) {
  const bool reads = client.kind == Kind::slow_reader;
  auto connected =
      LoadSocket::connect(options_.server, {.receive_buffer = reads ? kSmallBuffer : 0});
  client.begun = now;
  if (!connected) return end(client, now);
  client.socket = *std::move(connected);
  client.port = port_of(client.socket->number());
  const auto place = static_cast<std::uint64_t>(&client - clients_.data());
  epoll_.watch(client.socket->number(), place, EPOLLIN);
  if (reads) readers_[client.port] = place;
  if (client.kind == Kind::slow_head) client.socket->write(kHead);
  if (client.kind == Kind::slow_body) client.socket->write(kBody);
  if (reads) {
    const std::string& path = options_.large_paths[readers_.size() % options_.large_paths.size()];
    client.socket->write(RequestText{.path = path}.text());
  }
}

void BadClients::drip(Client& client, Moment now) {
  if (!is_open(client) || client.kind == Kind::idle) return;
  if (client.kind != Kind::slow_reader) {
    if (client.socket->write("a").state == LoadSocket::State::broken) end(client, now);
    return;
  }
  std::array<char, kReadAtOnce> room{};
  const auto got = client.socket->read(room.data(), room.size());
  if (got.state == LoadSocket::State::open) client.taken += got.bytes;
  if (got.state == LoadSocket::State::ended || got.state == LoadSocket::State::broken) {
    end(client, now);
  }
}

// What is told of it: it was reset, or it gets an answer that it does not deserve.
void BadClients::look(Client& client, Moment now) {
  if (!is_open(client)) return;
  if (client.kind == Kind::slow_reader) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(client.socket->number(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return end(client, now);
    if (client.answered == Moment{}) client.answered = now;
    return;
  }
  std::array<char, kReadAtOnce> room{};
  if (client.socket->read(room.data(), room.size()).state != LoadSocket::State::blocked) {
    end(client, now);
  }
}

// A slow reader does not see that the server has closed until it has read what the kernel holds.
void BadClients::look_for_closed(Moment now) {
  const auto closed = closed_by_server(options_.server.port);
  if (!closed) return;
  for (const auto& [port, kernel_holds] : *closed) {
    const auto reader = readers_.find(port);
    if (reader == readers_.end()) continue;
    Client& client = clients_[reader->second];
    if (!is_open(client)) continue;
    client.taken += kernel_holds + unread_of(client.socket->number());
    end(client, now);
  }
}

void BadClients::end(Client& client, Moment now) {
  client.cut = now;
  client.socket.reset();
}

Moment BadClients::deadline_of(const Client& client) {
  namespace limits = front_door;
  switch (client.kind) {
    case Kind::slow_head:
      return client.begun + limits::kHeadTime;
    case Kind::idle:
      return client.begun + limits::kIdleTime;
    case Kind::slow_body:
      return client.begun + limits::kBodyGrace;
    case Kind::slow_reader: {
      // Before that it waited for its turn, or for the server to be rid of it at once. What the
      // kernel took is enough for some spans of time.
      constexpr auto kOfSpan =
          limits::kAnswerBytesPerSecond * static_cast<std::size_t>(limits::kAnswerGrace.count());
      return std::max(client.begun, client.answered) +
             limits::kAnswerGrace * (1 + client.taken / kOfSpan);
    }
  }
  return client.begun;
}

std::array<BadClients::Fate, BadClients::kKinds> BadClients::fates(Moment now) const {
  std::array<Fate, kKinds> fates{};
  for (const Client& client : clients_) {
    if (client.begun == Moment{}) continue;
    Fate& fate = fates[static_cast<std::size_t>(client.kind)];
    ++fate.opened;
    const Moment last = is_open(client) ? now : client.cut;
    if (last > deadline_of(client) + kTolerance) ++fate.late;
    if (is_open(client)) continue;
    ++fate.cut;
    fate.cut_after_s.push_back(std::chrono::duration<double>(last - client.begun).count());
  }
  for (Fate& fate : fates) std::ranges::sort(fate.cut_after_s);
  return fates;
}

}  // namespace titan::bench

#include "tests/server-lite/front_door/raw_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace titan::front_door {

RawClient::RawClient(const ListenAddress& address) {
  EXPECT_TRUE(connect(address)) << address.text();
}

std::optional<RawClient> RawClient::try_connect(const ListenAddress& address) {
  RawClient client;
  if (!client.connect(address)) return std::nullopt;
  return client;
}

bool RawClient::connect(const ListenAddress& address) {
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  int connected = -1;
  if (address.is_unix()) {
    socket_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.path.c_str(), address.path.size() + 1);
    connected = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
  } else {
    socket_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &name.sin_addr);
    connected = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
  }
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return connected == 0;
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) return;  // the server has closed; what it said is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::size_t RawClient::send_some(std::string_view bytes) {
  const auto put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return put < 0 ? 0 : static_cast<std::size_t>(put);
}

void RawClient::limit_input(int bytes) {
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void RawClient::await_input() {
  char first = 0;
  static_cast<void>(::recv(socket_.get(), &first, 1, MSG_PEEK));
}

void RawClient::end_output() {
  ::shutdown(socket_.get(), SHUT_WR);
}

bool RawClient::read_more() {
  std::array<char, 65536> part{};
  const auto got = ::recv(socket_.get(), part.data(), part.size(), 0);
  if (got <= 0) return false;
  input_.append(part.data(), static_cast<std::size_t>(got));
  return true;
}

std::string RawClient::answer() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  constexpr std::string_view kLength = "Content-Length: ";
  while (input_.find(kEnd) == std::string::npos) {
    if (!read_more()) return std::exchange(input_, {});
  }
  std::size_t size = input_.find(kEnd) + kEnd.size();
  const auto length = input_.find(kLength);
  if (length < size) size += std::stoul(input_.substr(length + kLength.size()));
  while (input_.size() < size && read_more()) {
  }
  std::string answer = input_.substr(0, size);
  input_.erase(0, size);
  return answer;
}

std::string RawClient::until_closed() {
  while (read_more()) {
  }
  return std::exchange(input_, {});
}

std::string get(const std::string& target, const std::string& more) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}

}  // namespace titan::front_door

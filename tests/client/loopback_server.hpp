#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace titan::client {

// A server on loopback that answers one connection after the other from a thread: for each, the
// next script says what is done with it. Everything that was sent to it is kept.
class LoopbackServer {
 public:
  // Reads requests from an accepted connection and writes to it; the connection is closed after.
  class Peer {
   public:
    explicit Peer(int socket) : socket_(socket) {}
    [[nodiscard]] int socket() const { return socket_; }
    // One request with its body, as it came; "" when the client closed.
    std::string read_request() {
      while (true) {
        const std::size_t head = buffer_.find("\r\n\r\n");
        if (head != std::string::npos) {
          const std::size_t end = head + 4 + body_bytes(buffer_.substr(0, head));
          while (buffer_.size() < end && more()) {
          }
          std::string request = buffer_.substr(0, end);
          buffer_.erase(0, end);
          return request;
        }
        if (!more()) return {};
      }
    }
    void write(const std::string& bytes) {
      (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

   private:
    bool more() {
      char bytes[65536];
      const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
      if (count <= 0) return false;
      buffer_.append(bytes, static_cast<std::size_t>(count));
      return true;
    }
    static std::size_t body_bytes(const std::string& head) {
      const std::size_t at = head.find("Content-Length: ");
      return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    }
    int socket_;
    std::string buffer_;
  };
  using Script = std::function<void(Peer&, std::vector<std::string>& requests)>;

  explicit LoopbackServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, raw, size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, raw, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    if (thread_.joinable()) finish();
    ::close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // All requests, once every script has run or the client has let go.
  std::vector<std::string> finish() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    return requests_;
  }

 private:
  void serve() {
    for (const Script& script : scripts_) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      Peer peer(socket);
      script(peer, requests_);
      ::close(socket);
    }
  }

  std::vector<Script> scripts_;
  std::vector<std::string> requests_;  // of the thread, until finish()
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

inline std::string answer_text(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nTitan-Bookmark: b\r\n\r\n" + body;
}

}  // namespace titan::client

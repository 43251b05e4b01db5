#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/epoll.hpp"
#include "bench/load_client.hpp"
#include "bench/load_socket.hpp"

namespace titan::bench {

// Clients that hold what they can of a server: all open at once, each sends or takes a little every
// second. It is noted when the server is rid of each. For one thread.
class BadClients {
 public:
  enum class Kind { slow_head, idle, slow_body, slow_reader };
  static constexpr std::size_t kKinds = 4;
  static const char* name_of(Kind kind);

  struct Options {
    front_door::ListenAddress server = {};
    std::array<std::size_t, kKinds> clients = {};  // how many of each kind
    std::vector<std::string> large_paths = {};     // what slow readers ask for, by turns
    std::chrono::milliseconds opening{2000};       // in which all are opened
  };
  // What became of those of one kind.
  struct Fate {
    std::size_t opened = 0;
    std::size_t cut = 0;
    std::size_t late = 0;  // cut more than a second after their deadline, or not at all
    std::vector<double> cut_after_s = {};  // sorted
  };

  explicit BadClients(Options options);
  // Plays them until `end`.
  void run_until(Moment end);
  [[nodiscard]] std::array<Fate, kKinds> fates(Moment now) const;

 private:
  struct Client {
    Kind kind = Kind::idle;
    std::unique_ptr<LoadSocket> socket = {};
    std::uint16_t port = 0;
    Moment begun = {};
    Moment answered = {};  // a slow reader: the first byte was there
    Moment cut = {};
    std::size_t taken = 0;  // bytes of the answer, by it or by the kernel for it
  };

  void open(Client& client, Moment now);
  void drip(Client& client, Moment now);
  void look(Client& client, Moment now);
  void look_for_closed(Moment now);
  static bool is_open(const Client& client) { return client.socket != nullptr; }
  static void end(Client& client, Moment now);
  static Moment deadline_of(const Client& client);

  Options options_;
  Epoll epoll_;
  std::vector<Client> clients_;
  std::map<std::uint16_t, std::size_t> readers_;  // those that read slowly, by their port
  std::size_t opened_ = 0;
};

}  // namespace titan::bench

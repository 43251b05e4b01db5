#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "bench/epoll.hpp"
#include "bench/latencies.hpp"
#include "bench/load_client.hpp"

namespace titan::bench {

// Clients that ask at a fixed rate, whether or not the server keeps up: several requests by turns,
// every tenth over a connection of its own, and now and then something large.
// How long an answer took counts from when it was due to be asked for. For one thread.
class GoodClients {
 public:
  struct Options {
    front_door::ListenAddress server = {};
    std::vector<std::string> requests = {};  // at least one
    std::string large_path = {};
    std::size_t per_second = 500;
    std::chrono::milliseconds large_pause{5000};
  };
  struct Counts {
    Latencies all = {};
    std::vector<Latencies> each = {};  // by the request
    std::uint64_t failures = 0;        // other answers than 2xx, and none
    Latencies large = {};
    std::uint64_t large_failures = 0;
  };

  explicit GoodClients(Options options);
  // Then waits for the answers that are missing, for ten seconds at most.
  Counts run_until(Moment end);

 private:
  enum class Role { kept, fresh, large };
  struct Client {
    Role role = Role::kept;
    LoadClient client;
    std::size_t which = 0;  // of the requests
    std::string request = {};
  };

  void ask_what_is_due(Moment now);
  void ask(Role role, Moment due);
  void begin(Client& client, Moment due);
  void on_event(Client& client, Moment now);
  void count(const Client& client, bool answered, Moment now);
  void handle_events(std::chrono::nanoseconds time);
  [[nodiscard]] std::string text_for(const Client& client) const;

  Options options_;
  Epoll epoll_;
  std::deque<Client> clients_;  // each stays where it is
  std::uint64_t asked_ = 0;
  std::uint64_t running_ = 0;
  Moment next_ = {};
  Moment next_large_ = {};
  Counts counts_ = {};
};

}  // namespace titan::bench

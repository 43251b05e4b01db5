#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/epoll.hpp"
#include "bench/latencies.hpp"
#include "bench/load_client.hpp"

namespace titan::bench {

// Clients that ask the same thing again and again, each as soon as it has its answer: how much a
// server can do. One thread.
class PollLoad {
 public:
  struct Options {
    LoadClient::Options client = {};
    std::string request = {};
    bool closes = false;  // a connection per request; the request says so
    std::size_t connections = 64;
    std::chrono::milliseconds warm_up{200};
    std::chrono::milliseconds time{2000};
  };
  // Of the time after the warm-up.
  struct Counts {
    std::uint64_t answers = 0;
    std::uint64_t errors = 0;  // other answers than 2xx, and none
    std::uint64_t connects = 0;
    std::uint64_t resumed = 0;  // of those, by TLS
    Latencies latencies = {};
  };

  explicit PollLoad(Options options);
  // `at_start` is called when the warm-up is over.
  template <class AtStart>
  Counts run(AtStart at_start) {
    const Moment start = std::chrono::steady_clock::now();
    begin_all(start);
    run_until(start + options_.warm_up);
    counts_ = {};
    at_start();
    run_until(start + options_.warm_up + options_.time);
    return counts_;
  }

 private:
  void begin_all(Moment now);
  void run_until(Moment end);
  void begin(std::size_t place, Moment now);
  void on_event(std::size_t place, Moment now);
  void on_answer(std::size_t place, Moment now);

  Options options_;
  Epoll epoll_;
  std::vector<LoadClient> clients_;
  Counts counts_;
};

}  // namespace titan::bench

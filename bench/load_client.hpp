#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bench/answer_reader.hpp"
#include "bench/load_socket.hpp"
#include "server-lite/front_door/listen_address.hpp"

namespace titan::bench {

using Moment = std::chrono::steady_clock::time_point;

// One client of a load: sends a request, takes in the answer, and begins again. It never blocks:
// its owner calls go_on() when its socket can be read or written (edge-triggered is enough). For
// one thread.
class LoadClient {
 public:
  enum class State {
    resting,   // no request runs
    running,   // more is to come
    answered,  // the answer is whole
    failed,    // the connection broke before that, or what came is no answer
  };
  struct Options {
    front_door::ListenAddress server = {};
    LoadSocket::Options socket = {};
    bool keeps_body = false;
  };
  explicit LoadClient(Options options)
      : options_(std::move(options)), answer_(options_.keeps_body) {}

  // Sends the request, which has to outlive the answer; connects first where needed. After that,
  // is_new() tells that the socket is another one.
  State begin(std::string_view request, Moment now);
  State go_on();
  // Reads on after an answer until the server has closed: `answered` once it has.
  State await_end();
  void disconnect() {
    socket_.reset();
    state_ = State::resting;
  }

  [[nodiscard]] bool is_connected() const { return socket_ != nullptr; }
  [[nodiscard]] int number() const { return socket_->number(); }
  [[nodiscard]] bool is_new() const { return new_; }
  [[nodiscard]] bool was_resumed() const { return socket_->was_resumed(); }
  // Not all of the request has gone yet.
  [[nodiscard]] bool is_sending() const { return !unsent_.empty(); }
  [[nodiscard]] Moment begun() const { return begun_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const AnswerReader& answer() const { return answer_; }

 private:
  State send_rest();
  State end_as(State state);

  Options options_;
  std::unique_ptr<LoadSocket> socket_;
  std::string_view unsent_;
  AnswerReader answer_;
  Moment begun_ = {};
  State state_ = State::resting;
  bool new_ = false;
};

// The text of a request to be sent as it is. It shows a token, unless another one is given
// that which the environment variable TITAN_TOKEN holds, if there is one.
struct RequestText {
  std::string method = "GET";
  std::string path = "/";
  std::string headers = {};  // each with its line's end
  std::string body = {};
  bool closes = false;  // says "Connection: close"
  // Instead of TITAN_TOKEN; empty: no token.
  std::optional<std::string> token = {};

  [[nodiscard]] std::string text() const;
};

// What TITAN_TOKEN holds; empty: nothing.
std::string token_of_environment();

// Sends one request, and waits for the answer; unavailable when there is none within half a minute
// or it is no 2xx.
Result<std::string> ask(const LoadClient::Options& options, const RequestText& request);

}  // namespace titan::bench

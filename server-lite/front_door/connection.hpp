#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "server-lite/front_door/body_buffer.hpp"
#include "server-lite/front_door/handler.hpp"
#include "server-lite/front_door/numbers.hpp"
#include "server-lite/front_door/pace.hpp"
#include "server-lite/front_door/request_head.hpp"
#include "server-lite/front_door/socket.hpp"
#include "server-lite/front_door/spool.hpp"

// Internal to front_door/.
namespace titan::front_door {

using Moment = Pace::Moment;

// One client's connection: takes in one request after the other, hands each over, and sends the
// answers in the same order. It knows no event loop: who owns it calls it when its socket can be
// read or written and when a deadline may have come, and then asks what it waits for. For the
// loop's thread alone.
class Connection {
 public:
  // What is around all connections.
  class Surroundings {
   public:
    virtual ~Surroundings() = default;
    virtual Handler& handler() = 0;
    virtual Numbers& numbers() = 0;
    // Room to read into, used by one connection at a time.
    virtual std::span<char> scratch() = 0;
    // The Date of answers sent now.
    virtual std::string_view date() = 0;
    virtual Spool& spool() = 0;
    // Has the request answered by a worker, which ends in complete() with the same number. false:
    // too many wait already.
    virtual bool hand_over(Connection& from, std::uint64_t number, HttpRequest request,
                           BodyBuffer body) = 0;
    // Has the connection told that it can write, after others were read and before the loop waits.
    virtual void flush_soon(Connection& connection, Moment now) = 0;
    // Has a worker ask the parked request for its answer, once somebody calls what it gives.
    virtual std::function<void()> waker(Connection& from, std::uint64_t number) = 0;
  };

  // `place`: the number by which its owner knows it.
  Connection(std::size_t place, std::unique_ptr<Socket> socket, Peer peer, Surroundings& around,
             Moment now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void on_event(bool readable, bool writable, Moment now);
  // The answer to the request of that number; of an older one, it is dropped.
  void complete(std::uint64_t number, Reply reply, Moment now);
  // The parked request of that number was woken: it is given to whoever fetches its answer. null:
  // there is none any more.
  std::unique_ptr<Parked> woken(std::uint64_t number);
  // Looks whether a deadline has passed.
  void check_deadlines(Moment now);
  // No request is taken after the one that runs; what waits is answered.
  void stop(Moment now);
  void cut();

  [[nodiscard]] std::size_t place() const { return place_; }
  [[nodiscard]] int number() const { return socket_->number(); }
  [[nodiscard]] const Peer& peer() const { return peer_; }
  [[nodiscard]] bool is_closed() const { return phase_ == Phase::closed; }
  [[nodiscard]] bool wants_input() const;
  [[nodiscard]] bool wants_output() const {
    return (unsent() > 0 && !flushes_soon_) || tls_wants_write_;
  }
  // What is still to be sent, in memory and in a file.
  [[nodiscard]] std::size_t unsent() const { return unsent_in_memory() + unsent_in_file(); }
  [[nodiscard]] std::size_t unsent_in_memory() const { return output_.size() - sent_; }
  [[nodiscard]] std::size_t unsent_in_file() const {
    return (file_ ? file_->size() - file_sent_ : 0);
  }
  // When it last could send something.
  [[nodiscard]] Moment progress() const { return progress_; }

 private:
  enum class Phase {
    idle,       // between requests
    head,       // a request has begun
    body,       // its head is there
    answering,  // it is with a worker
    parked,     // it waits for something to happen
    lingering,  // all is answered; what still comes is thrown away, so that the answer arrives
    closed,
  };

  void receive(Moment now);
  [[nodiscard]] bool has_room_for_answers() const;
  void take(std::string_view bytes, Moment now);
  std::size_t consume(std::string_view bytes, Moment now);
  std::size_t consume_head(std::string_view bytes, Moment now);
  std::size_t consume_body(std::string_view bytes, Moment now);
  void go_on(Moment now);
  void on_input_end();
  void begin_request(RequestHead head, bool body_has_come, Moment now);
  void dispatch(Moment now);
  void park(std::unique_ptr<Parked> parked, Moment now);
  void answer(const HttpResponse& response, Moment now) { answer(response, nullptr, now); }
  void answer(const HttpResponse& head, std::shared_ptr<const SpoolFile> body, Moment now);
  void refuse(int status, const std::string& message, Moment now);
  void refuse(const BadRequest& bad, Moment now);
  template <class Append>
  void send(Moment now, Append append);
  void flush(Moment now);
  bool flush_some(std::string_view bytes, std::size_t& sent, Moment now);
  void flush_soon(Moment now);
  void account();
  void finish_output(Moment now);
  void enter(Phase phase, Moment now);
  void check_sending(Moment now);

  const std::size_t place_;
  const std::unique_ptr<Socket> socket_;
  const Peer peer_;
  Surroundings& around_;

  Phase phase_ = Phase::idle;
  Moment since_;  // when the phase began
  bool input_ended_ = false;
  bool stopping_ = false;
  bool tls_wants_write_ = false;

  // What was read and not yet consumed, and how much of it was searched for the end of a head.
  std::string input_;
  std::size_t searched_ = 0;

  // The request that is read, or that was handed over.
  std::uint64_t request_ = 0;  // its number
  HttpRequest incoming_;
  std::size_t body_left_ = 0;
  BodyBuffer body_;
  bool keeps_alive_ = true;
  bool is_head_ = false;
  bool lingers_ = false;  // after the answer
  std::unique_ptr<Parked> parked_;
  Moment parked_until_;

  std::string output_;
  std::size_t sent_ = 0;
  bool flushes_soon_ = false;
  std::shared_ptr<const SpoolFile> file_;  // of an answer, after output_; or null
  std::size_t file_sent_ = 0;
  std::size_t output_accounted_ = 0;  // in the sum of all
  Pace pace_;                         // of the body that comes in, or of what is sent
  std::size_t output_done_ = 0;       // sent since there was nothing to send last
  Moment progress_;
};

}  // namespace titan::front_door

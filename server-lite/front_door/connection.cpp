#include "server-lite/front_door/connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "server-lite/front_door/limits.hpp"
#include "server-lite/front_door/response_text.hpp"

namespace titan::front_door {
namespace {

constexpr int kReadsAtOnce = 4;                        // then others have their turn
constexpr std::size_t kFileBytesAtOnce = 64UL << 10U;  // read to be sent
constexpr int kFilePartsAtOnce = 4;                    // likewise
constexpr Pace::Least kBodyPace{kBodyGrace, kBodyBytesPerSecond};
constexpr Pace::Least kAnswerPace{kAnswerGrace, kAnswerBytesPerSecond};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::optional<Limit> limit_of(int status) {
  switch (status) {
    case 413:
      return Limit::body_bytes;
    case 414:
      return Limit::request_line;
    case 431:
      return Limit::head_bytes;
    default:
      return std::nullopt;
  }
}

}  // namespace

Connection::Connection(std::size_t place, std::unique_ptr<Socket> socket, Peer peer,
                       Surroundings& around, Moment now)
    : place_(place),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      around_(around),
      since_(now),
      progress_(now) {
  ++around_.numbers().accepted;
  ++around_.numbers().connections;
}

Connection::~Connection() {
  cut();
  --around_.numbers().connections;
}

// ---- what comes in -----------------------------------------------------------------------------

bool Connection::wants_input() const {
  if (input_ended_) return false;
  switch (phase_) {
    case Phase::idle:
    case Phase::head:
    case Phase::body:
      return (keeps_alive_ || phase_ == Phase::body) && has_room_for_answers();
    case Phase::answering:
    case Phase::parked:
      return input_.size() < kReadAheadBytesMax;  // also to notice when the client goes
    case Phase::lingering:
      return true;
    default:
      return false;
  }
}

// A file is sent alone: what comes after it has to wait.
bool Connection::has_room_for_answers() const {
  return unsent_in_memory() < kReadAheadBytesMax && file_ == nullptr;
}

void Connection::on_event(bool readable, bool writable, Moment now) {
  const bool reads_again = writable && std::exchange(tls_wants_write_, false);
  if (writable) {
    flush(now);
    go_on(now);
  }
  if (readable || reads_again) receive(now);
}

void Connection::receive(Moment now) {
  const std::span<char> room = around_.scratch();
  for (int round = 0; round < kReadsAtOnce && wants_input(); ++round) {
    const auto got = socket_->read(room.data(), room.size());
    switch (got.state) {
      case Socket::State::open:
        take({room.data(), got.bytes}, now);
        // A plain socket that gave less than there is room for has no more.
        if (!socket_->may_hold_input() && got.bytes < room.size()) return;
        break;
      case Socket::State::wants_read:
        return;
      case Socket::State::wants_write:
        tls_wants_write_ = true;
        return;
      case Socket::State::ended:
        return on_input_end();
      case Socket::State::broken:
        if (!socket_->is_ready()) ++around_.numbers().handshakes_failed;
        return cut();
    }
  }
}

void Connection::take(std::string_view bytes, Moment now) {
  if (phase_ == Phase::lingering) return;
  if (input_.empty()) {
    const std::size_t done = consume(bytes, now);
    if (!is_closed()) input_.assign(bytes.substr(done));
  } else {
    input_.append(bytes);
    go_on(now);
  }
}

// With what was read before.
void Connection::go_on(Moment now) {
  if (input_.empty() || is_closed()) return;
  input_.erase(0, consume(input_, now));
}

// Returns how much of the bytes is done with.
std::size_t Connection::consume(std::string_view bytes, Moment now) {
  std::size_t done = 0;
  while (done < bytes.size() && has_room_for_answers()) {
    const std::string_view rest = bytes.substr(done);
    if (phase_ == Phase::head || (phase_ == Phase::idle && keeps_alive_)) {
      const std::size_t of_head = consume_head(rest, now);
      if (of_head == 0) break;
      done += of_head;
    } else if (phase_ == Phase::body) {
      done += consume_body(rest, now);
    } else {
      break;
    }
  }
  // What follows the last request of a connection is of no interest.
  const bool was_last = !keeps_alive_ && phase_ != Phase::body;
  return was_last ? bytes.size() : done;
}

std::size_t Connection::consume_head(std::string_view bytes, Moment now) {
  if (phase_ == Phase::idle) {
    searched_ = 0;
    enter(Phase::head, now);
  }
  auto read = read_head(bytes, searched_);
  if (!read) {
    refuse(read.error(), now);
    return 0;
  }
  if (!*read) return 0;
  searched_ = 0;
  begin_request(std::move((*read)->head), bytes.size() > (*read)->bytes, now);
  return (*read)->bytes;
}

void Connection::begin_request(RequestHead head, bool body_has_come, Moment now) {
  keeps_alive_ = head.keeps_alive && !stopping_;
  is_head_ = head.method == "HEAD";
  lingers_ = false;
  incoming_ = {.method = std::move(head.method),
               .target = std::move(head.target),
               .headers = std::move(head.headers)};
  body_left_ = head.body_bytes;
  ++request_;
  ++around_.numbers().requests;
  if (body_left_ == 0) return dispatch(now);
  body_ = BodyBuffer(around_.spool());
  enter(Phase::body, now);
  pace_.begin(now);
  if (head.expects_continue && !body_has_come)
    send(now, [](std::string& text) { text += kContinue; });
}

std::size_t Connection::consume_body(std::string_view bytes, Moment now) {
  const std::string_view part = bytes.substr(0, body_left_);
  if (const auto added = body_.add(part); !added) {
    refuse(503, added.error().message, now);
    return part.size();
  }
  body_left_ -= part.size();
  if (around_.spool().is_full() && body_.spooled() > 0) {
    around_.numbers().count(Limit::spool);
    refuse(503, "too many large bodies wait already", now);
  } else if (body_left_ == 0) {
    dispatch(now);
  }
  return part.size();
}

// The client sends nothing more. It may still wait for the answer to what it sent.
void Connection::on_input_end() {
  input_ended_ = true;
  keeps_alive_ = false;
  const bool answers = phase_ == Phase::answering || unsent() > 0;
  if (!answers || phase_ == Phase::lingering) cut();
}

// ---- what goes out -----------------------------------------------------------------------------

void Connection::dispatch(Moment now) {
  const bool in_memory = body_.size() <= kBodyInMemoryMax;
  if (in_memory) incoming_.body = body_.take().value_or("");
  if (in_memory) {
    if (const auto known = around_.handler().answer_at_once(incoming_, peer_)) {
      ++around_.numbers().at_once;
      return answer(*known, now);
    }
  }
  enter(Phase::answering, now);
  if (around_.hand_over(*this, request_, std::move(incoming_), std::move(body_))) return;
  around_.numbers().count(Limit::queue);
  keeps_alive_ = false;
  answer(around_.handler().refuse(503, "too many requests wait already"), now);
}

void Connection::complete(std::uint64_t number, Reply reply, Moment now) {
  if (number != request_ || phase_ != Phase::answering) return;
  if (auto* parked = std::get_if<std::unique_ptr<Parked>>(&reply)) {
    return park(std::move(*parked), now);
  }
  if (auto* in_file = std::get_if<ResponseInFile>(&reply)) {
    answer(in_file->head, std::move(in_file->body), now);
  } else {
    answer(std::get<HttpResponse>(reply), now);
  }
  go_on(now);
}

void Connection::park(std::unique_ptr<Parked> parked, Moment now) {
  Numbers& numbers = around_.numbers();
  const bool has_room = numbers.parked < kParkedMax;
  if (!has_room) numbers.count(Limit::parked);
  if (!has_room || stopping_ || input_ended_) {
    answer(parked->give_up(), now);
    return go_on(now);
  }
  ++numbers.parked;
  enter(Phase::parked, now);
  input_.shrink_to_fit();
  std::string().swap(output_);  // an assignment would keep its memory
  sent_ = 0;
  parked_ = std::move(parked);
  parked_until_ = now + parked_->time();
  parked_->begin(around_.waker(*this, request_));
}

std::unique_ptr<Parked> Connection::woken(std::uint64_t number) {
  if (number != request_ || phase_ != Phase::parked) return nullptr;
  --around_.numbers().parked;
  phase_ = Phase::answering;
  return std::move(parked_);
}

void Connection::answer(const HttpResponse& head, std::shared_ptr<const SpoolFile> body,
                        Moment now) {
  if (stopping_) keeps_alive_ = false;
  // Who may have sent another request already must not lose the answer to this one.
  lingers_ = lingers_ || stopping_;
  incoming_ = {};
  body_ = BodyBuffer();
  enter(Phase::idle, now);
  const ResponseForm form{.to_head = is_head_,
                          .keeps_alive = keeps_alive_,
                          .date = around_.date(),
                          .body_bytes_apart = body ? body->size() : 0};
  send(now, [&](std::string& text) {
    append_response(text, head, form);
    if (is_head_) return;
    file_ = std::move(body);
    file_sent_ = 0;
  });
}

// `append` adds to what is to be sent.
template <class Append>
void Connection::send(Moment now, Append append) {
  if (unsent() == 0) {
    output_done_ = 0;
    pace_.begin(now);
  }
  append(output_);
  flush_soon(now);
}

void Connection::flush_soon(Moment now) {
  if (!std::exchange(flushes_soon_, true)) around_.flush_soon(*this, now);
}

void Connection::refuse(const BadRequest& bad, Moment now) {
  if (const auto limit = limit_of(bad.status)) around_.numbers().count(*limit);
  refuse(bad.status, bad.message, now);
}

void Connection::refuse(int status, const std::string& message, Moment now) {
  ++around_.numbers().refused;
  keeps_alive_ = false;
  lingers_ = true;
  answer(around_.handler().refuse(status, message), now);
}

void Connection::flush(Moment now) {
  flushes_soon_ = false;
  if (is_closed()) return;
  bool goes_on = true;
  while (goes_on && unsent_in_memory() > 0) {
    goes_on = flush_some(std::string_view(output_).substr(sent_), sent_, now);
  }
  std::array<char, kFileBytesAtOnce> part;
  for (int i = 0; i < kFilePartsAtOnce && goes_on && unsent_in_file() > 0; ++i) {
    const auto got = file_->read(file_sent_, part);
    if (!got) return cut();
    goes_on = flush_some({part.data(), *got}, file_sent_, now);
  }
  if (is_closed()) return;
  account();
  if (unsent() > 0) return;
  sent_ = 0;
  output_.clear();
  if (output_.capacity() > kReadAheadBytesMax) output_.shrink_to_fit();
  file_ = nullptr;
  file_sent_ = 0;
  account();
  finish_output(now);
}

// Returns whether more can be sent.
bool Connection::flush_some(std::string_view bytes, std::size_t& sent, Moment now) {
  const auto put = socket_->write(bytes);
  if (put.state == Socket::State::broken || put.state == Socket::State::ended) cut();
  if (put.state != Socket::State::open) return false;
  sent += put.bytes;
  output_done_ += put.bytes;
  progress_ = now;
  return true;
}

// Keeps the sum of all connections.
void Connection::account() {
  const std::size_t unsent = unsent_in_memory();
  if (unsent != output_accounted_) around_.numbers().output_bytes += unsent - output_accounted_;
  output_accounted_ = unsent;
}

// All is sent.
void Connection::finish_output(Moment now) {
  if (phase_ != Phase::idle) return;
  since_ = now;
  if (keeps_alive_) return;
  if (!lingers_ || input_ended_) {
    socket_->say_goodbye();
    return cut();
  }
  socket_->end_output();
  enter(Phase::lingering, now);
}

// ---- deadlines and ends ------------------------------------------------------------------------

void Connection::check_sending(Moment now) {
  if (!pace_.is_too_slow(now, output_done_, kAnswerPace)) return;
  around_.numbers().count(Limit::answer_rate);
  cut();
}

void Connection::check_deadlines(Moment now) {
  Numbers& numbers = around_.numbers();
  if (unsent() > 0) return check_sending(now);
  const auto phase_time = now - since_;
  switch (phase_) {
    case Phase::idle:
      if (stopping_) return phase_time < kDrainTime ? void() : cut();
      if (!socket_->is_ready()) {
        if (phase_time < kHandshakeTime) return;
        numbers.count(Limit::handshake);
        return cut();
      }
      if (phase_time < kIdleTime) return;
      numbers.count(Limit::idle);
      return cut();
    case Phase::head:
      if (phase_time < kHeadTime) return;
      numbers.count(Limit::head_time);
      return refuse(
          408,
          "the head of the request did not come within " + std::to_string(kHeadTime.count()) + " s",
          now);
    case Phase::body:
      if (!pace_.is_too_slow(now, body_.size(), kBodyPace)) return;
      numbers.count(Limit::body_rate);
      return refuse(408, "the body of the request comes too slowly", now);
    case Phase::parked:
      if (now < parked_until_) return;
      break;
    case Phase::lingering:
      return phase_time < (stopping_ ? kDrainTime : kLingerTime) ? void() : cut();
    default:
      return;
  }
  const auto parked = woken(request_);
  answer(parked->give_up(), now);
  go_on(now);
}

void Connection::stop(Moment now) {
  stopping_ = true;
  if (phase_ == Phase::parked) {
    HttpResponse response = woken(request_)->give_up();
    response.headers["Retry-After"] = std::to_string(kRetryAfter.count());
    answer(response, now);
  } else if (phase_ == Phase::idle && unsent() == 0) {
    since_ = now;  // a request may be on its way
  }
}

void Connection::cut() {
  if (phase_ == Phase::parked) --around_.numbers().parked;
  parked_.reset();
  output_.clear();
  sent_ = 0;
  file_ = nullptr;
  file_sent_ = 0;
  body_ = BodyBuffer();
  account();
  phase_ = Phase::closed;
}

void Connection::enter(Phase phase, Moment now) {
  phase_ = phase;
  since_ = now;
}

}  // namespace titan::front_door

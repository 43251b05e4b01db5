#include "server-lite/front_door/front_door.hpp"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <deque>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "server-lite/front_door/connection.hpp"
#include "server-lite/front_door/limits.hpp"
#include "server-lite/front_door/response_text.hpp"
#include "server-lite/front_door/worker_pool.hpp"

namespace titan::front_door {
namespace {

constexpr std::size_t kScratchBytes = 64UL << 10U;
constexpr int kAcceptsAtOnce = 8;  // then others have their turn
// Answers go out together, when the loop has read of all or there are so many or the first has
// waited so long.
constexpr std::size_t kAnswersTogether = 64;
constexpr std::chrono::microseconds kAnswersWait{50};

using EventBase = std::unique_ptr<event_base, decltype(&::event_base_free)>;
using Event = std::unique_ptr<event, decltype(&::event_free)>;

timeval timeval_of(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = (time.count() % 1000) * 1000};
}

// As many as the process may have, but for those that the rest of it needs: a server without
// descriptors could not even write its store.
std::size_t descriptors_for_connections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kConnectionsMax;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur - std::min<rlim_t>(limit.rlim_cur / 2, kDescriptorsForOthers);
}

// The kernel's table of descriptors grows by doubling, for which a process with threads waits up to
// 20 ms each time. So it grows to its last size now, and keeps it.
void make_room_for_descriptors(std::size_t count) {
  const Descriptor some(::eventfd(0, EFD_CLOEXEC));
  const Descriptor last(::fcntl(some.get(), F_DUPFD_CLOEXEC, static_cast<int>(count) - 1));
}

std::string address_of(const sockaddr_storage& name) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (name.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(name);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (name.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  } else {
    return "unix";
  }
  return text.data();
}

}  // namespace

// After a look at what else has happened. event_active() would let nobody else have a turn.
void go_on_later(const Event& event) {
  constexpr timeval kNow{};
  event_add(event.get(), &kNow);
}

// How long the loop may go on with one thing while others wait.
class Turn {
 public:
  // Looks at the clock now and then alone.
  bool is_over() { return ++asked_ % 8 == 0 && std::chrono::steady_clock::now() > end_; }

 private:
  const Moment end_ = std::chrono::steady_clock::now() + kTurn;
  unsigned asked_ = 0;
};

// Everything here but post() belongs to the thread that serves.
class FrontDoor::Loop final : public Connection::Surroundings {
 public:
  Loop(Options options, Spool& spool, Handler& handler);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Result<void> open();
  void serve();
  // Has the loop do something, soon or within kTickPause. From any thread.
  using Errand = std::function<void(Loop&, Moment)>;
  enum class When { now, soon };
  void post(When when, Errand errand);
  void begin_stop(Moment now);

  [[nodiscard]] const std::vector<ListenAddress>& addresses() const { return addresses_; }

  Handler& handler() override { return handler_; }
  Numbers& numbers() override { return numbers_; }
  std::span<char> scratch() override { return scratch_; }
  std::string_view date() override { return date_; }
  Spool& spool() override { return spool_; }
  bool hand_over(Connection& from, std::uint64_t number, HttpRequest request,
                 BodyBuffer body) override;
  void flush_soon(Connection& connection, Moment now) override;
  std::function<void()> waker(Connection& from, std::uint64_t number) override;

 private:
  // A connection keeps its place while it is open. What is said of an earlier one in the same place
  // has another `use`.
  struct Place {
    Loop* loop = nullptr;
    std::size_t number = 0;
    std::uint64_t use = 0;
    std::unique_ptr<Connection> connection = {};
    Event event{nullptr, &::event_free};
    short waits_for = 0;
  };
  struct Listener {
    Loop* loop = nullptr;
    Descriptor socket{-1};
    bool with_tls = false;
    Event event{nullptr, &::event_free};
  };
  // Which request of which connection.
  struct Ticket {
    std::size_t place = 0;
    std::uint64_t use = 0;
    std::uint64_t request = 0;
  };

  void accept_from(Listener& listener);
  void accept_one(Listener& listener, Descriptor socket, const sockaddr_storage& name, Moment now);
  void pause_accepting(bool paused);
  Place& free_place();
  void on_event(Place& place, short what);
  // After anything was done to the connection: waits for what it waits for now, or frees its place.
  void settle(Place& place);
  void flush_if_due(Moment now);
  void flush_all();
  void begin_sweep();
  void sweep();
  void leave_closing_to_worker();
  void cut_slowest_readers();
  bool cut_slowest(Limit limit, std::size_t (Connection::*unsent)() const);
  void ring_if_needed();
  void run_errands();
  void give_work();
  void tick_soon();
  void enqueue(WorkerPool::Job job);
  Place* place_of(const Ticket& ticket);
  Ticket ticket_of(const Connection& connection, std::uint64_t request);
  void answer_on_worker(const Ticket& ticket, const HttpRequest& request, const Peer& peer);
  Reply spool_body(Reply reply);
  void complete_from_worker(const Ticket& ticket, Reply reply);
  void fetch_from_parked(const Ticket& ticket);
  Result<Event> make_event(int descriptor, short what, event_callback_fn callback, void* argument);

  const Options options_;
  Spool& spool_;
  Handler& handler_;
  Numbers numbers_;
  std::vector<char> scratch_ = std::vector<char>(kScratchBytes);
  std::string date_;
  std::time_t date_second_ = 0;
  std::vector<ListenAddress> addresses_;

  EventBase base_{nullptr, &::event_base_free};
  Descriptor bell_{-1};
  Event on_bell_{nullptr, &::event_free};
  Event on_sweep_{nullptr, &::event_free};
  Event on_sweep_on_{nullptr, &::event_free};
  // Both come after all that libevent found with one look.
  Event on_work_{nullptr, &::event_free};
  Event on_flush_{nullptr, &::event_free};
  Event on_tick_{nullptr, &::event_free};
  std::vector<std::unique_ptr<Listener>> listeners_;
  bool accepting_paused_ = false;
  std::size_t connections_max_ = 0;

  std::deque<Place> places_;
  bool sweeps_ = false;
  std::size_t next_swept_ = 0;  // the place
  std::vector<std::size_t> free_places_;
  std::unordered_map<std::string, std::size_t> peers_;
  std::optional<Moment> stop_began_;

  std::vector<std::size_t> to_flush_;  // places; one may have been left since
  Moment to_flush_since_;

  std::vector<WorkerPool::Job> work_;  // for the workers
  std::size_t working_ = 0;            // jobs whose end the loop has not heard of

  std::vector<Errand> taken_errands_;
  std::size_t next_errand_ = 0;  // of those taken
  std::mutex errands_mutex_;     // guards the next two
  std::vector<Errand> errands_;
  bool rung_ = false;  // since the loop looked last
  // Last, so that its threads end before all else does.
  std::optional<WorkerPool> workers_;
};

FrontDoor::Loop::Loop(Options options, Spool& spool, Handler& handler)
    : options_(std::move(options)), spool_(spool), handler_(handler) {}

FrontDoor::Loop::~Loop() {
  workers_.reset();
}

Result<Event> FrontDoor::Loop::make_event(int descriptor, short what, event_callback_fn callback,
                                          void* argument) {
  Event made(event_new(base_.get(), descriptor, what, callback, argument), &::event_free);
  if (made == nullptr) return exhausted("libevent has no memory");
  return made;
}

Result<void> FrontDoor::Loop::open() {
  connections_max_ = std::min(kConnectionsMax, descriptors_for_connections());
  make_room_for_descriptors(connections_max_ + kDescriptorsForOthers / 2);
  base_ = EventBase(event_base_new(), &::event_base_free);
  bell_ = Descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (base_ == nullptr || !bell_.is_open()) return exhausted("no event loop can be made");
  const auto rung = [](evutil_socket_t bell, short, void* loop) {
    std::uint64_t times = 0;
    static_cast<void>(::read(bell, &times, sizeof times));
    static_cast<Loop*>(loop)->run_errands();
  };
  TITAN_ASSIGN(on_bell_, make_event(bell_.get(), EV_READ | EV_PERSIST, rung, this));
  const auto due = [](evutil_socket_t, short, void* loop) {
    static_cast<Loop*>(loop)->begin_sweep();
  };
  TITAN_ASSIGN(on_sweep_, make_event(-1, EV_PERSIST, due, this));
  const auto sweep_on = [](evutil_socket_t, short, void* loop) {
    static_cast<Loop*>(loop)->sweep();
  };
  TITAN_ASSIGN(on_sweep_on_, make_event(-1, 0, sweep_on, this));
  const auto work = [](evutil_socket_t, short, void* loop) {
    static_cast<Loop*>(loop)->give_work();
  };
  TITAN_ASSIGN(on_work_, make_event(-1, 0, work, this));
  const auto flush = [](evutil_socket_t, short, void* loop) {
    static_cast<Loop*>(loop)->flush_all();
  };
  TITAN_ASSIGN(on_flush_, make_event(-1, 0, flush, this));
  const auto tick = [](evutil_socket_t, short, void* loop) {
    static_cast<Loop*>(loop)->run_errands();
  };
  TITAN_ASSIGN(on_tick_, make_event(-1, 0, tick, this));
  for (const ListenAddress& address : options_.listen) {
    TITAN_ASSIGN(Listening listening, listen_on(address));
    addresses_.push_back(listening.address);
    auto listener = std::make_unique<Listener>();
    listener->loop = this;
    listener->socket = std::move(listening.socket);
    listener->with_tls = options_.tls && !address.is_unix();
    const auto knocked = [](evutil_socket_t, short, void* argument) {
      auto& at = *static_cast<Listener*>(argument);
      at.loop->accept_from(at);
    };
    TITAN_ASSIGN(listener->event,
                 make_event(listener->socket.get(), EV_READ | EV_PERSIST, knocked, listener.get()));
    listeners_.push_back(std::move(listener));
  }
  return {};
}

void FrontDoor::Loop::serve() {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without the flag that would do this
  workers_.emplace(kWorkers, [this] { ring_if_needed(); });

  const timeval pause = timeval_of(kSweepPause);
  event_add(on_bell_.get(), nullptr);
  event_add(on_sweep_.get(), &pause);
  for (const auto& listener : listeners_) event_add(listener->event.get(), nullptr);
  begin_sweep();
  event_base_dispatch(base_.get());
  workers_.reset();
}

// ---- connections -------------------------------------------------------------------------------

void FrontDoor::Loop::accept_from(Listener& listener) {
  const Moment now = std::chrono::steady_clock::now();
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    if (numbers_.connections >= connections_max_) {
      numbers_.count(Limit::connections);
      return pause_accepting(true);
    }
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    Descriptor socket(retry_interrupted([&] {
      return ::accept4(listener.socket.get(), reinterpret_cast<sockaddr*>(&name), &size,
                       SOCK_NONBLOCK | SOCK_CLOEXEC);
    }));
    if (socket.is_open()) {
      accept_one(listener, std::move(socket), name, now);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      numbers_.count(Limit::connections);
      return pause_accepting(true);
    } else if (errno != ECONNABORTED) {
      return;
    }
  }
}

void FrontDoor::Loop::accept_one(Listener& listener, Descriptor socket,
                                 const sockaddr_storage& name, Moment now) {
  Peer peer{.address = address_of(name), .is_encrypted = listener.with_tls};
  std::size_t& of_peer = peers_[peer.address];
  if (of_peer >= kConnectionsPerPeerMax) return numbers_.count(Limit::per_peer);
  auto made = listener.with_tls ? Socket::with_tls(std::move(socket), *options_.tls)
                                : std::make_unique<Socket>(std::move(socket));
  if (made == nullptr) return;
  Place& place = free_place();
  place.connection =
      std::make_unique<Connection>(place.number, std::move(made), std::move(peer), *this, now);
  ++of_peer;
  if (stop_began_) place.connection->stop(now);
  // Most clients send their request at once.
  place.connection->on_event(true, false, now);
  settle(place);
}

void FrontDoor::Loop::pause_accepting(bool paused) {
  if (accepting_paused_ == paused) return;
  accepting_paused_ = paused;
  for (const auto& listener : listeners_) {
    paused ? event_del(listener->event.get()) : event_add(listener->event.get(), nullptr);
  }
}

FrontDoor::Loop::Place& FrontDoor::Loop::free_place() {
  if (free_places_.empty()) {
    Place& place = places_.emplace_back();
    place.loop = this;
    place.number = places_.size() - 1;
    return place;
  }
  Place& place = places_[free_places_.back()];
  free_places_.pop_back();
  return place;
}

void FrontDoor::Loop::on_event(Place& place, short what) {
  const Moment now = std::chrono::steady_clock::now();
  place.connection->on_event((what & EV_READ) != 0, (what & EV_WRITE) != 0, now);
  settle(place);
  flush_if_due(now);
}

void FrontDoor::Loop::settle(Place& place) {
  Connection& connection = *place.connection;
  if (connection.is_closed()) {
    const auto peer = peers_.find(connection.peer().address);
    if (--peer->second == 0) peers_.erase(peer);
    place.event.reset();
    place.connection.reset();
    place.waits_for = 0;
    ++place.use;
    free_places_.push_back(place.number);
    return;
  }
  const auto waits_for = static_cast<short>((connection.wants_input() ? EV_READ : 0) |
                                            (connection.wants_output() ? EV_WRITE : 0));
  if (waits_for == place.waits_for) return;
  const auto told = [](evutil_socket_t, short what, void* argument) {
    auto& at = *static_cast<Place*>(argument);
    at.loop->on_event(at, what);
  };
  if (place.event != nullptr) event_del(place.event.get());
  place.waits_for = waits_for;
  if (waits_for == 0) return;
  const auto flags = static_cast<short>(waits_for | EV_PERSIST);
  if (place.event == nullptr) {
    place.event.reset(event_new(base_.get(), connection.number(), flags, told, &place));
  } else {
    event_assign(place.event.get(), base_.get(), connection.number(), flags, told, &place);
  }
  if (place.event == nullptr || event_add(place.event.get(), nullptr) != 0) {
    connection.cut();
    settle(place);
  }
}

// To receive of several and then to answer them is quicker than to take turns: the code of each
// half of the kernel's work stays in the caches, and a client that waits for several answers is
// woken less often.
void FrontDoor::Loop::flush_soon(Connection& connection, Moment now) {
  if (to_flush_.empty()) {
    event_active(on_flush_.get(), EV_WRITE, 0);
    to_flush_since_ = now;
  }
  to_flush_.push_back(connection.place());
}

void FrontDoor::Loop::flush_if_due(Moment now) {
  if (to_flush_.empty()) return;
  if (to_flush_.size() >= kAnswersTogether || now - to_flush_since_ > kAnswersWait) flush_all();
}

void FrontDoor::Loop::flush_all() {
  const Moment now = std::chrono::steady_clock::now();
  // A connection that has more requests in memory comes once more.
  for (std::size_t i = 0; i < to_flush_.size(); ++i) {
    Place& place = places_[to_flush_[i]];
    if (place.connection == nullptr) continue;
    place.connection->on_event(false, true, now);
    settle(place);
  }
  to_flush_.clear();
}

// ---- deadlines ---------------------------------------------------------------------------------

void FrontDoor::Loop::begin_sweep() {
  if (sweeps_) return;
  sweeps_ = true;
  next_swept_ = 0;
  if (const std::time_t second = std::time(nullptr); second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  leave_closing_to_worker();
  sweep();
}

void FrontDoor::Loop::sweep() {
  const Moment now = std::chrono::steady_clock::now();
  for (Turn turn; next_swept_ < places_.size(); ++next_swept_) {
    if (turn.is_over()) return go_on_later(on_sweep_on_);
    Place& place = places_[next_swept_];
    if (place.connection == nullptr) continue;
    place.connection->check_deadlines(now);
    settle(place);
  }
  sweeps_ = false;
  if (!stop_began_ && numbers_.connections < connections_max_) pause_accepting(false);
  if (!stop_began_) return;
  const bool out_of_time = now - *stop_began_ > kStopTime;
  if (out_of_time) {
    for (std::uint64_t left = numbers_.connections; left > 0; --left) numbers_.count(Limit::stop);
  }
  if (numbers_.connections == 0 || out_of_time) event_base_loopbreak(base_.get());
}

void FrontDoor::Loop::leave_closing_to_worker() {
  if (spool_.left() == 0) return;
  enqueue([this] {
    spool_.close_left();
    post(When::soon, [](Loop& loop, Moment) { --loop.working_; });
  });
}

void FrontDoor::Loop::cut_slowest_readers() {
  while (numbers_.output_bytes > kOutputBytesMax &&
         cut_slowest(Limit::output, &Connection::unsent_in_memory)) {
  }
  while (spool_.is_full() && cut_slowest(Limit::spool, &Connection::unsent_in_file)) {
  }
}

// Of those who have something unsent. Returns whether there was one.
bool FrontDoor::Loop::cut_slowest(Limit limit, std::size_t (Connection::*unsent)() const) {
  Place* slowest = nullptr;
  for (Place& place : places_) {
    if (place.connection == nullptr || (place.connection.get()->*unsent)() == 0) continue;
    if (slowest == nullptr || place.connection->progress() < slowest->connection->progress()) {
      slowest = &place;
    }
  }
  if (slowest == nullptr) return false;
  numbers_.count(limit);
  slowest->connection->cut();
  settle(*slowest);
  return true;
}

void FrontDoor::Loop::begin_stop(Moment now) {
  if (stop_began_) return;
  // Who has connected before the end is served, and so is what was sent.
  for (const auto& listener : listeners_) {
    for (std::uint64_t before = 0; before != numbers_.accepted && !accepting_paused_;) {
      before = numbers_.accepted;
      accept_from(*listener);
    }
  }
  stop_began_ = now;
  pause_accepting(true);
  listeners_.clear();
  for (Place& place : places_) {
    if (place.connection == nullptr) continue;
    place.connection->on_event(true, false, now);
    place.connection->stop(now);
    settle(place);
  }
  begin_sweep();
}

// ---- workers -----------------------------------------------------------------------------------

void FrontDoor::Loop::post(When when, Errand errand) {
  {
    const std::lock_guard lock(errands_mutex_);
    errands_.push_back(std::move(errand));
  }
  if (when == When::now) ring_if_needed();
}

// Answers of workers go out together: when no request waits for a worker, or at the next tick.
// Otherwise the loop and the workers would take turns for each of them.
void FrontDoor::Loop::ring_if_needed() {
  {
    const std::lock_guard lock(errands_mutex_);
    if (errands_.empty() || rung_) return;
    rung_ = true;
  }
  const std::uint64_t one = 1;
  // It cannot fail: the count is far from its greatest value.
  static_cast<void>(::write(bell_.get(), &one, sizeof one));
}

void FrontDoor::Loop::run_errands() {
  if (next_errand_ == taken_errands_.size()) {
    taken_errands_.clear();
    next_errand_ = 0;
    const std::lock_guard lock(errands_mutex_);
    taken_errands_.swap(errands_);
    rung_ = false;
  }
  const Moment now = std::chrono::steady_clock::now();
  for (Turn turn; next_errand_ < taken_errands_.size() && !turn.is_over();) {
    taken_errands_[next_errand_++](*this, now);
  }
  cut_slowest_readers();
  if (next_errand_ < taken_errands_.size()) {
    go_on_later(on_tick_);
  } else if (working_ > 0) {
    tick_soon();
  }
  if (stop_began_ && numbers_.connections == 0) event_base_loopbreak(base_.get());
}

// What is to be done is given to the workers together, when the loop has read all that came.
void FrontDoor::Loop::enqueue(WorkerPool::Job job) {
  if (work_.empty()) event_active(on_work_.get(), EV_WRITE, 0);
  work_.push_back(std::move(job));
}

void FrontDoor::Loop::give_work() {
  working_ += work_.size();
  workers_->post(work_);
  tick_soon();
}

void FrontDoor::Loop::tick_soon() {
  if (event_pending(on_tick_.get(), EV_TIMEOUT, nullptr) != 0) return;
  const timeval pause = timeval_of(kTickPause);
  event_add(on_tick_.get(), &pause);
}

FrontDoor::Loop::Place* FrontDoor::Loop::place_of(const Ticket& ticket) {
  Place& place = places_[ticket.place];
  return place.use == ticket.use && place.connection != nullptr ? &place : nullptr;
}

FrontDoor::Loop::Ticket FrontDoor::Loop::ticket_of(const Connection& connection,
                                                   std::uint64_t request) {
  return {connection.place(), places_[connection.place()].use, request};
}

bool FrontDoor::Loop::hand_over(Connection& from, std::uint64_t number, HttpRequest request,
                                BodyBuffer body) {
  // Functions must be copied, and a body cannot be.
  struct Whole {
    HttpRequest request;
    BodyBuffer body;
    Peer peer;
  };
  if (numbers_.queued >= kRequestsQueuedMax) return false;
  auto whole = std::make_shared<Whole>(Whole{std::move(request), std::move(body), from.peer()});
  ++numbers_.queued;
  enqueue([this, ticket = ticket_of(from, number), whole] {
    --numbers_.queued;
    if (whole->body.size() > 0) {
      auto read = whole->body.take();
      if (!read) return complete_from_worker(ticket, handler_.refuse(503, read.error().message));
      whole->request.body = *std::move(read);
    }
    answer_on_worker(ticket, whole->request, whole->peer);
  });
  return true;
}

void FrontDoor::Loop::answer_on_worker(const Ticket& ticket, const HttpRequest& request,
                                       const Peer& peer) {
  Reply reply = handler_.answer(request, peer);
  if (auto* response = std::get_if<HttpResponse>(&reply)) compress(request, *response);
  complete_from_worker(ticket, std::move(reply));
}

// A large answer waits in a file for a client that is slow. Without room there, in memory.
Reply FrontDoor::Loop::spool_body(Reply reply) {
  auto* const response = std::get_if<HttpResponse>(&reply);
  if (response == nullptr || response->body.size() <= kBodyInMemoryMax) return reply;
  auto file = spool_.create();
  if (!file || !file->append(response->body)) return reply;
  std::string().swap(response->body);  // an assignment would keep its memory
  return ResponseInFile{std::move(*response), std::make_shared<const SpoolFile>(*std::move(file))};
}

void FrontDoor::Loop::complete_from_worker(const Ticket& ticket, Reply reply) {
  // Functions must be copied, and a reply cannot be.
  auto shared = std::make_shared<Reply>(spool_body(std::move(reply)));
  post(When::soon, [ticket, shared](Loop& loop, Moment now) {
    --loop.working_;
    Place* const place = loop.place_of(ticket);
    if (place == nullptr) return;
    place->connection->complete(ticket.request, std::move(*shared), now);
    loop.settle(*place);
    loop.flush_if_due(now);
  });
}

std::function<void()> FrontDoor::Loop::waker(Connection& from, std::uint64_t number) {
  const Ticket ticket = ticket_of(from, number);
  return [this, ticket] {
    post(When::now, [ticket](Loop& loop, Moment) { loop.fetch_from_parked(ticket); });
  };
}

void FrontDoor::Loop::fetch_from_parked(const Ticket& ticket) {
  Place* const place = place_of(ticket);
  if (place == nullptr) return;
  std::shared_ptr<Parked> parked = place->connection->woken(ticket.request);
  if (parked == nullptr) return;
  settle(*place);
  enqueue([this, ticket, parked] { complete_from_worker(ticket, parked->answer()); });
}

// ---- outside -----------------------------------------------------------------------------------

FrontDoor::FrontDoor(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
FrontDoor::~FrontDoor() = default;

Result<std::unique_ptr<FrontDoor>> FrontDoor::open(Options options, Spool& spool,
                                                   Handler& handler) {
  auto loop = std::make_unique<Loop>(std::move(options), spool, handler);
  TITAN_TRY(loop->open());
  return std::unique_ptr<FrontDoor>(new FrontDoor(std::move(loop)));
}

const std::vector<ListenAddress>& FrontDoor::addresses() const {
  return loop_->addresses();
}

void FrontDoor::serve() {
  loop_->serve();
}

void FrontDoor::stop() {
  loop_->post(Loop::When::now, [](Loop& loop, Moment now) { loop.begin_stop(now); });
}

const Numbers& FrontDoor::numbers() const {
  return loop_->numbers();
}

}  // namespace titan::front_door

#include "cli/waiter.hpp"

#include <algorithm>
#include <cctype>
#include <ostream>
#include <utility>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "cli/kind_word.hpp"
#include "cli/output.hpp"
#include "client/limits.hpp"
#include "model/entity_filter.hpp"

namespace titan::cli {
namespace {

using model::Status;
using std::chrono::seconds;

// One of those that are waited for, and what is known of it.
struct Watched {
  model::Key key = {};
  std::string id = {};
  std::string state = {};  // "ERROR: no space", as it was seen last
  std::string said = {};   // what was told of it last
  bool seen = false;
  bool done = false;
};

std::string state_of(const model::Entity& entity) {
  std::string state(model::name_of(entity.status));
  if (!entity.reason.empty()) state += ": " + join(entity.reason, "; ");
  return state;
}

class Waiter {
 public:
  Waiter(const std::vector<Awaited>& awaited, const WaitOptions& options, client::Client& client,
         const Env& env)
      : options_(options), client_(client), env_(env) {
    for (const auto& [key, id] : awaited) watched_.push_back({.key = key, .id = id});
    deadline_ = env.clock.monotonic() + options.timeout;
  }

  Result<ExitCode> run() {
    // The bookmark comes first: whatever changes after the looks below is told from there on.
    TITAN_TRY(let_statuses_follow());
    for (Watched& one : watched_) TITAN_TRY(look(one));
    while (!all_done()) {
      const auto left = std::chrono::ceil<seconds>(deadline_ - env_.clock.monotonic());
      if (left.count() <= 0) return tell_timeout();
      TITAN_TRY(follow(left));
    }
    return ExitCode::done;
  }

 private:
  [[nodiscard]] bool all_done() const { return std::ranges::all_of(watched_, &Watched::done); }

  Result<void> go_to_head() {
    TITAN_ASSIGN(const auto status, client_.status());
    if (status.bookmark.empty()) return unavailable("the server does not say where its log ends");
    since_ = status.bookmark;
    return {};
  }

  // A status follows a change a moment later: an old READY must not pass for the answer to what was
  // written just now. So the server's processors first come to where the log ends now.
  Result<void> let_statuses_follow() {
    std::optional<model::Bookmark> start;
    while (true) {
      TITAN_ASSIGN(const auto status, client_.status());
      const auto now = model::Bookmark::parse(status.bookmark);
      if (!now) return unavailable("the server does not say where its log ends");
      since_ = status.bookmark;
      if (!start) start = *now;
      const auto has_followed = [&](const auto& processor) {
        return now->epoch != start->epoch || now->seq >= start->seq + processor.second;
      };
      const bool time_is_up = env_.clock.monotonic() >= deadline_;
      if (time_is_up || std::ranges::all_of(status.processors, has_followed)) return {};
      TITAN_TRY(client_.changes({.since = since_, .wait = seconds(1)}));
    }
  }

  // Waits for changes, and looks at what they are about.
  Result<void> follow(seconds left) {
    TITAN_ASSIGN(const auto page,
                 client_.changes({.since = since_,
                                  .kind = common_kind(),
                                  .wait = std::min(left, seconds(client::kWaitMax))}));
    since_ = page.bookmark.text();
    // The log is another one, or begins later: all may have changed meanwhile.
    if (page.full) TITAN_TRY(go_to_head());
    for (Watched& one : watched_) {
      const bool concerned = page.full || std::ranges::any_of(page.items, [&](const auto& change) {
                               return change.key == one.key;
                             });
      if (concerned && !one.done) TITAN_TRY(look(one));
    }
    return {};
  }

  [[nodiscard]] std::optional<model::Kind> common_kind() const {
    const model::Kind first = watched_.front().key.kind;
    const bool common =
        std::ranges::all_of(watched_, [&](const Watched& one) { return one.key.kind == first; });
    return common ? std::optional(first) : std::nullopt;
  }

  Result<void> look(Watched& one) {
    auto entity = client_.get(one.key);
    const bool gone = !entity && entity.error().code == ErrorCode::not_found;
    if (!entity && !gone) return std::move(entity).error();
    const bool replaced = entity && !one.id.empty() && one.id != entity->id;
    if (options_.until == Status::deleted && (gone || replaced)) return finish(one, " deleted");
    if (gone && !one.seen) return std::move(entity).error();
    if (gone) {
      Error error = not_found("was deleted while it was waited for");
      error.subject = one.key.subject();
      return error;
    }
    one.seen = true;
    one.id = entity->id;
    one.state = state_of(*entity);
    if (entity->status == options_.until) {
      return finish(one, " is " + std::string(model::name_of(options_.until)));
    }
    tell_trouble(one, entity->status);
    return {};
  }

  Result<void> finish(Watched& one, std::string_view how) {
    one.done = true;
    env_.out << display_name(one.key) << how << '\n' << std::flush;
    return {};
  }

  void tell_trouble(Watched& one, Status status) {
    const bool trouble = status == Status::error || status == Status::missing;
    if (!trouble || one.said == one.state) return;
    one.said = one.state;
    remark(env_, display_name(one.key) + " is " + one.state);
  }

  ExitCode tell_timeout() {
    const std::string wanted = options_.until == Status::deleted
                                   ? "be deleted"
                                   : "be " + std::string(model::name_of(options_.until));
    const std::string how_long =
        options_.timeout.count() == 0 ? "" : " after " + duration_text(options_.timeout);
    for (const Watched& one : watched_) {
      if (one.done) continue;
      remark(env_, one.key.subject() + ": it should " + wanted + ", and" + how_long + " it is " +
                       one.state);
    }
    return ExitCode::failed;
  }

  const WaitOptions& options_;
  client::Client& client_;
  const Env& env_;
  std::vector<Watched> watched_;
  Clock::Monotonic deadline_{};
  std::string since_;
};

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lowered;
}

}  // namespace

Result<Status> parse_condition(std::string_view text) {
  constexpr std::string_view kStatus = "status=";
  const std::string word = lower(text);
  if (word == "ready") return Status::ready;
  if (word == "deleted") return Status::deleted;
  if (!word.starts_with(kStatus)) {
    return invalid("--for: expected ready, deleted or status=STATUS, found " + quote(text));
  }
  const auto statuses = model::parse_statuses(text.substr(kStatus.size()));
  if (!statuses) return Error(statuses.error()).context("--for");
  if (statuses->size() != 1) return invalid("--for: expected one status, found " + quote(text));
  return statuses->front();
}

Result<seconds> parse_timeout(std::string_view text) {
  if (text == "0" || text == "0s") return seconds(0);
  auto timeout = parse_duration(text);
  if (!timeout) return std::move(timeout).error().context("--timeout");
  return timeout;
}

Result<ExitCode> wait_for(const std::vector<Awaited>& awaited, const WaitOptions& options,
                          client::Client& client, const Env& env) {
  if (awaited.empty()) return ExitCode::done;
  return Waiter(awaited, options, client, env).run();
}

}  // namespace titan::cli

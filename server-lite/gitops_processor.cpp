#include "server-lite/gitops_processor.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "server-lite/backoff.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using gitops::Publisher;
using model::Key;

constexpr const char* kPushes = "titan_gitops_pushes_total";
constexpr const char* kPushesHelp = "Pushes of what the server commits for hosts, by outcome.";
constexpr Backoff kBackoff{.first = kGitRetryMin, .min = kGitRetryMin, .max = kGitRetryMax};

bool is_committed_for(const std::optional<model::Entity>& entity) {
  const auto* spec = entity ? std::get_if<model::HostSpec>(&entity->spec) : nullptr;
  return spec != nullptr && spec->delivery == model::Delivery::gitops;
}

// Whether it is about a host's content: trying again does not help, and other hosts go on.
bool is_of_a_host(const Error& error) {
  return error.code == ErrorCode::invalid ||
         (error.code == ErrorCode::exhausted &&
          (error.subject.starts_with("host ") || error.subject.starts_with("deployment ")));
}

std::size_t bytes_of(const gitops::HostState& state) {
  std::size_t bytes = 0;
  for (const auto& deployment : state.deployments) {
    for (const auto& file : deployment.files) bytes += file.path.size() + file.content.size();
  }
  return bytes;
}

}  // namespace

std::string committer_address() {
  return "titan-server@" + std::string(model::kDefaultOrganization);
}

GitopsProcessor::GitopsProcessor(const Parts& parts, std::function<void()> wake)
    : parts_(parts),
      wake_(std::move(wake)),
      commits_(parts.metrics.counter("titan_gitops_commits_total",
                                     "Commits that the server made for hosts.")),
      pushes_(parts.metrics.counter(kPushes, kPushesHelp, {{"outcome", "done"}})),
      push_faults_counted_(parts.metrics.counter(kPushes, kPushesHelp, {{"outcome", "failed"}})),
      faults_counted_(parts.metrics.counter(
          "titan_gitops_faults_total",
          "How often hosts could not be committed for, and had to be tried again.")) {
  parts.metrics.add_source([this] {
    return std::vector<Metrics::Family>{
        {.name = "titan_gitops_hosts_waiting",
         .help = "Hosts of which the Git remote has not got all that was committed.",
         .samples = {{.value = static_cast<double>(waiting_.load())}}}};
  });
}

void GitopsProcessor::open() {
  parts_.state.read([this](const FleetView& view) {
    view.fleet.for_each_host([this](const reconciler::HostRecord& host) {
      if (host.delivery != model::Delivery::gitops) return;
      if (host.key.organization != model::kDefaultOrganization) return;
      hosts_.try_emplace(host.key);
      due_.insert(host.key);
    });
    return true;
  });
}

// ---- what changed ------------------------------------------------------------------------------

void GitopsProcessor::take(std::span<const model::Change> changes) {
  if (parts_.publisher == nullptr) return;
  bool has_news = false;
  {
    const std::lock_guard lock(mutex_);
    for (const model::Change& change : changes) {
      if (change.key.organization != model::kDefaultOrganization) continue;
      note(change);
      has_news = has_news || model::alters_desired_state(change);
    }
    has_news_ = has_news_ || has_news;
  }
  if (has_news) wake_();
}

void GitopsProcessor::note(const model::Change& change) {
  if (change.key.kind != model::Kind::host) return;
  const bool before = is_committed_for(change.before);
  const bool after = is_committed_for(change.after);
  if (after && !before) notes_[change.key] = Note::follow;
  if (before && !after) notes_[change.key] = change.after ? Note::leave : Note::remove;
}

void GitopsProcessor::take_notes() {
  std::map<Key, Note> notes;
  bool has_news = false;
  {
    const std::lock_guard lock(mutex_);
    notes.swap(notes_);
    has_news = std::exchange(has_news_, false);
  }
  for (const auto& [key, note] : notes) {
    hosts_.erase(key);
    due_.erase(key);
    to_tell_.erase(key);
    if (note == Note::follow) {
      hosts_[key] = {.is_anew = true};
      due_.insert(key);
    } else if (note == Note::remove) {
      gone_.insert(key);
    }
  }
  if (has_news) look_for_news();
}

// The lock is everybody's, so hosts are looked at some at a time.
void GitopsProcessor::look_for_news() {
  auto at = hosts_.begin();
  while (at != hosts_.end()) {
    parts_.state.read([&](const FleetView& view) {
      for (std::size_t i = 0; i < kHostsAtOnce && at != hosts_.end(); ++i, ++at) {
        const auto* record = view.fleet.find_host(at->first);
        if (record != nullptr && !record->nothing_new_since(at->second.seq)) due_.insert(at->first);
      }
      return true;
    });
  }
}

// After a start: which hosts were deleted, and perhaps not yet in Git. A page of the log.
Result<void> GitopsProcessor::read_log() {
  TITAN_ASSIGN(const std::uint64_t horizon, parts_.store.horizon());
  read_until_ = std::max(read_until_, horizon);
  TITAN_ASSIGN(const auto page,
               parts_.store.changes(read_until_, kProcessorPage,
                                    {.kind = model::Kind::host,
                                     .organization = std::string(model::kDefaultOrganization)}));
  for (const model::Change& change : page) {
    if (is_committed_for(change.before) && !change.after) {
      gone_.insert(change.key);
    } else {
      gone_.erase(change.key);
    }
    read_until_ = change.seq;
  }
  log_is_read_ = page.size() < kProcessorPage;
  return {};
}

// ---- commits -----------------------------------------------------------------------------------

Clock::Monotonic GitopsProcessor::step() {
  if (parts_.publisher == nullptr) return Clock::Monotonic::max();
  take_notes();
  const Clock::Monotonic now = parts_.clock.monotonic();
  if (now >= git_rests_until_) {
    const auto read = log_is_read_ ? Result<void>() : read_log();
    if (read) {
      commit_due(now);
    } else {
      rest(read.error(), now);
    }
  }
  if (parts_.publisher->has_remote() && now >= next_look_ && !hosts_.empty()) wants_push_ = true;
  if (wants_push_ && now >= push_rests_until_) push(now);
  if (now >= tell_rests_until_) tell(now);
  count_waiting();
  return next_step(now);
}

void GitopsProcessor::commit_due(Clock::Monotonic now) {
  const Batch batch = next_batch(now);
  if (!batch.states.empty()) commit(batch, now);
}

GitopsProcessor::Batch GitopsProcessor::next_batch(Clock::Monotonic now) {
  Batch batch{.bookmark = parts_.hosts.head()};
  if (log_is_read_) add_gone(batch);
  const std::vector<Key> due(due_.begin(), due_.end());
  for (const Key& key : due) {
    if (batch.states.size() >= kGitHostsMax || batch.bytes >= kGitBatchBytesMax) break;
    Host& host = hosts_.at(key);
    if (host.rests_until > now) continue;
    const auto added = add(key, host, batch);
    if (added) continue;
    if (added.error().code == ErrorCode::not_found) {
      due_.erase(key);  // a note of it is under way
      continue;
    }
    faults_counted_.add();
    host.rests_until = now + kBackoff.wait(++host.faults, parts_.random);
    parts_.log.warning(
        "what a host should have in Git cannot be found out, and will be tried again",
        {{"host", key.name}, {"error", added.error().text()}});
  }
  return batch;
}

// A host of that name which there is by now keeps the folder: it is its own.
void GitopsProcessor::add_gone(Batch& batch) {
  const std::vector<Key> gone(gone_.begin(), gone_.end());
  for (const Key& key : gone) {
    if (batch.states.size() >= kGitHostsMax) return;
    const bool exists = parts_.state.read([&](const FleetView& view) {
      const auto* record = view.fleet.find_host(key);
      return record != nullptr && record->now() != nullptr;
    });
    if (exists) {
      gone_.erase(key);
      continue;
    }
    batch.states.push_back({.host = key.name,
                            .organization = key.organization,
                            .digest = model::digest_of_desired({}),
                            .is_gone = true});
    batch.hosts.push_back(key);
  }
}

Result<void> GitopsProcessor::add(const Key& key, Host& host, Batch& batch) {
  TITAN_ASSIGN(const HostService::Answer answer,
               parts_.hosts.deliver(key, std::nullopt, std::nullopt));
  const model::Manifest& manifest = answer.manifest;
  gitops::HostState state{
      .host = key.name, .organization = key.organization, .digest = manifest.digest};
  TITAN_ASSIGN(state.deployments, parts_.hosts.render(manifest));
  for (const model::DesiredDeployment& desired : manifest.deployments) {
    if (!desired.error.empty()) state.kept.push_back(desired.key);
  }
  const auto stored = parts_.store.report(key.organization, key.name);
  if (!stored && stored.error().code != ErrorCode::not_found) return stored.error();
  const bool is_anew = host.is_anew || !stored || !GitopsReport::is_ours(stored->report);
  host.report = GitopsReport(manifest, stored ? &stored->report : nullptr, is_anew);
  host.bookmark = manifest.bookmark;
  host.faults = 0;
  if (manifest.bookmark.seq < batch.bookmark.seq) batch.bookmark = manifest.bookmark;
  batch.bytes += bytes_of(state);
  batch.states.push_back(std::move(state));
  batch.hosts.push_back(key);
  return {};
}

// When one host's content is refused, each goes by itself, so that the others are not held up.
void GitopsProcessor::commit(const Batch& batch, Clock::Monotonic now) {
  auto done = write(batch, 0, batch.states.size());
  const bool alone = !done && is_of_a_host(done.error()) && batch.states.size() > 1;
  for (std::size_t i = 0; i < batch.states.size(); ++i) {
    const bool rests = now < git_rests_until_;
    if (alone && !rests) done = write(batch, i, 1);
    if (!done && !is_of_a_host(done.error()) && !rests) rest(done.error(), now);
    settle(batch, i, done);
  }
}

Result<Publisher::Commit> GitopsProcessor::write(const Batch& batch, std::size_t first,
                                                 std::size_t count) {
  const gitops::CommitInfo info{.bookmark = batch.bookmark,
                                .time = parts_.clock.wall(),
                                .author_name = "titan-server",
                                .author_email = committer_address()};
  auto done = parts_.publisher->commit(std::span(batch.states).subspan(first, count), info);
  if (!done) return done;
  git_faults_ = 0;
  git_failure_.clear();
  wants_push_ = true;  // also when nothing is new: the push tells by which commit the remote has it
  if (!done->is_new) return done;
  commits_.add();
  parts_.log.info("committed for hosts", {{"commit", done->id}});
  return done;
}

void GitopsProcessor::settle(const Batch& batch, std::size_t at,
                             const Result<Publisher::Commit>& done) {
  const Key& key = batch.hosts[at];
  if (batch.states[at].is_gone) {
    if (done) gone_.erase(key);
    return;
  }
  Host& host = hosts_.at(key);
  if (!done && !is_of_a_host(done.error())) {
    host.stage = Stage::unknown;
    to_tell_.insert(key);
    return;
  }
  due_.erase(key);
  host.seq = host.bookmark.seq;
  host.is_anew = host.is_anew && !done;
  host.stage = done ? Stage::committed : Stage::refused;
  if (!done) {
    host.said = "it cannot be committed: " + done.error().text();
    parts_.log.warning("a host's files cannot be committed",
                       {{"host", key.name}, {"error", done.error().text()}});
  }
  // Else the push is about to tell.
  if (!done || !push_failure_.empty()) to_tell_.insert(key);
}

void GitopsProcessor::rest(const Error& error, Clock::Monotonic now) {
  faults_counted_.add();
  git_rests_until_ = now + kBackoff.wait(++git_faults_, parts_.random);
  git_failure_ = "the Git repository cannot be written: " + error.text();
  parts_.log.warning("hosts cannot be committed for now, and will be tried again",
                     {{"error", error.text()}});
}

// ---- pushes ------------------------------------------------------------------------------------

void GitopsProcessor::push(Clock::Monotonic now) {
  const auto pushed = parts_.publisher->push();
  if (pushed || pushed.error().code == ErrorCode::not_found) {
    wants_push_ = false;
    push_faults_ = 0;
    push_failure_.clear();
    next_look_ = now + kGitLook;
    if (pushed) note_pushed(*pushed);
  } else {
    push_faults_counted_.add();
    push_rests_until_ = now + kBackoff.wait(++push_faults_, parts_.random);
    push_failure_ = "the Git remote is not up to date: " + pushed.error().text();
    parts_.log.warning("the Git remote cannot be brought up to date, and will be tried again",
                       {{"error", pushed.error().text()}});
    for (const auto& [key, host] : hosts_) {
      if (host.stage == Stage::committed) to_tell_.insert(key);
    }
  }
  if (const auto tidied = parts_.publisher->tidy(); !tidied) {
    parts_.log.warning("the Git repository cannot be packed", {{"error", tidied.error().text()}});
  }
}

// Commits that were put on top of others' have new ids: this one holds them all.
void GitopsProcessor::note_pushed(const gitops::Repository::Pushed& pushed) {
  pushes_.add();
  for (auto& [key, host] : hosts_) {
    if (pushed.was_rewritten) {
      host.is_anew = true;
      due_.insert(key);
    }
    if (host.stage != Stage::committed) continue;
    host.stage = Stage::pushed;
    host.said = pushed.id;
    to_tell_.insert(key);
  }
  if (!pushed.was_rewritten) return;
  parts_.log.warning("the Git remote had lost commits; what is missing there is committed again",
                     {{"commit", pushed.id}});
}

// ---- reports -----------------------------------------------------------------------------------

void GitopsProcessor::tell(Clock::Monotonic now) {
  for (std::size_t i = 0; i < kGitReportsMax && !to_tell_.empty(); ++i) {
    const Key key = *to_tell_.begin();
    const auto told = tell(key, hosts_.at(key));
    if (!told && told.error().code != ErrorCode::not_found) {
      tell_rests_until_ = now + kFaultPause;
      parts_.log.warning("a report for a host could not be stored, and will be tried again",
                         {{"host", key.name}, {"error", told.error().text()}});
      return;
    }
    to_tell_.erase(key);
  }
}

Result<void> GitopsProcessor::tell(const Key& key, Host& host) {
  if (host.stage == Stage::settled) return {};
  if (host.stage == Stage::unknown || host.stage == Stage::committed) {
    const std::string& why = host.stage == Stage::unknown ? git_failure_ : push_failure_;
    if (why.empty()) return {};  // not any more
    return parts_.hosts.accept(key, host.report.waiting(why), host.bookmark, false);
  }
  const bool is_pushed = host.stage == Stage::pushed;
  TITAN_TRY(parts_.hosts.accept(
      key, is_pushed ? host.report.pushed(host.said) : host.report.refused(host.said),
      host.bookmark, is_pushed));
  host.stage = Stage::settled;
  host.report = {};
  host.said.clear();
  return {};
}

void GitopsProcessor::count_waiting() {
  waiting_ = static_cast<std::size_t>(std::ranges::count_if(hosts_, [](const auto& host) {
    return host.second.stage == Stage::unknown || host.second.stage == Stage::committed;
  }));
}

Clock::Monotonic GitopsProcessor::next_step(Clock::Monotonic now) const {
  Clock::Monotonic next = Clock::Monotonic::max();
  const auto at_least = [&](Clock::Monotonic rests_until) {
    next = std::min(next, std::max(now, rests_until));
  };
  for (const Key& key : due_) at_least(std::max(git_rests_until_, hosts_.at(key).rests_until));
  if (!gone_.empty() || !log_is_read_) at_least(git_rests_until_);
  if (wants_push_) at_least(push_rests_until_);
  if (!to_tell_.empty()) at_least(tell_rests_until_);
  if (parts_.publisher->has_remote() && !hosts_.empty()) {
    at_least(std::max(next_look_, push_rests_until_));
  }
  return next;
}

}  // namespace titan::server_lite

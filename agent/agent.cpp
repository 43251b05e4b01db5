#include "agent/agent.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/git_key_command.hpp"
#include "agent/limits.hpp"
#include "agent/retry_requests.hpp"
#include "base/text.hpp"
#include "client/device_request.hpp"

namespace titan::agent {
namespace {

using model::DesiredDeployment;
using model::Key;
using std::chrono::seconds;

bool may_pass(const Error& error) {
  return error.retryable() || error.code == ErrorCode::exhausted;
}

}  // namespace

Agent::Agent(const Env& env, std::unique_ptr<FileSystem::Lock> lock, IdentityStore::Loaded identity)
    : env_(env),
      lock_(std::move(lock)),
      identities_(env.state),
      identity_(std::move(identity)),
      run_file_(env.run),
      state_file_(env.state),
      blobs_(env.state, blob_source()),
      secret_files_(env.run),
      renderer_(blobs_, secret_files_, identity_),
      convergence_({.root = env.root,
                    .state_directory = env.state,
                    .run = env.run,
                    .state = state_,
                    .state_file = state_file_,
                    .renderer = renderer_,
                    .secret_files = secret_files_,
                    .drivers = env.drivers,
                    .processes = env.processes,
                    .prober = env.prober,
                    .identity = identity_,
                    .log = env.log,
                    .drift_interval = env.options.drift_interval,
                    .generations_bytes_max = env.options.generations_bytes_max}),
      schedule_(env.options.poll_after_max) {}

Result<std::unique_ptr<Agent>> Agent::open(const Env& env, const std::string& host) {
  auto lock = env.state.lock(kLockFile);
  if (!lock && lock.error().code == ErrorCode::conflict) {
    return conflict("another titan-agent uses this state directory");
  }
  if (!lock) return lock.error();
  TITAN_ASSIGN(auto identity, IdentityStore(env.state).load());
  if (!identity) {
    return denied(
        "this host is not enrolled; run \"titan-agent enroll\" with the string that "
        "\"titan create enrollment --host HOST\" prints, or with --lobby");
  }
  if (!host.empty() && host != identity->identity.host) {
    return invalid_field("--host", "this host is enrolled as " + quote(identity->identity.host) +
                                       ", not as " + quote(host));
  }
  std::unique_ptr<Agent> agent(new Agent(env, *std::move(lock), *std::move(identity)));
  TITAN_ASSIGN(agent->state_, agent->state_file_.load());
  // What is sealed for the key of before an enrollment does not open any more.
  const AgentState& state = agent->state_;
  agent->ask_for_all_ =
      state.desires_secrets() && state.sealed_for != agent->identity_.identity.device;
  TITAN_ASSIGN(agent->transport_, env.connect(agent->identity_.identity.server));
  if (env.sign_as_host) env.publisher.sign_with(&agent->identity_.key);
  agent->resume();
  agent->convergence_.resume();
  return agent;
}

void Agent::make_channel() {
  const auto keep_trust = [this](const client::TrustState& trust) {
    identity_.identity.trust = trust;
    env_.log.info("the server's keys or its epoch are new, as it has proven",
                  {{"key", trust.key.text()}, {"epoch", trust.epoch}});
    return identities_.keep(identity_.identity);
  };
  const Identity& identity = identity_.identity;
  channel_.emplace(client::DeviceChannel::Env{*transport_, env_.random, keep_trust},
                   client::DeviceChannel::Device{identity.host, identity.organization,
                                                 identity_.key, memory_.instance},
                   identity.trust);
  if (state_.bookmark) channel_->note_verified({state_.root, *state_.bookmark});
  channel_->note_verified(memory_.high_water);
}

void Agent::resume() {
  memory_ = run_file_.load();
  if (memory_.instance.empty()) memory_.instance = client::make_nonce(env_.random);
  make_channel();
  const Identity& identity = identity_.identity;
  const bool is_mine = memory_.device == identity.device && !memory_.session.token.empty();
  if (is_mine) channel_->resume(std::move(memory_.session));
  memory_.device = identity.device;
  memory_.session = {};
}

Result<void> Agent::try_next_key() {
  TITAN_ASSIGN(auto next, identities_.left_key());
  if (!next) return denied("there is no other key");
  memory_.high_water = channel_->high_water();
  const PublicKey before = identity_.identity.device;
  std::swap(identity_.key, *next);
  make_channel();
  auto opened = channel_->open();
  if (opened) {
    identity_.identity.device = identity_.key.public_key();
    opened = identities_.enrolled(identity_.identity);
  }
  if (opened) {
    memory_.device = identity_.identity.device;
    env_.log.info("the host has a new key, as the server knows already",
                  {{"key", memory_.device.text()}});
    return {};
  }
  identity_.identity.device = before;
  std::swap(identity_.key, *next);
  make_channel();
  return opened;
}

StepResult Agent::step(Clock::Monotonic now) {
  StepResult result;
  now_ = now;
  asked_to_wait_.reset();
  convergence_.begin_step(now);
  const bool is_checking = convergence_.next_check().has_value();
  const bool has_news = convergence_.check_health(counts_);
  if (!is_checking || has_news || now >= next_poll_) {
    if (const auto done = cycle(); !done) result.error = done.error();
    keep_memory();
    schedule(result);
  }
  result.applied = std::exchange(counts_.applied, 0);
  result.removed = std::exchange(counts_.removed, 0);
  result.healed = std::exchange(counts_.healed, 0);
  result.failing = state_.failures.size();
  result.next = next_poll_;
  if (const auto check = convergence_.next_check()) {
    result.checking = true;
    result.next = std::min(result.next, *check);
  }
  if (result.outcome == StepResult::Outcome::done && result.failing > 0) {
    result.outcome = StepResult::Outcome::stalled;
  }
  return result;
}

void Agent::schedule(StepResult& result) {
  if (result.error && may_pass(*result.error)) {
    result.outcome = StepResult::Outcome::retry;
    schedule_.failed(asked_to_wait_);
  } else {
    if (result.error) result.outcome = StepResult::Outcome::stalled;
    schedule_.succeeded();
  }
  next_poll_ = schedule_.next(now_, env_.random);
}

// Asking the drivers runs programs.
void Agent::ask_drivers() {
  if (memory_.drivers && !convergence_.was_thorough()) return;
  env_.drivers.forget();
  memory_.drivers = env_.drivers.available();
}

// What people want tried again: before anything else, and remembered before it is dropped.
Result<void> Agent::take_retries() {
  RetryRequests requests(env_.state, identity_.identity.organization);
  TITAN_ASSIGN(const auto keys, requests.list());
  if (keys.empty()) return {};
  for (const Key& key : keys) {
    env_.log.info("tried again, as somebody asked", {{"deployment", key.short_text()}});
    if (!state_.transactions.contains(key)) state_.attempts.erase(key);
  }
  TITAN_TRY(state_file_.save(state_));
  return requests.drop(keys);
}

Result<void> Agent::cycle() {
  if (const auto taken = take_retries(); !taken) {
    env_.log.warning("requests to try again cannot be read", {{"error", taken.error().text()}});
  }
  convergence_.look();
  ask_drivers();
  for (int round = 0; round < kRoundsMax; ++round) {
    auto synced = sync();
    if (synced && *synced) synced = sync();  // this time for everything
    const auto converged = converge();
    if (!synced) return synced.error();
    if (!converged) return converged.error();
    if (model::digest_of(report()) == state_.reported) break;
  }
  return state_file_.save(state_);
}

Result<void> Agent::converge() {
  const auto converged = convergence_.converge(counts_);
  // Before Git, which may take long: what is in place by now shall not count as cut off.
  TITAN_TRY(state_file_.save(state_));
  const auto published = publish();
  TITAN_TRY(state_file_.save(state_));
  TITAN_TRY(convergence_.drop_unused());
  if (blobs_unused_) TITAN_TRY(drop_unused_blobs());
  return converged ? published : converged;
}

Result<void> Agent::pause() {
  return convergence_.pause();
}

model::HostReport Agent::report() {
  return state_.report({.drivers = memory_.drivers.value_or(std::vector<std::string>()),
                        .clock_skew_seconds = memory_.clock_skew_seconds,
                        .drift = convergence_.drift()});
}

// In steps that double, from a minute on.
std::int64_t Agent::clock_skew(Timestamp server_time) const {
  constexpr std::int64_t kMicrosPerSecond = 1'000'000;
  const std::int64_t skew = (env_.clock.wall().micros() - server_time.micros()) / kMicrosPerSecond;
  std::int64_t step = kClockSkewMin.count();
  if (std::abs(skew) < step) return 0;
  while (step <= std::abs(skew) / 2) step *= 2;
  return skew < 0 ? -step : step;
}

Result<bool> Agent::sync() {
  model::SyncRequest request;
  // What was sealed for a key that the device had before does not open any more.
  const bool is_sealed_for_another =
      state_.desires_secrets() && state_.sealed_for != identity_.identity.device;
  if (!ask_for_all_ && !is_sealed_for_another) request.bookmark = state_.bookmark;
  const model::HostReport report = this->report();
  request.report_digest = model::digest_of(report);
  if (request.report_digest != state_.reported) request.report = report;

  const auto answer = ask(request);
  if (!answer) {
    env_.log.warning("the server did not answer as it should; the host stays as it is",
                     {{"error", answer.error().text()}});
    return answer.error();
  }
  state_.reported = answer->report_wanted ? Digest() : request.report_digest;
  schedule_.told(answer->poll_after);
  if (!answer->manifest) return false;
  return adopt(*answer->manifest);
}

Result<client::SyncAnswer> Agent::ask(const model::SyncRequest& request) {
  auto answer = channel_->sync(request);
  const bool is_refused = !answer && answer.error().code == ErrorCode::denied && !channel_->doubt();
  if (is_refused && try_next_key()) answer = channel_->sync(request);
  note_doubt();
  note_wait();
  if (answer) {
    memory_.verified = now_;
    memory_.poll_after = answer->poll_after;
    memory_.last_failure.reset();
  } else {
    memory_.last_failure = {std::string(name_of(answer.error().code)), answer.error().text(), now_};
  }
  return answer;
}

BlobCache::Source Agent::blob_source() {
  const auto noted = [this](auto result) {
    note_blob(result ? nullptr : &result.error());
    return result;
  };
  return {
      .whole = [this, noted](const Digest& digest) { return noted(channel_->get_blob(digest)); },
      .part =
          [this, noted](const Digest& digest, const client::BlobRange& range) {
            return noted(channel_->get_blob_part(digest, range));
          },
      .check =
          [this, noted](const Digest& digest, std::string_view content) {
            return noted(channel_->check_blob(digest, content));
          }};
}

// What came of the last question for a blob; null: it did.
void Agent::note_blob(const Error* failure) {
  note_doubt();
  note_wait();
  if (failure == nullptr) return;
  note_failure(*failure);
}

void Agent::note_failure(const Error& error) {
  memory_.last_failure = {std::string(name_of(error.code)), error.text(), now_};
}

// Nobody has proven the answer, so it holds the host up no longer than a server that is away.
void Agent::note_wait() {
  const auto wait = channel_->retry_after();
  if (wait) asked_to_wait_ = std::clamp(*wait, std::chrono::seconds(1), kRetryMax);
}

void Agent::note_doubt() {
  const auto& doubt = channel_->doubt();
  if (!doubt) return;
  const std::string reason(name_of(doubt->reason));
  env_.log.error("an answer that is not the server's was refused",
                 {{"reason", reason}, {"what", doubt->message}});
  ++memory_.refusals[reason];
  memory_.last_refusal = {reason, doubt->message, now_};
}

void Agent::keep_memory() {
  memory_.high_water = channel_->high_water();
  memory_.session = {};
  if (channel_->session() != nullptr) memory_.session = channel_->session()->copy();
  const auto saved = run_file_.save(memory_);
  if (!saved && !memory_failed_) {
    env_.log.warning("the run directory cannot be written; each run opens a session of its own",
                     {{"error", saved.error().text()}});
  }
  memory_failed_ = !saved;
}

Result<bool> Agent::adopt(const model::Manifest& manifest) {
  std::map<Key, DesiredDeployment> desired;
  if (!manifest.full) desired = state_.desired;
  for (const DesiredDeployment& form : manifest.deployments) desired[form.key] = form;
  for (const model::Tombstone& tombstone : manifest.tombstones) desired.erase(tombstone.key);

  std::vector<model::DesiredDigest> list;
  for (const auto& [key, form] : desired) list.push_back({key, form.desired_digest});
  if (model::digest_of_desired(list) != manifest.digest) {
    if (manifest.full) {
      return internal("the manifest is not what its digest says; the host stays as it is");
    }
    env_.log.warning("the changes do not add up to what the server wants; asking for everything");
    ask_for_all_ = true;
    return true;
  }
  for (const model::Tombstone& tombstone : manifest.tombstones) {
    env_.log.info("tombstone", {{"deployment", tombstone.key.short_text()}});
  }
  ask_for_all_ = false;
  state_.desired = std::move(desired);
  if (!state_.desires_secrets()) {
    state_.sealed_for = {};
  } else if (manifest.full || state_.sealed_for.empty()) {
    state_.sealed_for = identity_.identity.device;
  }
  state_.renew_sealed();
  state_.bookmark = manifest.bookmark;
  state_.root = channel_->trust().root;
  state_.time = manifest.time;
  memory_.clock_skew_seconds = clock_skew(manifest.time);
  return false;
}

bool Agent::has_news_for_git() const {
  const bool empty_from_the_start = state_.committed.empty() && state_.applied.empty();
  return state_.digest_of_applied() != state_.committed && !empty_from_the_start;
}

Result<void> Agent::publish() {
  const bool has_news = has_news_for_git();
  const bool is_queued = !state_.pushed;
  // Who set the remote back, or made it anew, tells nobody.
  const bool looks =
      env_.publisher.has_remote() && !state_.committed.empty() && convergence_.was_thorough();
  if (!has_news && !is_queued && !looks) return {};
  auto done = has_news ? commit() : Result<void>();
  if (done) {
    auto lost_commits = push();
    if (lost_commits && *lost_commits) {
      done = commit();
      if (done) lost_commits = push();
    }
    if (!lost_commits) done = lost_commits.error();
  }
  note_git(done);
  if (const auto tidied = env_.publisher.tidy(); !tidied) {
    env_.log.warning("the Git repository cannot be packed", {{"error", tidied.error().text()}});
  }
  if (!done && !has_news && !is_queued) return {};  // it only looked; nothing waits
  return done;
}

Result<void> Agent::commit() {
  const Digest digest = state_.digest_of_applied();
  gitops::HostState host{.host = identity_.identity.host, .digest = digest};
  for (const auto& [key, applied] : state_.applied) {
    TITAN_ASSIGN(auto files, renderer_.render_shown(applied.form));
    host.deployments.push_back(
        {key, applied.form.version, std::move(files), applied.form.rendered_digest});
  }
  const gitops::CommitInfo info{.bookmark = state_.bookmark.value_or(model::Bookmark()),
                                .time = state_.time,
                                .author_name = "titan-agent",
                                .author_email = git_address(host.host)};
  TITAN_ASSIGN(const gitops::Publisher::Commit commit, env_.publisher.commit({&host, 1}, info));
  for (auto& [key, applied] : state_.applied) {
    if (applied.commit.empty()) applied.commit = commit.id;
  }
  if (commit.is_new) env_.log.info("committed", {{"commit", commit.id}});
  state_.committed = digest;
  state_.pushed = !env_.publisher.has_remote();
  blobs_unused_ = true;
  return {};
}

Result<bool> Agent::push() {
  if (!env_.publisher.has_remote()) return false;
  TITAN_ASSIGN(const gitops::Repository::Pushed pushed, env_.publisher.push());
  if (!state_.pushed) env_.log.info("pushed", {{"commit", pushed.id}});
  // A push may have put the commits on top of others', under new ids: this one holds them all.
  if (!state_.pushed) {
    for (auto& [key, applied] : state_.applied) applied.commit = pushed.id;
  }
  state_.pushed = true;
  if (!pushed.was_rewritten) return false;
  env_.log.warning("the Git remote had lost commits; what is missing there is committed again",
                   {{"commit", pushed.id}});
  return true;
}

void Agent::note_git(const Result<void>& done) {
  const auto queued = env_.publisher.queued();
  memory_.git_queued = queued.value_or(0);
  memory_.git_failure.reset();
  if (done) return;
  const Error& error = done.error();
  memory_.git_failure = {std::string(name_of(error.code)), error.text(), now_};
  env_.log.warning("Git cannot be brought up to date now",
                   {{"queued", std::to_string(memory_.git_queued)}, {"error", error.text()}});
}

Result<void> Agent::drop_unused_blobs() {
  std::set<Digest> used;
  const auto use = [&](const DesiredDeployment& form) {
    for (const model::TemplateFile& file : form.files) used.insert(file.digest);
  };
  for (const auto& [key, form] : state_.desired) use(form);
  for (const auto& [key, applied] : state_.applied) use(applied.form);
  for (const auto& [key, form] : state_.previous) use(form);
  for (const auto& [key, transaction] : state_.transactions) {
    for (const DesiredDeployment& form : transaction.attempted) use(form);
  }
  TITAN_TRY(blobs_.keep_only(used));
  blobs_unused_ = false;
  return {};
}

}  // namespace titan::agent

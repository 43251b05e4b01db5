#include "agent/agent.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/author_check.hpp"
#include "agent/files_driver.hpp"
#include "agent/limits.hpp"
#include "agent/secret_rendering.hpp"
#include "base/text.hpp"
#include "client/device_request.hpp"
#include "model/secret_use.hpp"

namespace titan::agent {
namespace {

using model::DesiredDeployment;
using model::Key;
using reconciler::DeploymentFiles;
using std::chrono::seconds;

// Full jitter: a random wait up to a bound that doubles with each retry.
Clock::Monotonic backoff(unsigned retries, Random& random) {
  seconds bound = kRetryFirst;
  for (unsigned i = 1; i < retries && bound < kRetryMax; ++i) bound *= 2;
  const Clock::Monotonic longest = std::min(bound, kRetryMax);
  return Clock::Monotonic(1 + random.next() % static_cast<std::uint64_t>(longest.count()));
}

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
      poll_after_(kPollAfterDefault) {}

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
  agent->resume();
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
  logged_.clear();
  asked_to_wait_.reset();
  if (const auto done = cycle(result); !done) result.error = done.error();
  keep_memory();
  result.failing = state_.failures.size();
  if (result.error && may_pass(*result.error)) {
    result.outcome = StepResult::Outcome::retry;
    if (asked_to_wait_) {
      // The server is well, and says when: that is no failure which makes the next wait longer.
      result.next = now + *asked_to_wait_;
      return result;
    }
    result.next = now + backoff(++retries_, env_.random);
    return result;
  }
  retries_ = 0;
  if (result.error || result.failing > 0) result.outcome = StepResult::Outcome::stalled;
  result.next = now + poll_after_;
  return result;
}

Result<void> Agent::cycle(StepResult& result) {
  restore_secrets();
  for (int round = 0; round < kRoundsMax; ++round) {
    auto synced = sync();
    if (synced && *synced) synced = sync();  // this time for everything
    const auto converged = converge(result);
    if (!synced) return synced.error();
    if (!converged) return converged.error();
    if (model::digest_of(state_.report()) == state_.reported) break;
  }
  return state_file_.save(state_);
}

Result<bool> Agent::sync() {
  model::SyncRequest request;
  // What was sealed for a key that the device had before does not open any more.
  const bool is_sealed_for_another =
      state_.desires_secrets() && state_.sealed_for != identity_.identity.device;
  if (!ask_for_all_ && !is_sealed_for_another) request.bookmark = state_.bookmark;
  const model::HostReport report = state_.report();
  request.report_digest = model::digest_of(report);
  if (request.report_digest != state_.reported) request.report = report;

  const auto answer = ask(request);
  if (!answer) {
    env_.log.warning("the server did not answer as it should; the host stays as it is",
                     {{"error", answer.error().text()}});
    return answer.error();
  }
  state_.reported = answer->report_wanted ? Digest() : request.report_digest;
  if (answer->poll_after.count() > 0) poll_after_ = std::min(answer->poll_after, kPollAfterMax);
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
  // Neither is a fault of the deployment that wants it.
  blob_missing_ = channel_->doubt().has_value() || failure->code == ErrorCode::exhausted;
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
  return false;
}

void Agent::fail(const Key& key, std::string reason) {
  if (logged_.insert(key).second) {
    env_.log.error("failed", {{"deployment", key.short_text()}, {"reason", reason}});
  }
  state_.failures[key] = std::move(reason);
}

void Agent::look_for_secrets() {
  lacking_.clear();
  for (const auto& [key, applied] : state_.applied) {
    if (applied.secret_files.empty()) continue;
    for (const reconciler::FileState& file : applied.files) {
      if (!applied.secret_files.contains(file.path)) continue;
      if (!secret_files_.has(key, file.path, file.mode)) lacking_[key].insert(file.path);
    }
  }
}

void Agent::restore_secrets() {
  look_for_secrets();
  for (const auto& [key, paths] : lacking_) {
    const auto restored = restore_secrets(key, paths);
    if (restored) {
      env_.log.info("values of secrets are back", {{"deployment", key.short_text()}});
    } else if (logged_.insert(key).second) {
      env_.log.error("values of secrets are missing",
                     {{"deployment", key.short_text()}, {"reason", restored.error().text()}});
    }
  }
}

// The link comes first: what is cut off here is begun anew while the file is missing.
Result<void> Agent::restore_secrets(const Key& key, const std::set<std::string>& paths) {
  TITAN_ASSIGN(const Rendering rendering, render_all(state_.applied.at(key).form));
  for (const SecretFile& file : rendering.secret) {
    if (!paths.contains(file.path)) continue;
    TITAN_ASSIGN(const std::string target, secret_files_.target(key, file.path));
    const auto link = env_.root.read_link(file.path);
    if (!link || *link != target) {
      TITAN_TRY(make_directories(env_.root, parent_of(file.path)));
      TITAN_TRY(link_atomically(env_.root, file.path, target));
    }
    TITAN_TRY(secret_files_.write(key, file));
  }
  return {};
}

bool Agent::on_host(const DesiredDeployment& form) const {
  const auto found = state_.applied.find(form.key);
  return found != state_.applied.end() && !state_.touched.contains(form.key) &&
         !lacking_.contains(form.key) && found->second.form == form;
}

Result<void> Agent::take_word(const DesiredDeployment& form) {
  const Identity& identity = identity_.identity;
  if (identity.require_signed_by.empty()) return {};
  const Key host{
      .organization = identity.organization, .kind = model::Kind::host, .name = identity.host};
  const auto taken = [&](const Key& key) {
    const auto found = state_.serials.find(key);
    return found == state_.serials.end() ? 0 : found->second;
  };
  TITAN_ASSIGN(
      const AuthorSerials serials,
      check_author(form, {identity.require_signed_by, identity.organization, identity.host},
                   {.deployment = taken(form.key), .host = taken(host)}));
  state_.serials[form.key] = serials.deployment;
  if (serials.host != 0) state_.serials[host] = serials.host;
  return {};
}

Agent::Intent Agent::prepare() {
  Intent intent;
  const auto hold = [&](const Key& key, std::string reason) {
    intent.held.push_back(key);
    fail(key, std::move(reason));
  };
  for (const auto& [key, form] : state_.desired) {
    if (!form.error.empty()) {
      hold(key, form.error);
    } else if (const auto word = take_word(form); !word) {
      hold(key, word.error().text());
    } else if (form.driver != kFilesDriver) {
      hold(key, "the driver " + quote(form.driver) + " is not on this host, which has \"files\"");
    } else if (on_host(form)) {
      intent.desired.push_back({key, state_.applied.at(key).files});
    } else if (auto rendered = render_all(form);
               !rendered && (rendered.error().retryable() || blob_missing_)) {
      // A blob did not come through, or not from the server: that is no fault of the deployment.
      intent.held.push_back(key);
      intent.postponed = rendered.error().context("deployment " + key.short_text());
    } else if (!rendered) {
      hold(key, rendered.error().text());
    } else {
      intent.desired.push_back({key, file_states(rendered->files)});
      intent.rendered[key] = *std::move(rendered);
    }
  }
  return intent;
}

Result<render::CompiledTemplate> Agent::compile(const DesiredDeployment& form) {
  blob_missing_ = false;
  std::vector<render::SourceFile> sources;
  for (const model::TemplateFile& file : form.files) {
    TITAN_ASSIGN(std::string content, blobs_.get(file));
    sources.push_back({file.path, file.mode, std::move(content)});
  }
  return render::CompiledTemplate::compile(std::move(sources));
}

Result<Agent::RenderedFiles> Agent::render(const DesiredDeployment& form,
                                           const render::CompiledTemplate& compiled) {
  TITAN_ASSIGN(const model::Values inputs, model::inputs_with_placeholders(form));
  TITAN_ASSIGN(RenderedFiles files, compiled.render(inputs.json()));
  const Digest digest = model::digest_of(files);
  if (digest != form.rendered_digest) {
    return internal("rendering gave " + digest.text() + ", the server expects " +
                    form.rendered_digest.text());
  }
  return files;
}

Result<Agent::Rendering> Agent::render_all(const DesiredDeployment& form) {
  TITAN_ASSIGN(const auto compiled, compile(form));
  Rendering rendering;
  TITAN_ASSIGN(rendering.files, render(form, compiled));
  if (form.secrets.empty()) return rendering;
  TITAN_ASSIGN(rendering.secret,
               render_secret_files(form, compiled, rendering.files,
                                   {identity_.key, identity_.identity.organization}));
  if (!rendering.secret.empty()) TITAN_TRY(secret_files_.check());
  return rendering;
}

std::vector<DeploymentFiles> Agent::actual() const {
  std::map<Key, std::map<std::string, reconciler::FileState>> files;
  for (const auto& [key, applied] : state_.applied) {
    auto& of_deployment = files[key];
    for (const reconciler::FileState& file : applied.files) of_deployment[file.path] = file;
  }
  for (const auto* unknown : {&state_.touched, &lacking_}) {
    for (const auto& [key, paths] : *unknown) {
      for (const std::string& path : paths) files[key][path] = {.path = path};
    }
  }
  std::vector<DeploymentFiles> actual;
  for (const auto& [key, of_deployment] : files) {
    actual.push_back({.key = key});
    for (const auto& [path, file] : of_deployment) actual.back().files.push_back(file);
  }
  return actual;
}

Result<void> Agent::converge(StepResult& result) {
  state_.failures.clear();
  look_for_secrets();
  const Intent intent = prepare();
  const reconciler::Plan plan = reconciler::plan(intent.desired, intent.held, actual());
  std::set<Key> handled;
  for (const reconciler::Refusal& refusal : plan.refusals) {
    fail(refusal.key, refusal.reason);
    handled.insert(refusal.key);
  }
  if (!plan.steps.empty()) {
    for (const reconciler::Step& step : plan.steps) handled.insert(step.key);
    TITAN_TRY(journal(plan));
    execute(plan, intent, result);
  }
  settle(intent, handled);
  auto published = publish();
  TITAN_TRY(state_file_.save(state_));
  if (intent.postponed) return *intent.postponed;
  return published;
}

Result<void> Agent::journal(const reconciler::Plan& plan) {
  for (const reconciler::Step& step : plan.steps) {
    auto& touched = state_.touched[step.key];
    touched.insert(step.removals.begin(), step.removals.end());
    for (const reconciler::FileState& file : step.writes) {
      touched.insert(file.path);
      const auto missing = missing_folders(env_.root, file.path);
      // What stands in the way is found again when the file is written, and reported there.
      if (missing) state_.folders.insert(missing->begin(), missing->end());
    }
  }
  return state_file_.save(state_);
}

void Agent::execute(const reconciler::Plan& plan, const Intent& intent, StepResult& result) {
  for (const reconciler::Step& step : plan.steps) {
    if (const auto removed = remove(step); !removed) fail(step.key, removed.error().text());
  }
  for (const reconciler::Step& step : plan.steps) {
    if (state_.failures.contains(step.key)) continue;
    if (step.leaves) {
      note_removed(step, result);
    } else {
      write(step, intent.rendered.at(step.key), result);
    }
  }
}

void Agent::note_removed(const reconciler::Step& step, StepResult& result) {
  state_.touched.erase(step.key);
  state_.applied.erase(step.key);
  ++result.removed;
  env_.log.info("removed",
                {{"deployment", step.key.short_text()}, {"files", step.removals.size()}});
}

Result<void> Agent::remove(const reconciler::Step& step) {
  TITAN_TRY(remove_files(env_.root, step));
  for (const std::string& path : step.removals) TITAN_TRY(secret_files_.remove(step.key, path));
  return {};
}

// What a link leads to is there before the link.
Result<void> Agent::write(const reconciler::Step& step, const Rendering& rendering) {
  std::map<std::string, std::string> links;
  for (const SecretFile& file : rendering.secret) {
    if (std::ranges::find(step.writes, file.path, &reconciler::FileState::path) ==
        step.writes.end()) {
      continue;
    }
    TITAN_TRY(secret_files_.write(step.key, file));
    TITAN_ASSIGN(links[file.path], secret_files_.target(step.key, file.path));
  }
  return write_files(env_.root, step, placed_files(rendering.files), links);
}

void Agent::write(const reconciler::Step& step, const Rendering& rendering, StepResult& result) {
  if (const auto written = write(step, rendering); !written) {
    return fail(step.key, written.error().text());
  }
  state_.touched.erase(step.key);
  note_applied(step.key, rendering);
  ++result.applied;
  env_.log.info("applied", {{"deployment", step.key.short_text()},
                            {"version", state_.desired.at(step.key).version},
                            {"written", step.writes.size()},
                            {"removed", step.removals.size()}});
}

void Agent::note_applied(const Key& key, const Rendering& rendering) {
  Applied applied{state_.desired.at(key), file_states(rendering.files)};
  for (const SecretFile& file : rendering.secret) applied.secret_files.insert(file.path);
  state_.applied[key] = std::move(applied);
}

// Deployments that came anew but need no file touched, and folders that are empty now.
void Agent::settle(const Intent& intent, const std::set<Key>& handled) {
  for (const auto& [key, rendered] : intent.rendered) {
    if (handled.contains(key)) continue;
    note_applied(key, rendered);
  }
  sweep_secrets();
  std::set<std::string> unused = state_.folders;
  for (const DeploymentFiles& deployment : actual()) {
    for (const reconciler::FileState& file : deployment.files) {
      for (std::string folder = parent_of(file.path); !folder.empty(); folder = parent_of(folder)) {
        unused.erase(folder);
      }
    }
  }
  for (const std::string& folder : unused) state_.folders.erase(folder);
  if (const auto removed = remove_empty_folders(env_.root, unused); !removed) {
    env_.log.warning("an empty folder stays", {{"error", removed.error().text()}});
    state_.folders.insert(unused.begin(), unused.end());
  }
}

// What is used no more: the value that a deployment had before, the file that another one has now,
// what was cut off.
void Agent::sweep_secrets() {
  std::map<Key, std::set<std::string>> used;
  for (const auto& [key, applied] : state_.applied) used[key] = applied.secret_files;
  for (const auto& [key, paths] : state_.touched) used[key].insert(paths.begin(), paths.end());
  if (const auto swept = secret_files_.keep_only(used); !swept) {
    env_.log.warning("values of secrets that nothing uses any more stay in the run directory",
                     {{"error", swept.error().text()}});
  }
}

Result<void> Agent::publish() {
  const Digest digest = state_.digest_of_applied();
  const bool empty_from_the_start = state_.committed.empty() && state_.applied.empty();
  if (digest != state_.committed && !empty_from_the_start) {
    gitops::HostState host{.host = identity_.identity.host};
    for (const auto& [key, applied] : state_.applied) {
      TITAN_ASSIGN(const auto compiled, compile(applied.form));
      TITAN_ASSIGN(RenderedFiles files, render(applied.form, compiled));
      host.deployments.push_back(
          {key, applied.form.version, std::move(files), applied.form.rendered_digest});
    }
    const gitops::CommitInfo info{.bookmark = state_.bookmark.value_or(model::Bookmark()),
                                  .digest = digest,
                                  .time = state_.time,
                                  .author_name = "titan-agent",
                                  .author_email = "titan-agent@" + host.host};
    TITAN_ASSIGN(const Publisher::Commit commit, env_.publisher.commit(host, info));
    for (auto& [key, applied] : state_.applied) {
      if (applied.commit.empty()) applied.commit = commit.id;
    }
    if (commit.is_new) env_.log.info("committed", {{"commit", commit.id}});
    state_.committed = digest;
    state_.pushed = !env_.publisher.has_remote();
    TITAN_TRY(drop_unused_blobs());
  }
  if (state_.pushed) return {};
  TITAN_ASSIGN(const std::string id, env_.publisher.push());
  env_.log.info("pushed", {{"commit", id}});
  // A push may have put the commits on top of others', under new ids: this one holds them all.
  for (auto& [key, applied] : state_.applied) applied.commit = id;
  state_.pushed = true;
  return {};
}

Result<void> Agent::drop_unused_blobs() {
  std::set<Digest> used;
  const auto use = [&](const DesiredDeployment& form) {
    for (const model::TemplateFile& file : form.files) used.insert(file.digest);
  };
  for (const auto& [key, form] : state_.desired) use(form);
  for (const auto& [key, applied] : state_.applied) use(applied.form);
  return blobs_.keep_only(used);
}

}  // namespace titan::agent

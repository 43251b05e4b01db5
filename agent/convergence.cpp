#include "agent/convergence.hpp"

#include <algorithm>
#include <utility>

#include "agent/author_check.hpp"
#include "agent/limits.hpp"
#include "base/assert.hpp"
#include "base/text.hpp"
#include "reconciler/cycle_search.hpp"
#include "reconciler/dependencies.hpp"

namespace titan::agent {
namespace {

using model::DesiredDeployment;
using model::Key;
using reconciler::DeploymentFiles;
using reconciler::FileState;
using reconciler::Phase;
using reconciler::PhaseEvent;

bool may_pass(const Error& error) {
  return error.retryable() || error.code == ErrorCode::exhausted;
}

std::vector<Key> needs_of(const DesiredDeployment& form) {
  std::vector<Key> needs;
  for (const std::string& name : form.depends_on) {
    Key key = form.key;
    key.name = name;
    needs.push_back(std::move(key));
  }
  return needs;
}

}  // namespace

Convergence::Convergence(const Env& env)
    : env_(env),
      owners_(env.root),
      generations_(env.state_directory),
      applier_({.root = env.root,
                .generations = generations_,
                .secret_files = env.secret_files,
                .owners = owners_,
                .drivers = env.drivers,
                .hook_host = {.processes = env.processes,
                              .root = env.root,
                              .name = env.identity.identity.host},
                .log = env.log}),
      upkeep_({.root = env.root,
               .run = env.run,
               .state = env.state,
               .renderer = env.renderer,
               .secret_files = env.secret_files,
               .applier = applier_,
               .owners = owners_,
               .log = env.log,
               .drift_interval = env.drift_interval}) {}

Phase Convergence::phase_of(const Key& key) const {
  const auto found = env_.state.transactions.find(key);
  return found == env_.state.transactions.end() ? Phase::settled : found->second.phase;
}

void Convergence::move(const Key& key, PhaseEvent event) {
  const auto to = reconciler::phase_after(phase_of(key), event);
  TITAN_ASSERT(to.has_value());
  if (*to == Phase::settled) {
    env_.state.transactions.erase(key);
  } else {
    env_.state.transactions[key].phase = *to;
  }
}

void Convergence::fail(const Key& key, std::string reason) {
  if (logged_.insert(key).second) {
    env_.log.error("failed", {{"deployment", key.short_text()}, {"reason", reason}});
  }
  env_.state.waiting.erase(key);
  env_.state.failures[key] = std::move(reason);
}

void Convergence::wait(const Key& key, std::string reason) {
  if (!env_.state.failures.contains(key)) env_.state.waiting[key] = std::move(reason);
}

void Convergence::resume() {
  for (auto& [key, transaction] : env_.state.transactions) {
    auto attempts = env_.state.attempts.find(key);
    const bool is_last =
        attempts != env_.state.attempts.end() && attempts->second.count >= kAttemptsMax;
    const bool was_applied =
        transaction.phase == Phase::applying || transaction.phase == Phase::checking;
    env_.log.warning("a change was cut off", {{"deployment", key.short_text()},
                                              {"phase", reconciler::text_of(transaction.phase)}});
    if (was_applied && is_last) {
      attempts->second.reason = "the agent or the machine stopped while it was applied";
      attempts->second.output.clear();
    }
    suspects_.insert(key);
    // Never to settled, so the loop goes on.
    move(key, is_last ? PhaseEvent::cut_off_last : PhaseEvent::cut_off);
  }
}

void Convergence::begin_step(Clock::Monotonic now) {
  now_ = now;
  failed_.clear();
  logged_.clear();
  postponed_.reset();
  waiting_for_files_.clear();
}

void Convergence::look() {
  upkeep_.look(now_, is_busy());
}

// What is under way is no drift.
Upkeep::IsBusy Convergence::is_busy() const {
  return [this](const Key& key) { return phase_of(key) != Phase::settled; };
}

bool Convergence::on_host(const DesiredDeployment& form) const {
  const auto found = env_.state.applied.find(form.key);
  return found != env_.state.applied.end() && phase_of(form.key) == Phase::settled &&
         !env_.state.touched.contains(form.key) && !upkeep_.lacking().contains(form.key) &&
         !upkeep_.has_drifted(form.key) && found->second.form == form;
}

Result<void> Convergence::take_word(const DesiredDeployment& form) {
  const Identity& identity = env_.identity.identity;
  if (identity.require_signed_by.empty()) return {};
  const Key host{
      .organization = identity.organization, .kind = model::Kind::host, .name = identity.host};
  const auto taken = [&](const Key& key) {
    const auto found = env_.state.serials.find(key);
    return found == env_.state.serials.end() ? 0 : found->second;
  };
  TITAN_ASSIGN(
      const AuthorSerials serials,
      check_author(form, {identity.require_signed_by, identity.organization, identity.host},
                   {.deployment = taken(form.key), .host = taken(host)}));
  env_.state.serials[form.key] = serials.deployment;
  if (serials.host != 0) env_.state.serials[host] = serials.host;
  return {};
}

// Empty: it waits for nothing.
std::string Convergence::waits_for(const DesiredDeployment& form) const {
  for (const Key& needed : needs_of(form)) {
    const std::string text = "waiting for " + needed.short_text();
    const auto wanted = env_.state.desired.find(needed);
    if (wanted == env_.state.desired.end()) return text + ", which is not meant for this host";
    const auto there = env_.state.applied.find(needed);
    const bool in_place =
        there != env_.state.applied.end() && there->second.form == wanted->second &&
        phase_of(needed) == Phase::settled && !env_.state.touched.contains(needed);
    if (!in_place) return text;
  }
  return "";
}

bool Convergence::is_held(const DesiredDeployment& form) {
  if (!form.error.empty()) {
    fail(form.key, form.error);
    return true;
  }
  if (const auto word = take_word(form); !word) {
    fail(form.key, word.error().text());
    return true;
  }
  return false;
}

// Of a form that is not on the host.
bool Convergence::is_held_back(const DesiredDeployment& form) {
  const auto attempts = env_.state.attempts.find(form.key);
  if (attempts != env_.state.attempts.end() && attempts->second.form == form.desired_digest) {
    const bool has_failed = failed_.contains({form.key, Work::Kind::apply});
    if (has_failed || attempts->second.count >= kAttemptsMax) {
      fail(form.key, attempts->second.reason);
      return true;
    }
  }
  if (const auto driver = env_.drivers.need(form.driver); !driver) {
    fail(form.key, driver.error().text());
    return true;
  }
  if (form.depends_on.empty()) return false;
  const reconciler::CycleSearch::Dependencies needs = [&](const Key& key) {
    const auto found = env_.state.desired.find(key);
    return found == env_.state.desired.end() ? std::vector<Key>() : needs_of(found->second);
  };
  const std::vector<Key> cycle = reconciler::CycleSearch(needs).from(form.key);
  if (std::ranges::find(cycle, form.key) != cycle.end()) {
    fail(form.key, "dependsOn makes a cycle: " + reconciler::cycle_text(cycle, form.key));
    return true;
  }
  if (std::string reason = waits_for(form); !reason.empty()) {
    wait(form.key, std::move(reason));
    return true;
  }
  return false;
}

// What is half in place does not stay so, and what others changed is put back all the same.
void Convergence::hold(const Key& key, Intent& intent) {
  const Phase phase = phase_of(key);
  const bool is_changed = phase == Phase::settled && env_.state.applied.contains(key) &&
                          (env_.state.touched.contains(key) || upkeep_.has_drifted(key));
  if (phase == Phase::applying || phase == Phase::leaving) {
    move(key, PhaseEvent::withdrawn);
    put_back(key, intent);
  } else if (is_changed && !failed_.contains({key, Work::Kind::heal})) {
    put_back(key, intent);
  } else {
    intent.held.push_back(key);
  }
}

void Convergence::postpone(const Key& key, const Error& error) {
  waiting_for_files_.insert(key);
  postponed_ = error.context("deployment " + key.short_text());
}

void Convergence::put_back(const Key& key, Intent& intent) {
  const auto before = env_.state.applied.find(key);
  if (before == env_.state.applied.end()) return;  // nothing was there: the plan takes it away
  if (failed_.contains({key, Work::Kind::revert})) {
    intent.held.push_back(key);
    return;
  }
  auto rendered = env_.renderer.render(before->second.form);
  if (!rendered) {
    intent.held.push_back(key);
    postpone(key, rendered.error());
    fail(key, "what was kept before cannot be put back yet: " + rendered.error().text());
    return;
  }
  intent.desired.push_back({key, placed(before->second.form, *rendered).files});
  intent.rendered[key] = {&before->second.form, *std::move(rendered)};
}

void Convergence::prepare(const DesiredDeployment& form, Intent& intent) {
  const Key& key = form.key;
  if (phase_of(key) == Phase::reverting) {
    const auto attempts = env_.state.attempts.find(key);
    if (attempts != env_.state.attempts.end()) fail(key, attempts->second.reason);
    return put_back(key, intent);
  }
  if (is_held(form)) return hold(key, intent);
  if (const auto gate = gates_.find(key); gate != gates_.end() && gate->second.form == form) {
    wait(key, "its health is being checked");
    intent.desired.push_back({key, gate->second.placed.files});
    return;
  }
  if (on_host(form)) {
    intent.desired.push_back({key, env_.state.applied.at(key).files});
    return;
  }
  if (is_held_back(form)) return hold(key, intent);
  if (waiting_for_files_.contains(key)) {
    wait(key, "waiting for files of its template");
    return hold(key, intent);
  }
  auto rendered = env_.renderer.render(form);
  if (!rendered && (rendered.error().retryable() || env_.renderer.blob_missing())) {
    // A blob did not come through, or not from the server: that is no fault of the deployment.
    postpone(key, rendered.error());
    wait(key, "waiting for files of its template");
    return hold(key, intent);
  }
  if (rendered) {
    RenderedForm whole{&form, *std::move(rendered)};
    if (const auto checked = applier_.check(whole); !checked) {
      fail(key, checked.error().text());
      return hold(key, intent);
    }
    intent.desired.push_back({key, placed(form, whole.rendering).files});
    intent.rendered[key] = std::move(whole);
    return;
  }
  fail(key, rendered.error().text());
  hold(key, intent);
}

Convergence::Intent Convergence::prepare() {
  Intent intent;
  for (const auto& [key, form] : env_.state.desired) prepare(form, intent);
  return intent;
}

// What is placed of it, which is nothing with some drivers.
Convergence::Placed Convergence::placed(const DesiredDeployment& form, const Rendering& rendering) {
  const auto driver = env_.drivers.need(form.driver);
  if (driver && !(*driver)->places_files()) return {};
  Placed placed{.files = file_states(rendering.files)};
  for (const SecretFile& file : rendering.secret) placed.secret_files.insert(file.path);
  return placed;
}

std::vector<DeploymentFiles> Convergence::actual() const {
  std::map<Key, std::map<std::string, FileState>> files;
  const auto add = [&](const Key& key, const std::vector<FileState>& list) {
    for (const FileState& file : list) files[key][file.path] = file;
  };
  for (const auto& [key, applied] : env_.state.applied) {
    files[key];
    if (!gates_.contains(key)) add(key, applied.files);
  }
  for (const auto& [key, transaction] : env_.state.transactions) files[key];
  const std::map<Key, std::set<std::string>>& touched = env_.state.touched;
  for (const auto* unknown : {&touched, &upkeep_.lacking(), &upkeep_.drifted()}) {
    for (const auto& [key, paths] : *unknown) {
      if (gates_.contains(key)) continue;
      for (const std::string& path : paths) files[key][path] = {.path = path};
    }
  }
  for (const auto& [key, gate] : gates_) add(key, gate.placed.files);
  std::vector<DeploymentFiles> actual;
  for (const auto& [key, of_deployment] : files) {
    actual.push_back({.key = key});
    for (const auto& [path, file] : of_deployment) actual.back().files.push_back(file);
  }
  return actual;
}

// A form with the same files is taken over without a change of the host.
bool Convergence::needs_work(const Key& key, const RenderedForm& form) {
  if (phase_of(key) != Phase::settled || upkeep_.driver_drifted(key)) return true;
  const auto there = env_.state.applied.find(key);
  if (there == env_.state.applied.end()) return true;
  const DesiredDeployment& before = there->second.form;
  if (before.driver != form.form->driver) return true;
  return before.rendered_digest != form.form->rendered_digest &&
         (applier_.acts(before) || applier_.acts(*form.form));
}

// The forms that may be there beside the one that shall be.
Result<void> Convergence::add_before(Work& work) {
  std::vector<const DesiredDeployment*> forms;
  const Key& key = work.step.key;
  const auto applied = env_.state.applied.find(key);
  if (applied != env_.state.applied.end()) forms.push_back(&applied->second.form);
  if (const auto found = env_.state.transactions.find(key);
      found != env_.state.transactions.end()) {
    // Copies: the journal changes the list before the work is done.
    work.attempted = found->second.attempted;
    for (const DesiredDeployment& form : work.attempted) forms.push_back(&form);
  }
  for (const DesiredDeployment* form : forms) {
    const bool is_after = work.after && work.kind != Work::Kind::heal &&
                          form->desired_digest == work.after->form->desired_digest;
    if (is_after) continue;
    RenderedForm rendered{.form = form};
    if (applier_.acts(*form)) {
      TITAN_ASSIGN(rendered.rendering.files, env_.renderer.render_shown(*form));
    }
    work.before.push_back(std::move(rendered));
  }
  return {};
}

std::optional<Work> Convergence::work_for(const reconciler::Step& step, Intent& intent) {
  const Key& key = step.key;
  Work work{.step = step, .begins = phase_of(key) == Phase::settled};
  if (const auto touched = env_.state.touched.find(key); touched != env_.state.touched.end()) {
    work.touched_before = touched->second;
  }
  const bool is_reverting = phase_of(key) == Phase::reverting && env_.state.desired.contains(key);
  if (const auto found = intent.rendered.find(key); found != intent.rendered.end()) {
    work.after = std::move(found->second);
    const auto applied = env_.state.applied.find(key);
    const bool is_there =
        applied != env_.state.applied.end() && applied->second.form == *work.after->form;
    work.kind = is_reverting                                  ? Work::Kind::revert
                : is_there && phase_of(key) == Phase::settled ? Work::Kind::heal
                                                              : Work::Kind::apply;
  } else {
    work.kind = is_reverting ? Work::Kind::revert : Work::Kind::leave;
  }
  if (const auto failed = failed_.find({key, work.kind}); failed != failed_.end()) {
    fail(key, failed->second);
    return std::nullopt;
  }
  const auto attempts = env_.state.attempts.find(key);
  work.ignores_failures = work.kind == Work::Kind::leave && attempts != env_.state.attempts.end() &&
                          attempts->second.form.empty() && attempts->second.count >= kAttemptsMax;
  if (const auto added = add_before(work); !added) {
    postpone(key, added.error());
    fail(key, "what was there before cannot be told: " + added.error().text());
    return std::nullopt;
  }
  return work;
}

std::vector<Work> Convergence::works_of(const reconciler::Plan& plan, Intent& intent) {
  std::vector<reconciler::Step> steps = plan.steps;
  const auto has_step = [&](const Key& key) {
    return std::ranges::find(plan.steps, key, &reconciler::Step::key) != plan.steps.end();
  };
  const auto is_refused = [&](const Key& key) {
    return std::ranges::find(plan.refusals, key, &reconciler::Refusal::key) != plan.refusals.end();
  };
  for (const auto& [key, form] : intent.rendered) {
    if (!has_step(key) && !is_refused(key) && needs_work(key, form)) steps.push_back({.key = key});
  }
  std::map<std::string, Key> others;
  for (const DeploymentFiles& there : actual()) {
    for (const FileState& file : there.files) others.emplace(file.path, there.key);
  }
  std::vector<Work> works;
  for (const reconciler::Step& step : steps) {
    auto work = work_for(step, intent);
    intent.rendered.erase(step.key);
    if (!work) continue;
    for (const FileState& file : step.writes) {
      const auto other = others.find(file.path);
      if (other != others.end() && other->second != step.key) work->taken.insert(file.path);
    }
    works.push_back(*std::move(work));
  }
  // What leaves goes before what it depended on.
  reconciler::Dependencies dependencies;
  std::vector<Key> leaving;
  for (const Work& work : works) {
    if (work.after) continue;
    leaving.push_back(work.step.key);
    for (const RenderedForm& form : work.before) dependencies[work.step.key] = needs_of(*form.form);
  }
  std::ranges::sort(leaving);
  const std::vector<Key> order = reconciler::dependents_first(dependencies, leaving);
  std::ranges::stable_sort(works, {}, [&](const Work& work) {
    return work.after
               ? order.size()
               : static_cast<std::size_t>(std::ranges::find(order, work.step.key) - order.begin());
  });
  return works;
}

Result<void> Convergence::journal(const Work& work) {
  const Key& key = work.step.key;
  auto& touched = env_.state.touched[key];
  touched.insert(work.step.removals.begin(), work.step.removals.end());
  for (const FileState& file : work.step.writes) {
    touched.insert(file.path);
    const auto missing = missing_folders(env_.root, file.path);
    // A folder that is made must be known. What stands in the way for good is found again when the
    // file is written, and reported there.
    if (!missing && may_pass(missing.error())) return missing.error();
    if (missing) env_.state.folders.insert(missing->begin(), missing->end());
  }
  if (work.kind == Work::Kind::heal || work.kind == Work::Kind::revert) return {};

  const bool leaves = work.kind == Work::Kind::leave;
  move(key, leaves ? PhaseEvent::leave : PhaseEvent::begin);
  gates_.erase(key);
  const Digest digest = leaves ? Digest() : work.after->form->desired_digest;
  Attempts& attempts = env_.state.attempts[key];
  if (attempts.form != digest) attempts = {.form = digest};
  ++attempts.count;
  if (leaves) return {};
  auto& attempted = env_.state.transactions[key].attempted;
  std::erase_if(attempted,
                [&](const DesiredDeployment& form) { return form.desired_digest == digest; });
  if (attempted.size() == kAttemptedFormsMax) attempted.erase(attempted.begin());
  attempted.push_back(*work.after->form);
  return {};
}

Result<void> Convergence::journal(const std::vector<Work>& works) {
  // The template files, before what they are for is remembered.
  TITAN_TRY(env_.state_directory.flush());
  const AgentState before = env_.state;
  Result<void> journaled;
  for (const Work& work : works) {
    if (journaled) journaled = journal(work);
  }
  if (journaled) journaled = env_.state_file.save(env_.state);
  if (!journaled) env_.state = before;  // nothing was begun
  return journaled;
}

void Convergence::count_failure(const Key& key, const Error& error, const OutputTail& output) {
  Attempts& attempts = env_.state.attempts[key];
  if (may_pass(error) && attempts.count > 0) --attempts.count;
  attempts.reason = error.text();
  attempts.output = output.text();
}

void Convergence::take_failure(Work& work) {
  const Key& key = work.step.key;
  std::string reason = work.error->text();
  if (work.kind == Work::Kind::revert) {
    const auto attempts = env_.state.attempts.find(key);
    reason = "going back failed: " + reason;
    if (attempts != env_.state.attempts.end() && !attempts->second.reason.empty()) {
      reason = attempts->second.reason + "; " + reason;
    }
  }
  failed_[{key, work.kind}] = reason;
  fail(key, std::move(reason));
  if (work.kind == Work::Kind::heal) return;
  if (work.kind != Work::Kind::revert) count_failure(key, *work.error, work.output);
  const bool is_as_before =
      work.kind == Work::Kind::apply && work.begins && work.progress == Work::Progress::untouched;
  if (!is_as_before) return move(key, PhaseEvent::failed);
  move(key, PhaseEvent::abandon);
  // What others gave up for it has to be looked after all the same.
  std::set<std::string>& touched = env_.state.touched[key];
  touched = work.touched_before;
  touched.insert(work.taken.begin(), work.taken.end());
  if (touched.empty()) env_.state.touched.erase(key);
}

void Convergence::keep(const DesiredDeployment& form, Placed placed) {
  const Key key = form.key;
  Applied applied{.form = form,
                  .files = std::move(placed.files),
                  .since = env_.state.time,
                  .secret_files = std::move(placed.secret_files)};
  if (const auto before = env_.state.applied.find(key); before != env_.state.applied.end()) {
    applied.healed = before->second.healed;
    if (before->second.form.rendered_digest != form.rendered_digest) {
      env_.state.previous[key] = before->second.form;
    }
  }
  env_.state.applied[key] = std::move(applied);
  env_.state.attempts.erase(key);
  env_.state.touched.erase(key);
  gates_.erase(key);
  failed_.erase({key, Work::Kind::apply});
}

void Convergence::note_gone(const Key& key) {
  env_.state.touched.erase(key);
  env_.state.applied.erase(key);
  env_.state.previous.erase(key);
  gates_.erase(key);
}

void Convergence::take_over(Work& work, Counts& counts) {
  const Key key = work.step.key;
  const DesiredDeployment form = *work.after->form;
  Placed placed = this->placed(form, work.after->rendering);
  env_.log.info("applied", {{"deployment", key.short_text()},
                            {"version", form.version},
                            {"written", work.step.writes.size()},
                            {"removed", work.step.removals.size()}});
  if (work.after->rendering.health.checks.empty()) {
    move(key, PhaseEvent::kept);
    keep(form, std::move(placed));
    ++counts.applied;
    return;
  }
  move(key, PhaseEvent::switched);
  gates_.erase(key);
  gates_.emplace(key, Gate{.form = form,
                           .placed = std::move(placed),
                           .folder = work.folder,
                           .health = HealthGate(work.after->rendering.health, now_),
                           .output = OutputTail(model::kOutputBytesMax)});
}

void Convergence::take_outcome(Work& work, Counts& counts) {
  if (work.error) return take_failure(work);
  const Key key = work.step.key;
  // What others changed is put back by each of these, or gone.
  upkeep_.note_healed(key);
  switch (work.kind) {
    case Work::Kind::apply:
      return take_over(work, counts);
    case Work::Kind::heal: {
      Applied& applied = env_.state.applied.at(key);
      ++applied.healed;
      ++counts.healed;
      env_.state.touched.erase(key);
      env_.log.info("put back as it was applied",
                    {{"deployment", key.short_text()}, {"written", work.step.writes.size()}});
      return;
    }
    case Work::Kind::revert:
      move(key, PhaseEvent::reverted);
      if (!work.after) note_gone(key);
      env_.state.touched.erase(key);
      env_.log.warning(work.after ? "what was kept before is back" : "taken away again",
                       {{"deployment", key.short_text()}});
      return;
    case Work::Kind::leave:
      move(key, PhaseEvent::gone);
      note_gone(key);
      env_.state.attempts.erase(key);
      ++counts.removed;
      env_.log.info("removed",
                    {{"deployment", key.short_text()}, {"files", work.step.removals.size()}});
      return;
  }
}

// One of those that were under way when the process before was cut off may be what cut it off. So
// each of them is changed alone, after all others, the one with the fewest attempts first.
std::vector<Work> Convergence::without_suspects(std::vector<Work> works) {
  const auto is_suspect = [&](const Work& work) { return suspects_.contains(work.step.key); };
  const auto attempts = [&](const Work& work) {
    const auto found = env_.state.attempts.find(work.step.key);
    return found == env_.state.attempts.end() ? 0U : found->second.count;
  };
  if (std::ranges::none_of(works, is_suspect)) return works;
  std::vector<Work> chosen;
  std::ranges::stable_sort(
      works, {}, [&](const Work& work) { return is_suspect(work) ? attempts(work) + 1 : 0U; });
  for (Work& work : works) {
    const bool is_first_suspect = chosen.empty() && is_suspect(work);
    if (!is_suspect(work) || is_first_suspect) {
      suspects_.erase(work.step.key);
      chosen.push_back(std::move(work));
    } else if (!work.taken.empty()) {
      // What others give up for it has to be looked after meanwhile.
      env_.state.touched[work.step.key].insert(work.taken.begin(), work.taken.end());
    }
  }
  return chosen;
}

// True when something was done, so that more may be possible now.
Result<bool> Convergence::round(Counts& counts) {
  env_.state.failures.clear();
  env_.state.waiting.clear();
  upkeep_.look_for_secrets(is_busy());
  Intent intent = prepare();
  const reconciler::Plan plan = reconciler::plan(intent.desired, intent.held, actual());
  bool withdrawn = false;
  for (const reconciler::Refusal& refusal : plan.refusals) {
    fail(refusal.key, refusal.reason);
    const Phase phase = phase_of(refusal.key);
    if (phase != Phase::applying && phase != Phase::leaving) continue;
    move(refusal.key, PhaseEvent::withdrawn);
    withdrawn = true;
  }
  std::vector<Work> works = without_suspects(works_of(plan, intent));
  // Forms that change nothing on the host.
  for (auto& [key, form] : intent.rendered) {
    if (env_.state.failures.contains(key)) continue;
    keep(*form.form, placed(*form.form, form.rendering));
  }
  if (works.empty()) return withdrawn;
  TITAN_TRY(journal(works));
  applier_.execute(works, env_.state.folders);
  for (Work& work : works) take_outcome(work, counts);
  return true;
}

Result<void> Convergence::converge(Counts& counts) {
  for (int i = 0; i < kApplyRoundsMax; ++i) {
    TITAN_ASSIGN(const bool more, round(counts));
    if (!more) break;
    has_worked_ = true;
  }
  settle();
  if (postponed_) return *postponed_;
  return {};
}

// Folders that are empty now, and notes about what is not there any more.
void Convergence::settle() {
  drop_stale_notes();
  drop_large_generations();
  sweep_secrets();
  std::set<std::string> unused = env_.state.folders;
  for (const DeploymentFiles& deployment : actual()) {
    for (const FileState& file : deployment.files) {
      for (std::string folder = parent_of(file.path); !folder.empty(); folder = parent_of(folder)) {
        unused.erase(folder);
      }
    }
  }
  for (const std::string& folder : unused) env_.state.folders.erase(folder);
  if (const auto removed = remove_empty_folders(env_.root, unused); !removed) {
    env_.log.warning("an empty folder stays", {{"error", removed.error().text()}});
    env_.state.folders.insert(unused.begin(), unused.end());
  }
}

void Convergence::drop_stale_notes() {
  std::erase_if(env_.state.attempts, [&](const auto& item) {
    const auto& [key, attempts] = item;
    if (env_.state.transactions.contains(key)) return false;
    const auto wanted = env_.state.desired.find(key);
    if (wanted == env_.state.desired.end()) return !env_.state.applied.contains(key);
    const auto there = env_.state.applied.find(key);
    return there != env_.state.applied.end() && there->second.form == wanted->second;
  });
  std::erase_if(env_.state.previous,
                [&](const auto& item) { return !env_.state.applied.contains(item.first); });
}

// The largest first, until the others fit.
void Convergence::drop_large_generations() {
  const auto size_of = [](const DesiredDeployment& form) {
    std::uint64_t bytes = 0;
    for (const model::TemplateFile& file : form.files) bytes += file.size;
    return bytes;
  };
  std::multimap<std::uint64_t, Key> by_size;
  std::uint64_t total = 0;
  for (const auto& [key, form] : env_.state.previous) {
    by_size.emplace(size_of(form), key);
    total += size_of(form);
  }
  while (total > env_.generations_bytes_max && !by_size.empty()) {
    const auto largest = std::prev(by_size.end());
    total -= largest->first;
    env_.state.previous.erase(largest->second);
    by_size.erase(largest);
  }
}

// What is used no more: the value that a deployment had before, the file that another one has now,
// what was cut off.
void Convergence::sweep_secrets() {
  std::map<Key, std::set<std::string>> used;
  for (const auto& [key, applied] : env_.state.applied) used[key] = applied.secret_files;
  for (const auto& [key, gate] : gates_) {
    used[key].insert(gate.placed.secret_files.begin(), gate.placed.secret_files.end());
  }
  for (const auto& [key, paths] : env_.state.touched) used[key].insert(paths.begin(), paths.end());
  if (const auto swept = env_.secret_files.keep_only(used); !swept) {
    env_.log.warning("values of secrets that nothing uses any more stay in the run directory",
                     {{"error", swept.error().text()}});
  }
}

Result<void> Convergence::drop_unused() {
  if (!has_worked_) return {};
  std::map<Key, std::set<Digest>> used;
  for (const auto& [key, applied] : env_.state.applied) {
    used[key].insert(applied.form.rendered_digest);
  }
  for (const auto& [key, form] : env_.state.previous) used[key].insert(form.rendered_digest);
  for (const auto& [key, transaction] : env_.state.transactions) {
    for (const DesiredDeployment& form : transaction.attempted) {
      used[key].insert(form.rendered_digest);
    }
  }
  TITAN_TRY(generations_.keep_only(used));
  has_worked_ = false;
  return {};
}

std::optional<Clock::Monotonic> Convergence::next_check() const {
  std::optional<Clock::Monotonic> next;
  for (const auto& [key, gate] : gates_) {
    if (!next || gate.health.next() < *next) next = gate.health.next();
  }
  return next;
}

bool Convergence::check_health(Counts& counts) {
  std::vector<Key> keys;
  for (const auto& [key, gate] : gates_) keys.push_back(key);
  bool settled = false;
  for (const Key& key : keys) {
    Gate& gate = gates_.at(key);
    const HealthGate::Verdict verdict =
        gate.health.probe(now_, env_.prober, gate.folder, gate.output);
    if (verdict.kind == HealthGate::Verdict::Kind::pending) continue;
    settled = true;
    if (verdict.kind == HealthGate::Verdict::Kind::healthy) {
      env_.log.info("healthy", {{"deployment", key.short_text()}, {"version", gate.form.version}});
      move(key, PhaseEvent::kept);
      const Gate kept = std::move(gate);
      keep(kept.form, kept.placed);
      ++counts.applied;
      continue;
    }
    Attempts& attempts = env_.state.attempts[key];
    attempts.reason = "it is not healthy: " + verdict.reason;
    attempts.output = gate.output.text();
    env_.log.error("not healthy", {{"deployment", key.short_text()}, {"reason", verdict.reason}});
    logged_.insert(key);
    failed_[{key, Work::Kind::apply}] = attempts.reason;
    move(key, PhaseEvent::failed);
    gates_.erase(key);
  }
  return settled;
}

Result<void> Convergence::pause() {
  for (const auto& [key, gate] : gates_) {
    const auto attempts = env_.state.attempts.find(key);
    if (attempts != env_.state.attempts.end() && attempts->second.count > 0) {
      --attempts->second.count;
    }
  }
  if (gates_.empty()) return {};
  return env_.state_file.save(env_.state);
}

}  // namespace titan::agent

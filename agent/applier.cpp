#include "agent/applier.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "model/secret_use.hpp"

namespace titan::agent {

// A work under way.
struct Applier::Job {
  Job(Work& its_work, FileSystem& root, Owners& owners) : work(its_work), placing(root, owners) {}

  Work& work;
  Placing placing;
  std::optional<Generation> after = {};
  std::vector<Generation> before = {};
};

namespace {

bool has_hook(const model::DesiredDeployment& form) {
  return std::ranges::any_of(
      form.files, [](const model::TemplateFile& file) { return belongs_to_hooks(file.path); });
}

std::vector<std::string> paths_of(const std::vector<reconciler::FileState>& files) {
  std::vector<std::string> paths;
  for (const reconciler::FileState& file : files) paths.push_back(file.path);
  return paths;
}

}  // namespace

bool Applier::acts(const model::DesiredDeployment& form) {
  if (has_hook(form)) return true;
  const auto driver = env_.drivers.need(form.driver);
  return !driver || (*driver)->acts();
}

namespace {

// What programs read lies on the disk, and has what stands for the values in it.
Result<void> check_secrets(const RenderedForm& form, const Driver& driver) {
  for (const model::RenderedFile& file : form.rendering.files) {
    const bool is_placed = driver.places_files() && file.path.starts_with(model::kRootFolder);
    if (is_placed || !(driver.unpacks(file.path) || belongs_to_hooks(file.path))) continue;
    for (const model::SecretUse& use : form.form->secrets) {
      if (file.content.find(model::placeholder_of(use)) == std::string::npos) continue;
      return invalid(file.path + " uses the secret " + quote(use.name) +
                     ", whose values come to files under root/ alone; let it name such a file");
    }
  }
  return {};
}

}  // namespace

Result<void> Applier::check(const RenderedForm& form) {
  TITAN_ASSIGN(Driver* const driver, env_.drivers.need(form.form->driver));
  const Generation generation{.key = form.form->key,
                              .version = form.form->version,
                              .digest = form.form->rendered_digest,
                              .files = form.rendering.files};
  TITAN_TRY(driver->check(generation));
  TITAN_TRY(check_secrets(form, *driver));
  for (const model::RenderedFile& file : form.rendering.files) {
    if (!file.owner.empty()) TITAN_TRY(env_.owners.find(file.owner));
  }
  return {};
}

Result<std::vector<std::string>> Applier::drift(const RenderedForm& form) {
  TITAN_ASSIGN(Driver* const driver, env_.drivers.need(form.form->driver));
  if (!driver->acts()) return std::vector<std::string>();
  TITAN_ASSIGN(const Generation generation, generation_of(form, true));
  return driver->drift(generation);
}

Result<Generation> Applier::generation_of(const RenderedForm& form, bool unpacks) {
  Generation generation{.key = form.form->key,
                        .version = form.form->version,
                        .digest = form.form->rendered_digest,
                        .files = form.rendering.files,
                        .hooks = form.form->hooks};
  if (!unpacks) return generation;
  const auto driver = env_.drivers.need(form.form->driver);
  std::vector<const model::RenderedFile*> files;
  for (const model::RenderedFile& file : generation.files) {
    const bool wanted = belongs_to_hooks(file.path) || (driver && (*driver)->unpacks(file.path));
    if (wanted) files.push_back(&file);
  }
  if (files.empty()) return generation;
  TITAN_ASSIGN(generation.folder,
               env_.generations.unpack(generation.key, generation.digest, files));
  return generation;
}

Result<void> Applier::stage(Job& job, const std::set<std::string>& removals) {
  Work& work = job.work;
  for (const RenderedForm& form : work.before) {
    TITAN_ASSIGN(Generation generation, generation_of(form, acts(*form.form)));
    job.before.push_back(std::move(generation));
  }
  if (!work.after) return {};
  TITAN_ASSIGN(job.after, generation_of(*work.after, true));
  work.folder = job.after->folder;
  const auto placed = placed_files(work.after->rendering.files);
  std::map<std::string, const SecretFile*> secret;
  for (const SecretFile& file : work.after->rendering.secret) secret[file.path] = &file;
  std::vector<FileToPlace> files;
  for (const reconciler::FileState& state : work.step.writes) {
    FileToPlace file{.path = state.path,
                     .mode = state.mode,
                     .content = placed.at(state.path)->content,
                     .owner = state.owner};
    if (const auto found = secret.find(state.path); found != secret.end()) {
      TITAN_ASSIGN(file.link, env_.secret_files.target(work.step.key, state.path));
    }
    files.push_back(std::move(file));
  }
  return job.placing.stage(std::move(files), removals);
}

// What a hook or a driver said, if it counts.
Result<void> Applier::passed(Job& job, bool counts, Result<void> result) {
  if (result || counts) return result;
  env_.log.warning("a failure is passed over", {{"deployment", job.work.step.key.short_text()},
                                                {"reason", result.error().text()}});
  return {};
}

// Going back to what was kept before does not end at a hook.
Result<void> Applier::run_hook(Job& job, Hook hook, const Generation& generation) {
  const Work& work = job.work;
  return passed(job, work.kind != Work::Kind::revert && !work.ignores_failures,
                agent::run_hook(hook, generation, env_.hook_host, job.work.output));
}

// The driver of the new form changes what is there of it; to every other driver, the deployment
// leaves.
Result<void> Applier::call_drivers(Job& job, Moment moment) {
  std::map<std::string, DriverChange> changes;
  const Work& work = job.work;
  for (std::size_t i = 0; i < job.before.size(); ++i) {
    changes[work.before[i].form->driver].before.push_back(&job.before[i]);
  }
  if (work.after) changes[work.after->form->driver].after = &*job.after;
  for (auto& [name, change] : changes) {
    change.written = paths_of(work.step.writes);
    change.removed = work.step.removals;
    const auto driver = env_.drivers.need(name);
    auto called = !driver ? Result<void>(driver.error())
                  : moment == Moment::before_files
                      ? (*driver)->before_files(change, job.work.output)
                      : (*driver)->after_files(change, job.work.output);
    TITAN_TRY(passed(job, !work.ignores_failures, std::move(called)));
  }
  return {};
}

Result<void> Applier::open(Job& job) {
  Work& work = job.work;
  const bool runs_hooks = work.kind != Work::Kind::heal;
  if (work.after && runs_hooks) TITAN_TRY(run_hook(job, Hook::pre_apply, *job.after));
  work.progress = Work::Progress::begun;
  if (!work.after && !job.before.empty()) {
    TITAN_TRY(run_hook(job, Hook::pre_remove, job.before.back()));
  }
  return call_drivers(job, Moment::before_files);
}

Result<void> Applier::remove(Job& job) {
  const reconciler::Step& step = job.work.step;
  TITAN_TRY(remove_files(env_.root, step.removals));
  for (const std::string& path : step.removals) {
    TITAN_TRY(env_.secret_files.remove(step.key, path));
  }
  return {};
}

// What a link leads to is there before the link.
Result<void> Applier::switch_over(Job& job, std::set<std::string>& own_folders) {
  Work& work = job.work;
  if (work.after) {
    for (const SecretFile& file : work.after->rendering.secret) {
      const bool is_written =
          std::ranges::find(work.step.writes, file.path, &reconciler::FileState::path) !=
          work.step.writes.end();
      if (is_written) TITAN_TRY(env_.secret_files.write(work.step.key, file));
    }
    TITAN_TRY(job.placing.switch_over(own_folders));
  }
  TITAN_TRY(call_drivers(job, Moment::after_files));
  if (!work.after || work.kind == Work::Kind::heal) return {};
  return run_hook(job, Hook::post_apply, *job.after);
}

void Applier::execute(std::vector<Work>& works, std::set<std::string>& own_folders) {
  std::vector<std::unique_ptr<Job>> jobs;
  for (Work& work : works) {
    jobs.push_back(std::make_unique<Job>(work, env_.root, env_.owners));
  }
  const auto each = [&](const auto& carry_out) {
    for (const auto& job : jobs) {
      if (job->work.error) continue;
      if (auto result = carry_out(*job); !result) {
        job->work.error = result.error();
        if (!job->placing.abandon()) job->work.progress = Work::Progress::begun;
      }
    }
  };
  std::set<std::string> removals;
  for (const Work& work : works) {
    removals.insert(work.step.removals.begin(), work.step.removals.end());
  }
  each([&](Job& job) { return stage(job, removals); });
  const auto flushed = env_.root.flush();
  each([&](Job&) { return flushed; });
  each([&](Job& job) { return open(job); });
  each([&](Job& job) { return remove(job); });
  each([&](Job& job) { return switch_over(job, own_folders); });
  for (const auto& job : jobs) {
    if (!job->work.error) job->work.progress = Work::Progress::done;
  }
}

}  // namespace titan::agent

#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/drivers/driver.hpp"
#include "agent/drivers/driver_set.hpp"
#include "agent/form_renderer.hpp"
#include "agent/generation_store.hpp"
#include "agent/hooks.hpp"
#include "agent/limits.hpp"
#include "agent/owners.hpp"
#include "agent/placing.hpp"
#include "agent/secret_files.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/output_tail.hpp"
#include "model/limits.hpp"
#include "model/manifest.hpp"
#include "reconciler/plan.hpp"

namespace titan::agent {

// A form with what it gives on this host.
struct RenderedForm {
  const model::DesiredDeployment* form = nullptr;  // borrowed
  Rendering rendering = {};
};

// What is to be done with one deployment, and how it went.
struct Work {
  enum class Kind {
    apply,   // a new form is put in place
    heal,    // what others changed is put back
    revert,  // the form that was kept last is put back in place of one that failed
    leave,   // it is taken away
  };
  enum class Progress {
    untouched,  // nothing of the host was changed
    begun,      // something may have been
    done,       // all of it is
  };

  Kind kind = Kind::apply;
  reconciler::Step step = {};
  std::optional<RenderedForm> after = {};  // none: it leaves
  std::vector<RenderedForm> before = {};   // what may be there, the oldest first
  // Hooks and drivers that fail hold up nothing: they had their attempts.
  bool ignores_failures = false;

  // For whoever planned it: whether the transaction begins with it; the forms that it attempted
  // before, as the journal drops some; what the journal named of the deployment before; and which
  // of its paths were others'.
  bool begins = false;
  std::vector<model::DesiredDeployment> attempted = {};  // that `before` borrows
  std::set<std::string> touched_before = {};
  std::set<std::string> taken = {};

  // Written by the Applier.
  Progress progress = Progress::untouched;
  std::optional<Error> error = {};
  OutputTail output{model::kOutputBytesMax};
  std::string folder = {};  // of the generation after; empty when none was unpacked
};

// Carries out what was planned, and journaled, on the host. For each work: stage (the generation's
// folder, the files beside their places), the hook pre-apply or pre-remove, Driver::before_files(),
// removals, renames, Driver::after_files(), the hook post-apply. The removals of all works come
// before the renames of any, since paths may pass from one deployment to another. A work that fails
// goes no further and leaves the others alone. All of it may be done again after a kill.
// Not for use from several threads.
class Applier {
 public:
  // Borrows all.
  struct Env {
    FileSystem& root;
    GenerationStore& generations;
    SecretFiles& secret_files;
    Owners& owners;
    DriverSet& drivers;
    HookHost hook_host;
    Log& log;
  };

  explicit Applier(Env env) : env_(std::move(env)) {}

  // `own_folders`: as of Placing::switch_over().
  void execute(std::vector<Work>& works, std::set<std::string>& own_folders);

  // Whether a change of these forms is more than files below the root: a driver acts, or there are
  // hooks.
  bool acts(const model::DesiredDeployment& form);
  // What runs and is not as it was applied; see Driver::drift().
  Result<std::vector<std::string>> drift(const RenderedForm& form);
  // Whether the driver of the form can take it. As Driver::check(), and for a driver that the host
  // does not have: DriverSet::need().
  Result<void> check(const RenderedForm& form);

 private:
  struct Job;

  Result<Generation> generation_of(const RenderedForm& form, bool unpacks);
  Result<void> stage(Job& job, const std::set<std::string>& removals);
  Result<void> open(Job& job);
  Result<void> remove(Job& job);
  Result<void> switch_over(Job& job, std::set<std::string>& own_folders);
  Result<void> run_hook(Job& job, Hook hook, const Generation& generation);
  enum class Moment { before_files, after_files };
  Result<void> call_drivers(Job& job, Moment moment);
  Result<void> passed(Job& job, bool counts, Result<void> result);

  Env env_;
};

}  // namespace titan::agent

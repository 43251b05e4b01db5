#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent_state.hpp"
#include "agent/blob_cache.hpp"
#include "agent/identity_store.hpp"
#include "agent/publisher.hpp"
#include "agent/run_memory.hpp"
#include "agent/secret_files.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/transport.hpp"
#include "client/device_channel.hpp"
#include "model/rendered.hpp"
#include "reconciler/plan.hpp"
#include "render/compiled_template.hpp"

namespace titan::agent {

// What one step came to.
struct StepResult {
  enum class Outcome {
    done,     // the host is as it should be
    retry,    // a passing fault: the same step may succeed later
    stalled,  // some deployment cannot be applied as it is, or the server refuses this host
  };
  Outcome outcome = Outcome::done;
  Clock::Monotonic next{};  // when to call step() again
  std::size_t applied = 0;  // deployments
  std::size_t removed = 0;
  std::size_t failing = 0;
  std::optional<Error> error = {};  // why, unless done: of the server, the disk or Git
};

// The agent: brings a host to what the server wants for it, and keeps it there.
//
// One step: sync (report in, changes out) -> fetch the blobs that are missing -> render, and the
// digest must be the server's -> plan -> journal -> write and remove files -> commit to Git ->
// report by another sync, until there is nothing to tell. A step without news writes nothing.
//
// Whenever it is killed, or the power ends, every file below the root is the old one or the new
// one whole, and the next step carries on from the journal: with the server or without. Nothing
// is removed but what a tombstone or a full manifest takes away; an answer that is missing,
// refused or wrong changes nothing, and one that cannot be shown to be the server's is not even
// looked into (client/device_channel.hpp). A host with authors of its own applies only what one of
// them signed, whatever the server says (agent/author_check.hpp); what a tombstone takes away goes
// all the same. A deployment that fails never holds back another.
//
// Values of secrets come sealed for the host's key, and stay so on every disk. What is made of them
// is written to the run directory, which has to be in memory, and nowhere else
// (agent/secret_files.hpp); a step begins with what is missing there, as after each boot. All that
// the host remembers, commits and reports is rendered with what stands for the values.
//
// No decision depends on the wall clock. Not for use from several threads.
class Agent {
 public:
  // Borrowed. The roots of `state` and `root` are the state directory and the host's root, that of
  // `run` is the run directory; null when there is none: then each agent opens a session, and
  // deployments that use secrets fail.
  struct Env {
    FileSystem& state;
    FileSystem& root;
    FileSystem* run;
    // A way to the server at this URL, which is the one that the host was enrolled at.
    std::function<Result<std::unique_ptr<Transport>>(const std::string& url)> connect;
    Publisher& publisher;
    Random& random;
    Log& log;
  };

  // Takes the state directory for itself, and loads what is in it. `host`, if it is not empty, has
  // to be the host's name.
  // conflict: another agent has it. denied: the host is not enrolled. invalid: its state.json or
  // its identity is not one of titan's; with the field "--host": the host has another name. And the
  // errors of `connect`.
  static Result<std::unique_ptr<Agent>> open(const Env& env, const std::string& host = "");

  StepResult step(Clock::Monotonic now);

 private:
  // What is known of a deployment during one step.
  using RenderedFiles = std::vector<model::RenderedFile>;
  // A form's files, and those of them that hold values of secrets.
  struct Rendering {
    RenderedFiles files = {};
    std::vector<SecretFile> secret = {};
  };
  struct Intent {
    std::vector<reconciler::DeploymentFiles> desired = {};
    std::vector<model::Key> held = {};
    std::optional<Error> postponed = {};  // a passing fault, because of which some are held
    std::map<model::Key, Rendering> rendered = {};  // those that are not on the host as they are
  };

  Agent(const Env& env, std::unique_ptr<FileSystem::Lock> lock, IdentityStore::Loaded identity);

  // Goes on with what is in the run directory.
  void resume();
  // A channel by the host's key as it is now, without a session.
  void make_channel();
  // A change of the host's key that was cut off (agent/rotate_command.hpp): when the server knows
  // the next one by now, that is the host's from here on. Else all stays as it was.
  Result<void> try_next_key();
  Result<void> cycle(StepResult& result);
  // Asks the server, and takes over what it wants. True when the answer told too little, and the
  // full manifest has to be asked for.
  Result<bool> sync();
  Result<bool> adopt(const model::Manifest& manifest);
  Result<client::SyncAnswer> ask(const model::SyncRequest& request);
  BlobCache::Source blob_source();
  void note_blob(const Error* failure);
  // Notes and logs that an answer was not used, if that is what went wrong.
  void note_doubt();
  void note_failure(const Error& error);
  void note_wait();
  void keep_memory();

  // Writes the files with values of secrets that should be on the host and are not, as it is after
  // a boot. What cannot be written is found once more, and reported, by prepare().
  void restore_secrets();
  Result<void> restore_secrets(const model::Key& key, const std::set<std::string>& paths);
  void look_for_secrets();

  Result<void> converge(StepResult& result);
  Intent prepare();
  // Takes the word of the form's authors, if the host wants it. denied: not theirs.
  Result<void> take_word(const model::DesiredDeployment& form);
  [[nodiscard]] bool on_host(const model::DesiredDeployment& form) const;
  [[nodiscard]] std::vector<reconciler::DeploymentFiles> actual() const;
  Result<void> journal(const reconciler::Plan& plan);
  void execute(const reconciler::Plan& plan, const Intent& intent, StepResult& result);
  void note_removed(const reconciler::Step& step, StepResult& result);
  Result<void> remove(const reconciler::Step& step);
  void write(const reconciler::Step& step, const Rendering& rendering, StepResult& result);
  Result<void> write(const reconciler::Step& step, const Rendering& rendering);
  void note_applied(const model::Key& key, const Rendering& rendering);
  void settle(const Intent& intent, const std::set<model::Key>& handled);
  void sweep_secrets();
  void fail(const model::Key& key, std::string reason);

  Result<render::CompiledTemplate> compile(const model::DesiredDeployment& form);
  // With what stands for the values of secrets.
  Result<RenderedFiles> render(const model::DesiredDeployment& form,
                               const render::CompiledTemplate& compiled);
  // And with the values.
  Result<Rendering> render_all(const model::DesiredDeployment& form);
  Result<void> publish();
  Result<void> drop_unused_blobs();

  Env env_;
  std::unique_ptr<FileSystem::Lock> lock_;
  IdentityStore identities_;
  IdentityStore::Loaded identity_;
  std::unique_ptr<Transport> transport_;
  std::optional<client::DeviceChannel> channel_;
  RunFile run_file_;
  RunMemory memory_;
  bool memory_failed_ = false;  // and that was said
  StateFile state_file_;
  BlobCache blobs_;
  SecretFiles secret_files_;
  AgentState state_;
  bool blob_missing_ = false;  // that was asked for last: it did not come whole, or is another
  // Files with values of secrets that should be in the run directory and were not, when
  // look_for_secrets() looked last.
  std::map<model::Key, std::set<std::string>> lacking_;
  bool ask_for_all_ = false;     // the bookmark cannot be trusted
  std::set<model::Key> logged_;  // deployments whose failure was logged in this step
  std::chrono::seconds poll_after_;
  unsigned retries_ = 0;                               // in a row
  std::optional<std::chrono::seconds> asked_to_wait_;  // by the server, in this step
  Clock::Monotonic now_{};                             // of the step
};

}  // namespace titan::agent

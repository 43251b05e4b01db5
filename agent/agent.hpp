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

#include "agent/agent_options.hpp"
#include "agent/agent_state.hpp"
#include "agent/blob_cache.hpp"
#include "agent/convergence.hpp"
#include "agent/drivers/driver_set.hpp"
#include "agent/form_renderer.hpp"
#include "agent/identity_store.hpp"
#include "agent/limits.hpp"
#include "agent/poll_schedule.hpp"
#include "agent/prober.hpp"
#include "agent/run_memory.hpp"
#include "agent/secret_files.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/process_runner.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/transport.hpp"
#include "client/device_channel.hpp"
#include "gitops/publisher.hpp"
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
  std::size_t healed = 0;
  std::size_t failing = 0;
  bool checking = false;  // the health of some deployment, until the step at `next` or a later one
  std::optional<Error> error = {};  // why, unless done: of the server, the disk or Git
};

// The agent: brings a host to what the server wants for it, and keeps it there.
//
// One step: sync (report in, changes out) -> what the host should be is what it is made
// (agent/convergence.hpp) -> commit to Git -> report by another sync, until there is nothing to
// tell. A step without news writes nothing.
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
    gitops::Publisher& publisher;
    DriverSet& drivers;
    ProcessRunner& processes;
    Prober& prober;
    const Clock& clock;  // only to tell how wrong its wall time is
    Random& random;
    Log& log;
    AgentOptions options = {};
    bool sign_as_host = false;  // commits to Git, by the key of the host
  };

  // Takes the state directory for itself, and loads what is in it. `host`, if it is not empty, has
  // to be the host's name.
  // conflict: another agent has it. denied: the host is not enrolled. invalid: its state.json or
  // its identity is not one of titan's; with the field "--host": the host has another name. And the
  // errors of `connect`.
  static Result<std::unique_ptr<Agent>> open(const Env& env, const std::string& host = "");

  // Syncs and converges; between two polls, when health is being checked, only asks the checks that
  // are due, and goes on when they come to an end.
  StepResult step(Clock::Monotonic now);
  // To be called before the process ends in good order: what is being checked then was no attempt
  // that failed.
  Result<void> pause();

 private:
  Agent(const Env& env, std::unique_ptr<FileSystem::Lock> lock, IdentityStore::Loaded identity);

  // Goes on with what is in the run directory.
  void resume();
  // A channel by the host's key as it is now, without a session.
  void make_channel();
  // A change of the host's key that was cut off (agent/rotate_command.hpp): when the server knows
  // the next one by now, that is the host's from here on. Else all stays as it was.
  Result<void> try_next_key();
  Result<void> take_retries();
  void ask_drivers();
  Result<void> cycle();
  Result<void> converge();
  void schedule(StepResult& result);
  model::HostReport report();
  [[nodiscard]] std::int64_t clock_skew(Timestamp server_time) const;
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

  // Commits what is applied, and pushes; looks at the remote now and then all the same.
  Result<void> publish();
  [[nodiscard]] bool has_news_for_git() const;
  Result<void> commit();
  // True when the remote had lost commits, so that all has to be committed once more.
  Result<bool> push();
  void note_git(const Result<void>& done);
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
  FormRenderer renderer_;
  Convergence convergence_;
  Convergence::Counts counts_;
  bool blobs_unused_ = true;  // some may be: who was here before may have been cut off
  bool ask_for_all_ = false;  // the bookmark cannot be trusted
  PollSchedule schedule_;
  Clock::Monotonic next_poll_{};
  std::optional<std::chrono::seconds> asked_to_wait_;  // by the server, in this step
  Clock::Monotonic now_{};                             // of the step
};

}  // namespace titan::agent

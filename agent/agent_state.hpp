#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "base/timestamp.hpp"
#include "model/manifest.hpp"
#include "model/report.hpp"
#include "reconciler/plan.hpp"
#include "reconciler/transaction.hpp"

namespace titan::agent {

// A deployment that is on the host.
struct Applied {
  model::DesiredDeployment form = {};             // which made these files
  std::vector<reconciler::FileState> files = {};  // on the host, by path below its root
  std::string commit = {};                        // the Git commit that holds it; may be empty
  Timestamp since = {};                           // the server's, of the manifest that brought it
  std::uint64_t healed = 0;  // how often what others changed was put back, since the state began
  // Those of the files that hold values of secrets: links to where they are kept in memory. Their
  // digests are of what stands for the values, so that nobody can try values against them.
  std::set<std::string> secret_files = {};
};

// The change of a deployment that has not come to its end.
struct Transaction {
  reconciler::Phase phase = reconciler::Phase::applying;
  // Forms that may be on the host, or parts of them, beside the one that is `applied`; the oldest
  // first, and the one that is being put in place last.
  std::vector<model::DesiredDeployment> attempted = {};
};

// How often a form was tried that is not on the host, or how often taking it away was.
struct Attempts {
  Digest form = {};         // DesiredDeployment::desired_digest; empty: of taking it away
  std::uint32_t count = 0;  // counted before each begins
  std::string reason = {};  // why the last one failed; empty: it has not failed by itself
  std::string output = {};  // the end of what programs wrote then
  bool operator==(const Attempts&) const = default;
};

// What the host says of itself beside its deployments.
struct HostFacts {
  std::vector<std::string> drivers = {};
  std::int64_t clock_skew_seconds = 0;
  // What is not as it was applied, and stays so.
  std::map<model::Key, std::vector<std::string>> drift = {};
};

// Everything that the agent must not forget, in `state.json` of its state directory. It is
// written whole and atomically, and only when it changed.
//
// The file is one JSON object: bookmark, root (left out when 0), time, desired [DesiredDeployment],
// applied
// [{form, files [{path, mode, digest, owner, secret (true, or left out)}], commit, since, healed}],
// previous [DesiredDeployment], transactions {key: {phase, attempted [DesiredDeployment]}},
// attempts {key: {form (digest), count, reason, output}}, touched {key: [path]}, folders [path],
// failures {key: reason}, waiting {key: reason}, committed (digest), pushed (bool), reported
// (digest), serials {key: number} and sealedFor (public key). What is empty is left out, but for
// time, desired, applied, touched, folders, failures, committed, pushed and reported.
struct AgentState {
  std::optional<model::Bookmark> bookmark = {};  // how far `desired` has come
  std::uint64_t root = 0;                        // of the trust under which it was verified
  Timestamp time = {};                           // the server's, of the last manifest
  std::map<model::Key, model::DesiredDeployment> desired = {};
  std::map<model::Key, Applied> applied = {};  // those that were kept last
  // What was kept before that, whose template files stay, too.
  std::map<model::Key, model::DesiredDeployment> previous = {};
  std::map<model::Key, Transaction> transactions = {};  // those that are not settled
  std::map<model::Key, Attempts> attempts = {};
  // The journal: paths that an apply under way may have written or removed. What is listed here
  // at the start was cut off, and nobody knows what is at these paths.
  std::map<model::Key, std::set<std::string>> touched = {};
  std::set<std::string> folders = {};  // that the agent made, to take away when they are empty
  std::map<model::Key, std::string> failures = {};
  std::map<model::Key, std::string> waiting = {};  // not there yet, and nothing has failed
  Digest committed = {};                           // digest_of_applied() at the last Git commit
  bool pushed = true;    // the last commit has reached the remote, if there is one
  Digest reported = {};  // of the last report that the server took
  // The greatest serials of authors' words that were taken, on deployments and on the host: what
  // has a lower one is older. They stay when the deployment goes, as it may come back.
  std::map<model::Key, std::uint64_t> serials = {};
  // The device's key that the values of secrets in `desired` are sealed for; none when there are
  // no values.
  PublicKey sealed_for = {};

  [[nodiscard]] bool desires_secrets() const;
  // Takes over, for what is on the host, values of `desired` that are sealed anew: the older ones
  // may be sealed for a key that is gone.
  void renew_sealed();
  // Of what is on the host, for Git.
  [[nodiscard]] Digest digest_of_applied() const;
  // The form of a deployment is not tried again: it had all its attempts, and the last one failed
  // or was cut off.
  [[nodiscard]] bool is_stalled(const model::Key& key) const;
  // What the host says of itself.
  [[nodiscard]] model::HostReport report(const HostFacts& facts) const;

  // As canonical JSON.
  [[nodiscard]] std::string text() const;
  // invalid, naming the field. Forms without a desired digest, as older agents kept them, get one
  // that no server makes, and the bookmark is dropped: so the server is asked for everything.
  static Result<AgentState> parse(const nlohmann::json& json);
};

// Keeps an AgentState on disk.
class StateFile {
 public:
  // Borrows `files`, whose root is the state directory.
  explicit StateFile(FileSystem& files) : files_(files) {}

  // An empty state when there is no file. invalid when the file is not one of titan's: it is left
  // alone then.
  Result<AgentState> load();
  // Writes the file unless it says the same already.
  Result<void> save(const AgentState& state);

 private:
  FileSystem& files_;
  std::string text_;  // of the file
};

}  // namespace titan::agent

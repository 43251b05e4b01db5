#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "agent/agent.hpp"
#include "base/log.hpp"
#include "model/manifest.hpp"
#include "tests/agent/host_parts.hpp"
#include "tests/client/signing_server.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_file_system.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::testing {

// A host in memory with the real agent on it, and a server made of base's parts alone that seals
// values of secrets for it. The disks record and fail on demand, the network does too; what is in
// the run directory is gone after reboot(). Git is a real repository. For one thread.
class SecretHost {
 public:
  using Texts = std::map<std::string, std::string>;

  SecretHost();

  // A new key pair for the device, as `titan-agent enroll` makes it.
  void enroll();

  // What the server has; each call is a change.
  void set_secret(const std::string& name, const std::string& key, const std::string& value);
  // `files`: texts of templates by path; `values`: with references to secrets.
  void deploy(const std::string& name, const Texts& files, const nlohmann::json& values);
  void take_away(const std::string& name);
  // Called with each deployment before it is sent, when set.
  std::function<void(model::DesiredDeployment&)> change = {};
  // Called with each request, when set; a status that is not 0 is the answer then.
  std::function<int(const HttpRequest&)> instead = {};

  // A process of its own: starts from what is on the disks.
  Result<agent::StepResult> once();
  // once(), which must come to "done".
  agent::StepResult once_done();

  // The files below the root, read through their links, as "path=content" by path. A link that
  // leads nowhere reads "(nothing)".
  [[nodiscard]] Texts files();
  // The paths of the links below the root.
  [[nodiscard]] std::set<std::string> links();
  // Everything in the run directory below "secrets".
  [[nodiscard]] Texts run_files();
  // What stays when the power goes, and what people see: the state directory, what is below the
  // root, the log, and what was sent to the server.
  [[nodiscard]] std::string remains();
  // All objects of the repository.
  [[nodiscard]] std::string git_objects() const;
  [[nodiscard]] std::string git_path() const { return git_.path() + "/repo"; }

  // What the run directory holds is gone.
  void reboot();
  void power_cut();

  FakeFileSystem& state() { return state_; }
  FakeFileSystem& root() { return root_; }
  FakeFileSystem& run() { return run_; }
  FakeTransport& transport() { return transport_; }
  [[nodiscard]] std::string log_text() const { return log_text_.str(); }
  [[nodiscard]] const std::vector<model::SyncRequest>& syncs() const { return syncs_; }

  bool has_run_directory = true;
  // The host's root in place of the one in memory, when set. Borrowed.
  FileSystem* root_instead = nullptr;

 private:
  struct Wanted {
    Texts files = {};
    nlohmann::json values = {};
    std::uint64_t version = 0;
  };

  HttpResponse tell(const HttpRequest& request);
  [[nodiscard]] model::DesiredDeployment form_of(const std::string& name, const Wanted& wanted);
  [[nodiscard]] std::vector<model::SecretUse> uses_of(const nlohmann::json& value);
  [[nodiscard]] model::Bookmark bookmark() const { return {"0123456789abcdef", sequence_}; }

  SeededRandom random_{31};
  FakeFileSystem state_;
  FakeFileSystem root_;
  FakeFileSystem run_;
  TemporaryDirectory git_{folder_in_memory()};  // its flushes cost nothing there
  FakeClock clock_;
  HostParts parts_;
  std::ostringstream log_text_;
  Log log_{log_text_, clock_, Log::Format::json};
  SigningServer server_;
  FakeTransport transport_;
  std::uint64_t sequence_ = 1;
  std::map<std::string, std::map<std::string, std::string>> secrets_;
  std::map<std::string, Wanted> wanted_;
  std::map<std::string, std::string> blobs_;  // by digest
  std::vector<model::SyncRequest> syncs_;
};

}  // namespace titan::testing

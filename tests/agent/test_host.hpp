#pragma once

#include <memory>
#include <sstream>
#include <string>

#include "agent/agent.hpp"
#include "base/log.hpp"
#include "client/client.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_file_system.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::testing {

// A host in memory with the real agent on it, beside a real server in the same process: its disks
// record and fail on demand; its network does too. Git is a real repository.
class TestHost {
 public:
  explicit TestHost(TestServer& server, std::string name = "pi")
      : name_(std::move(name)), transport_([this, &server](const HttpRequest& request) {
          HttpResponse response =
              server.call(request.method, request.target, request.body, request.headers);
          if (tamper) tamper(request, response);
          return response;
        }) {}

  // A process of its own: starts from what is on the disks. The error is that of the start.
  Result<agent::StepResult> once() {
    client::Client client(transport_);
    agent::Publisher publisher(git_.path() + "/repo", "unused");
    TITAN_ASSIGN(const auto agent,
                 agent::Agent::open({state_, root_, client, publisher, random_, log_}, name_));
    return agent->step(clock_.monotonic());
  }
  // once(), which must come to "done".
  agent::StepResult once_done() {
    auto result = once().value();
    if (result.outcome != agent::StepResult::Outcome::done) {
      throw std::runtime_error("the step is not done: " +
                               (result.error ? result.error->text() : log_text_.str()));
    }
    return result;
  }

  // The files below the root as "path=content" by path; temporary ones, too.
  [[nodiscard]] std::map<std::string, std::string> files() {
    std::map<std::string, std::string> found;
    collect("", found);
    return found;
  }
  [[nodiscard]] bool has_folder(const std::string& path) {
    return root_.disk().info(path).has_value();
  }

  FakeFileSystem& state() { return state_; }
  FakeFileSystem& root() { return root_; }
  FakeTransport& transport() { return transport_; }
  void power_cut() {
    state_.power_cut();
    root_.power_cut();
  }
  [[nodiscard]] std::string git_path() const { return git_.path() + "/repo"; }
  [[nodiscard]] std::string log_text() const { return log_text_.str(); }

  // Changes what the server answered, when set.
  std::function<void(const HttpRequest&, HttpResponse&)> tamper;

 private:
  void collect(const std::string& folder, std::map<std::string, std::string>& found) {
    const auto entries = root_.disk().list(folder).value();
    for (const FileSystem::Entry& entry : entries) {
      const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
      if (entry.type == FileSystem::Type::directory) {
        collect(path, found);
      } else {
        found[path] = root_.disk().read(path, 1U << 20U).value();
      }
    }
  }

  std::string name_;
  FakeFileSystem state_;
  FakeFileSystem root_;
  TemporaryDirectory git_;
  FakeTransport transport_;
  FakeClock clock_;
  SeededRandom random_{11};
  std::ostringstream log_text_;
  Log log_{log_text_, clock_, Log::Format::json};
};

}  // namespace titan::testing

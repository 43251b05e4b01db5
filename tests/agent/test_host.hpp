#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "agent/agent.hpp"
#include "agent/enroll_command.hpp"
#include "agent/rotate_command.hpp"
#include "agent/status.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"
#include "model/enrollment_string.hpp"
#include "tests/agent/host_parts.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_file_system.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::testing {

// Hands every request on. Borrows the other one.
class PassingTransport final : public Transport {
 public:
  explicit PassingTransport(Transport& other) : other_(other) {}
  Result<HttpResponse> send(const HttpRequest& request) override { return other_.send(request); }

 private:
  Transport& other_;
};

// A host in memory with the real agent on it, beside a real server in the same process: its disks
// record and fail on demand; its network does too. Git is a real repository. It is enrolled before
// its first run.
class TestHost {
 public:
  explicit TestHost(TestServer& server, std::string name = "pi")
      : name_(std::move(name)), server_(&server), transport_([this](const HttpRequest& request) {
          if (instead) {
            if (auto response = instead(request)) return *std::move(response);
          }
          HttpResponse response = server_->handle_from("192.0.2.1", request);
          server_->settle();
          if (tamper) tamper(request, response);
          return response;
        }) {}

  // As somebody runs `titan-agent enroll` with a new string. By the real network, on a disk that
  // does not fail.
  void enroll() {
    const std::string secret = base64url(Secret::random(random_, 32).bytes());
    const auto expires =
        Timestamp::from_micros(server_->clock().wall().micros() + 3'600'000'000).text();
    const HttpResponse put = server_->call(
        "PUT", "/v1/enrollments/for-" + name_,
        nlohmann::json{
            {"spec",
             {{"host", name_}, {"digest", Digest::of(secret).text()}, {"expires", expires}}}}
            .dump());
    if (put.status >= 300) throw std::runtime_error("no enrollment: " + put.body);
    FakeTransport network([this](const HttpRequest& request) {
      HttpResponse response = server_->handle_from("192.0.2.1", request);
      server_->settle();
      return response;
    });
    std::ostringstream out;
    const model::EnrollmentString string{
        .url = kUrl, .server = server_->keys().key(), .secret = Secret::of(std::string(secret))};
    const auto done = agent::enroll(
        {.state = state_.disk(),
         .connect = [&](const std::string&) -> Result<std::unique_ptr<Transport>> {
           return std::unique_ptr<Transport>(std::make_unique<PassingTransport>(network));
         },
         .random = random_,
         .out = out,
         .pause = [](std::chrono::seconds) { return true; }},
        {.enrollment = string.text(),
         .name = name_,
         .organization = "default",
         .require_signed_by = authors});
    if (!done) throw std::runtime_error("not enrolled: " + done.error().text());
    enrolled_ = true;
  }

  // As somebody runs `titan-agent rotate-key`, by the network and on the disk that may fail.
  Result<void> rotate_key() {
    std::ostringstream out;
    return agent::rotate_key(
        {.state = state_,
         .connect = [this](const std::string&) -> Result<std::unique_ptr<Transport>> {
           return std::unique_ptr<Transport>(std::make_unique<PassingTransport>(transport_));
         },
         .random = random_,
         .out = out});
  }

  // Another server takes over: it has the keys of the one before, and knows the device.
  void move_to(TestServer& successor) {
    for (const char* path : {"keys/server", "keys/statements.json"}) {
      const std::string text = server_->key_files().read(path, 1U << 20U).value();
      if (!successor.key_files().write(path, text, 0600)) throw std::runtime_error("no key");
    }
    successor.restart();
    const std::string key =
        agent::IdentityStore(state_.disk()).load_public().value().value().device.text();
    const HttpResponse put = successor.call("PUT", "/v1/devices/" + name_,
                                            nlohmann::json{{"spec", {{"publicKey", key}}}}.dump());
    if (put.status >= 300) throw std::runtime_error("no device: " + put.body);
    server_ = &successor;
  }

  [[nodiscard]] bool enrolled() const { return enrolled_; }
  // A process of its own: starts from what is on the disks.
  Result<std::unique_ptr<agent::Agent>> open() {
    return agent::Agent::open(
        {.state = state_,
         .root = root_,
         .run = has_run_directory ? &run_ : nullptr,
         .connect = [this](const std::string&) -> Result<std::unique_ptr<Transport>> {
           if (between) return between(transport_);
           return std::unique_ptr<Transport>(std::make_unique<PassingTransport>(transport_));
         },
         .publisher = *publisher_,
         .drivers = parts.drivers,
         .processes = parts.processes,
         .prober = parts.prober,
         .clock = clock_,
         .random = random_,
         .log = log_,
         .sign_as_host = sign_as_host},
        name_);
  }
  // As `titan-agent once`: until the health of what it applied is known; time passes by itself. The
  // error is that of the start.
  Result<agent::StepResult> once() {
    if (!enrolled_) enroll();
    TITAN_ASSIGN(const auto agent, open());
    agent::StepResult result = agent->step(clock_.monotonic());
    while (result.checking) {
      const agent::StepResult before = result;
      clock_.advance(result.next - clock_.monotonic());
      result = agent->step(clock_.monotonic());
      result.applied += before.applied;
      result.removed += before.removed;
      result.healed += before.healed;
    }
    return result;
  }
  // What `titan-agent status` shows.
  agent::HostStatus status() {
    return agent::read_status(state_.disk(), &run_.disk(), clock_.monotonic()).value();
  }
  [[nodiscard]] std::string status_text() { return agent::text_of(status(), clock_.monotonic()); }
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
  FakeFileSystem& run() { return run_; }
  FakeClock& clock() { return clock_; }
  Random& random() { return random_; }
  Log& log() { return log_; }
  FakeTransport& transport() { return transport_; }
  void power_cut() {
    state_.power_cut();
    root_.power_cut();
    reboot();
  }
  // What is in the run directory is gone then.
  void reboot() {
    (void)remove_if_present(run_.disk(), "agent.json");
    (void)remove_if_present(run_.disk(), "drift.json");
  }
  // From here on as `--git REMOTE` says; the host's own repository stays at git_path().
  void push_to(const std::string& remote, gitops::Publisher::Options options = {}) {
    publisher_ = std::make_unique<gitops::Publisher>(remote, git_path(), std::move(options));
  }
  [[nodiscard]] std::string git_path() const { return git_.path() + "/repo"; }
  [[nodiscard]] std::string log_text() const { return log_text_.str(); }

  // Changes what the server answered, when set.
  std::function<void(const HttpRequest&, HttpResponse&)> tamper;
  // Answers in its place, when set and when it gives something: the server hears nothing then.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> instead;
  // Stands between the host and its server, when set. Borrows what leads to that.
  std::function<std::unique_ptr<Transport>(Transport&)> between;
  bool has_run_directory = true;
  bool sign_as_host = false;  // commits
  HostParts parts;
  std::vector<PublicKey> authors = {};  // that it is enrolled with

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

  static constexpr const char* kUrl = "http://127.0.0.1:7480";

  std::string name_;
  TestServer* server_;
  bool enrolled_ = false;
  FakeFileSystem state_;
  FakeFileSystem run_;
  FakeFileSystem root_;
  TemporaryDirectory git_{folder_in_memory()};  // its flushes cost nothing there
  std::unique_ptr<gitops::Publisher> publisher_ =
      std::make_unique<gitops::Publisher>(git_.path() + "/repo", "unused");
  FakeTransport transport_;
  FakeClock clock_;
  SeededRandom random_{Digest::of(name_).short_form()};
  std::ostringstream log_text_;
  Log log_{log_text_, clock_, Log::Format::json};
};

}  // namespace titan::testing

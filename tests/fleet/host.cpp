#include "tests/fleet/host.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "agent/enroll_command.hpp"
#include "agent/limits.hpp"
#include "agent/retry_requests.hpp"
#include "base/base64.hpp"
#include "base/text.hpp"
#include "model/enrollment_string.hpp"

namespace titan::fleet {
namespace {

using testing::TestServer;

class Direct final : public Transport {
 public:
  Direct(TestServer& server, std::string address) : server_(server), address_(std::move(address)) {}
  Result<HttpResponse> send(const HttpRequest& request) override {
    return server_.handle_from(address_, request);
  }

 private:
  TestServer& server_;
  std::string address_;
};

// The number of the version that made a generation.
std::uint64_t number_of(const agent::Generation& generation) {
  constexpr std::string_view kBegin = "version ";
  std::uint64_t number = 0;
  for (const model::RenderedFile& file : generation.files) {
    if (!file.content.starts_with(kBegin)) continue;
    const char* const from = file.content.data() + kBegin.size();
    std::from_chars(from, file.content.data() + file.content.size(), number);
  }
  return number;
}

}  // namespace

// The way to the server, on which the process may come to its end.
class Host::Way final : public Transport {
 public:
  explicit Way(Host& host) : host_(host) {}
  Result<HttpResponse> send(const HttpRequest& request) override {
    auto answer = host_.env_.network.send(host_.link_, request);
    if (host_.is_doomed_) throw Stopped();
    return answer;
  }

 private:
  Host& host_;
};

// Does nothing but what the fate of a version is.
class Host::DeadlyDriver final : public agent::Driver {
 public:
  explicit DeadlyDriver(Host& host) : host_(host) {}

  [[nodiscard]] std::string_view name() const override { return "fake"; }
  Result<void> available() override { return {}; }
  [[nodiscard]] bool unpacks(std::string_view /*path*/) const override { return false; }
  Result<void> check(const agent::Generation& /*generation*/) override { return {}; }
  Result<void> before_files(const agent::DriverChange& /*change*/,
                            OutputTail& /*output*/) override {
    if (host_.driver_is_away) return unavailable("the engine does not answer");
    return {};
  }
  Result<void> after_files(const agent::DriverChange& change, OutputTail& /*output*/) override {
    if (change.after != nullptr &&
        host_.env_.versions.at(number_of(*change.after)).fate == Fate::deadly) {
      throw Stopped();
    }
    return {};
  }
  Result<std::vector<std::string>> drift(const agent::Generation& /*generation*/) override {
    return std::vector<std::string>();
  }

 private:
  Host& host_;
};

Host::Host(Options options, const Env& env)
    : options_(std::move(options)),
      env_(env),
      link_(env.network.add(options_.name)),
      state_disk_(stopper_,
                  {.file_flushes = options_.mutation == Mutation::leaves_out_file_flushes,
                   .folder_flushes = options_.mutation == Mutation::leaves_out_folder_flushes}),
      root_disk_(stopper_,
                 {.folder_flushes = options_.mutation == Mutation::leaves_out_folder_flushes}),
      run_disk_(std::make_unique<Disk>(stopper_, Disk::LeftOut{})),
      clock_(env.timeline.time(), options_.mutation == Mutation::trusts_the_wall_clock),
      random_(options_.seed) {
  parts_.drivers.add(std::make_unique<DeadlyDriver>(*this));
  parts_.prober = testing::FakeProber([this](const model::HealthCheck& check,
                                             OutputTail& /*output*/) -> Result<void> {
    const std::uint64_t number = std::stoull(check.address.substr(check.address.rfind(':') + 1));
    const Fate fate = env_.versions.at(number).fate;
    const bool is_bad = fate == Fate::unhealthy ||
                        (fate == Fate::fickle && !faults_are_over && env_.dice.percent(30));
    if (is_bad) return unavailable("nothing accepts connections");
    return {};
  });
}

void Host::enroll(TestServer& server) {
  const std::string secret = base64url(Secret::random(random_, 32).bytes());
  const auto expires =
      Timestamp::from_micros(server.clock().wall().micros() + 3'600'000'000).text();
  const HttpResponse put = server.call(
      "PUT", "/v1/enrollments/for-" + name(),
      nlohmann::json{
          {"spec", {{"host", name()}, {"digest", Digest::of(secret).text()}, {"expires", expires}}}}
          .dump());
  if (put.status >= 300) throw std::runtime_error("no enrollment: " + put.body);
  std::ostringstream out;
  const model::EnrollmentString string{.url = "http://127.0.0.1:7480",
                                       .server = server.keys().key(),
                                       .secret = Secret::of(std::string(secret))};
  const auto done = agent::enroll(
      {.state = state_disk_,
       .connect = [&](const std::string&) -> Result<std::unique_ptr<Transport>> {
         return std::unique_ptr<Transport>(std::make_unique<Direct>(server, link_.address));
       },
       .random = random_,
       .out = out,
       .pause = [](std::chrono::seconds) { return true; }},
      {.enrollment = string.text(), .name = name(), .organization = "default"});
  if (!done) throw std::runtime_error("not enrolled: " + done.error().text());
  // Whatever the agent leaves out on purpose: it was long ago.
  if (!state_disk_.memory().flush()) throw std::runtime_error("no disk");
}

Result<void> Host::open() {
  if (agent_) return {};
  publisher_ = std::make_unique<gitops::Publisher>(options_.git, "unused");
  TITAN_ASSIGN(agent_,
               agent::Agent::open(
                   {.state = state_disk_,
                    .root = root_disk_,
                    .run = run_disk_.get(),
                    .connect = [this](const std::string&) -> Result<std::unique_ptr<Transport>> {
                      return std::unique_ptr<Transport>(std::make_unique<Way>(*this));
                    },
                    .publisher = *publisher_,
                    .drivers = parts_.drivers,
                    .processes = parts_.processes,
                    .prober = parts_.prober,
                    .clock = clock_,
                    .random = random_,
                    .log = log_},
                   name()));
  return {};
}

Result<agent::StepResult> Host::step() {
  log_text_.str("");
  state_disk_.written_back();
  in_step_ = true;
  is_doomed_ = false;
  try {
    std::map<model::Key, model::DesiredDeployment> before;
    if (options_.mutation == Mutation::loses_tombstones) {
      if (const auto held = state()) before = held->desired;
    }
    link_.saw_busy = false;
    Result<agent::StepResult> result = unavailable("");
    if (const auto opened = open(); !opened) {
      result = opened.error();
    } else {
      result = agent_->step(clock_.monotonic());
      mutate(before, *result);
    }
    in_step_ = false;
    return result;
  } catch (const Stopped&) {
    in_step_ = false;
    stopper_.forget();
    agent_.reset();
    throw;
  }
}

// Faults of the agent, on purpose: what it remembers is changed while it is not looking.
void Host::mutate(const std::map<model::Key, model::DesiredDeployment>& before,
                  const agent::StepResult& result) {
  const bool loses = options_.mutation == Mutation::loses_tombstones;
  const bool counts = options_.mutation == Mutation::counts_busy_answers && link_.saw_busy;
  if ((!loses && !counts) || result.checking) return;
  agent::StateFile file(state_disk_.memory());
  auto state = file.load();
  if (!state) return;
  if (loses) state->desired.insert(before.begin(), before.end());
  for (const auto& [key, form] : state->desired) {
    if (!counts) break;
    const auto there = state->applied.find(key);
    if (there != state->applied.end() && there->second.form == form) continue;
    agent::Attempts& attempts = state->attempts[key];
    if (attempts.form != form.desired_digest) attempts = {.form = form.desired_digest};
    ++attempts.count;
    attempts.reason = "the server was busy";
  }
  agent_.reset();
  (void)file.save(*state);
}

void Host::end_process(bool in_order) {
  if (agent_ && in_order) (void)agent_->pause();
  agent_.reset();
}

void Host::reboot(bool power_was_cut) {
  agent_.reset();
  stopper_.forget();
  if (power_was_cut) {
    state_disk_.power_cut();
    root_disk_.power_cut();
  }
  run_disk_ = std::make_unique<Disk>(stopper_, Disk::LeftOut{});
  clock_.boot();
}

Result<agent::AgentState> Host::state() {
  return agent::StateFile(state_disk_.memory()).load();
}

void Host::retry(const model::Key& deployment) {
  (void)agent::RetryRequests(state_disk_.memory(), "default").ask(deployment);
}

void Host::collect(const std::string& folder, std::map<std::string, File>& found) {
  const auto entries = root_disk_.memory().list(folder).value();
  if (entries.empty() && !folder.empty()) found[folder + "/"] = {};
  for (const FileSystem::Entry& entry : entries) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (entry.type == FileSystem::Type::directory) {
      collect(path, found);
    } else {
      found[path] = {root_disk_.memory().read(path, 1U << 20U).value_or(""),
                     root_disk_.memory().info(path).value().mode};
    }
  }
}

std::map<std::string, Host::File> Host::files() {
  std::map<std::string, File> found;
  collect("", found);
  return found;
}

std::string Host::complaint() {
  for (const auto& [path, file] : files()) {
    if (path.ends_with('/') || path.ends_with(".titan-tmp")) continue;
    if (hand_made.contains(path) && file.content == kByHand) continue;
    const std::string found = env_.versions.complaint(name(), path, file.mode, file.content);
    if (!found.empty()) return path + ": " + found;
  }
  return "";
}

}  // namespace titan::fleet

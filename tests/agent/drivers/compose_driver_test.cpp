#include "agent/drivers/compose_driver.hpp"

#include <gtest/gtest.h>

#include <set>

#include "agent/drivers/limits.hpp"
#include "model/limits.hpp"
#include "tests/agent/drivers/fake_compose.hpp"
#include "tests/agent/drivers/generations.hpp"
#include "tests/support/fake_process_runner.hpp"

namespace titan::agent {
namespace {

using testing::FileTexts;
using Calls = std::vector<std::string>;

const std::string kProject = "--project-name titan-default_prod --file compose.yaml ";
const std::string kDockerPs =
    "docker ps --all --filter label=com.docker.compose.project=titan-default_prod --format "
    "{{.Label \"com.docker.compose.service\"}}\t{{.State}}\t{{.Status}}";
const std::string kPodmanPs =
    "podman ps --all --filter label=com.docker.compose.project=titan-default_prod --format json";

class ComposeDriverTest : public ::testing::Test {
 protected:
  // A generation that is unpacked into a folder of its own.
  Generation unpacked(const std::string& compose, std::uint64_t version = 1) {
    const std::string folder = "/state/" + std::to_string(version);
    compose_.files[folder] = compose;
    return testing::generation({{"compose.yaml", compose}}, version, folder);
  }
  void use_podman() {
    compose_.installed = {"podman", "podman-compose"};
    ASSERT_TRUE(driver_.available().ok());
    calls();
  }
  Result<void> apply(const DriverChange& change) {
    TITAN_TRY(driver_.before_files(change, output_));
    return driver_.after_files(change, output_);
  }
  Result<void> apply(const Generation* before, const Generation* after) {
    return apply(testing::change_between(before, after));
  }
  Calls calls() {
    Calls made;
    for (const std::string& call : runner_.faults().calls()) made.push_back(call.substr(4));
    runner_.faults().reset();
    return made;
  }

  testing::FakeCompose compose_;
  titan::testing::FakeProcessRunner runner_{
      [this](const Command& command) { return compose_.run(command); }};
  ComposeDriver driver_{runner_, {}};
  OutputTail output_{4096};
};

TEST_F(ComposeDriverTest, StartsTheServicesWhereTheyAreUnpacked) {
  ASSERT_TRUE(driver_.available().ok());
  calls();
  const auto first = unpacked("services: {web: {image: a}, db: {image: b}}");
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(calls(), (Calls{"docker compose " + kProject + "up --detach --remove-orphans",
                            "docker compose " + kProject + "config --services", kDockerPs}));
  EXPECT_EQ(compose_.projects.at("titan-default_prod").size(), 2U);
  const Command& up = runner_.commands().at(2);
  EXPECT_EQ(up.directory, "/state/1");
  EXPECT_TRUE(up.clean_environment);
}

TEST_F(ComposeDriverTest, TakesAwayServicesThatAreNoMore) {
  const auto first = unpacked("services: {web: {image: a}, db: {image: b}}");
  const auto second = unpacked("services: {web: {image: c}}", 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(compose_.state(), "titan-default_prod web running {\"image\":\"c\"}\n");
}

TEST_F(ComposeDriverTest, TakesAllDownWhenTheDeploymentLeaves) {
  const auto first = unpacked("services: {web: {image: a}}");
  const auto second = unpacked("services: {db: {image: b}}", 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  DriverChange change{.before = {&first, &second}};
  ASSERT_TRUE(driver_.before_files(change, output_).ok());
  EXPECT_EQ(calls(), (Calls{"docker compose " + kProject + "down --remove-orphans",
                            "docker compose " + kProject + "down --remove-orphans", kDockerPs}));
  EXPECT_EQ(runner_.commands().at(runner_.commands().size() - 3).directory, "/state/2");
  EXPECT_TRUE(compose_.state().empty());
  ASSERT_TRUE(driver_.after_files(change, output_).ok());
  EXPECT_TRUE(calls().empty());
  ASSERT_TRUE(driver_.before_files({}, output_).ok());
  EXPECT_TRUE(calls().empty());
}

TEST_F(ComposeDriverTest, TakesDownFirstWhatPodmanWouldLeaveAsItIs) {
  use_podman();
  const auto first = unpacked("services: {web: {image: a}, db: {image: b}}");
  const auto second = unpacked("services: {web: {image: c}}", 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(calls(),
            (Calls{"podman-compose " + kProject + "up --detach --remove-orphans", kPodmanPs}));
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(),
            (Calls{"podman-compose " + kProject + "down",
                   "podman-compose " + kProject + "up --detach --remove-orphans", kPodmanPs}));
  EXPECT_EQ(compose_.state(), "titan-default_prod web running {\"image\":\"c\"}\n");
  ASSERT_TRUE(apply(&second, &second).ok());
  EXPECT_EQ(calls(),
            (Calls{"podman-compose " + kProject + "up --detach --remove-orphans", kPodmanPs}));
}

TEST_F(ComposeDriverTest, PicksTheFirstToolThatWorks) {
  struct Row {
    std::set<std::string> installed;
    Calls asked;
    const char* up;
  };
  const std::vector<Row> rows = {
      {{"docker", "docker compose", "docker-compose", "podman", "podman-compose"},
       {"docker --version", "docker compose version"},
       "docker compose "},
      {{"docker", "docker-compose", "podman", "podman-compose"},
       {"docker --version", "docker compose version", "docker-compose version"},
       "docker-compose "},
      {{"docker", "podman", "podman-compose"},
       {"docker --version", "docker compose version", "docker-compose version", "podman --version",
        "podman-compose version"},
       "podman-compose "},
      {{"podman", "podman compose"},
       {"docker --version", "podman --version", "podman-compose version", "podman compose version"},
       "podman compose "},
  };
  const auto first = unpacked("services: {web: {image: a}}");
  for (const Row& row : rows) {
    compose_.installed = row.installed;
    compose_.projects.clear();
    ASSERT_TRUE(driver_.available().ok());
    EXPECT_EQ(calls(), row.asked);
    ASSERT_TRUE(apply(nullptr, &first).ok());
    EXPECT_TRUE(calls().front().starts_with(row.up)) << row.up;
  }
}

TEST_F(ComposeDriverTest, SaysWhyNoToolWorks) {
  struct Row {
    std::set<std::string> installed;
    const char* message;
  };
  const std::string none =
      " no compose: none of docker compose, docker-compose, podman-compose and podman compose "
      "works";
  const std::vector<Row> rows = {{{}, "docker and podman are not installed"},
                                 {{"docker"}, "docker has"},
                                 {{"podman"}, "podman has"},
                                 {{"docker-compose"}, "docker and podman are not installed"},
                                 {{"docker", "podman"}, "docker and podman have"}};
  for (const auto& [installed, message] : rows) {
    compose_.installed = installed;
    const auto available = driver_.available();
    ASSERT_FALSE(available.ok());
    EXPECT_EQ(available.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(available.error().message.starts_with(message)) << available.error().message;
  }
  const auto first = unpacked("services: {web: {image: a}}");
  EXPECT_EQ(apply(nullptr, &first).error().code, ErrorCode::unavailable);
}

TEST_F(ComposeDriverTest, WantsOneComposeFile) {
  struct Row {
    FileTexts files;
    const char* message;  // empty: it is good
  };
  const std::vector<Row> rows = {
      {{{"compose.yaml", "services: {a: {}}"}}, ""},
      {{{"docker-compose.yml", "services: {a: {}}"}, {"root/etc/a", ""}, {"web/.env", ""}}, ""},
      // Not YAML 1.2 as we read it, but good for compose.
      {{{"compose.yml", "x: &x {image: a}\nservices: {a: {<<: *x}}"}}, ""},
      {{{"deep/compose.yaml", "services: {a: {}}"}}, "needs one of compose.yaml"},
      {{}, "needs one of compose.yaml"},
      {{{"compose.yaml", "services: {}"}, {"compose.yml", ""}},
       "there are both compose.yaml and compose.yml"},
      {{{"compose.yaml", "image: a"}}, "expected an object with the services"},
      {{{"compose.yaml", "services: [a]"}}, "expected an object with the services"},
      {{{"compose.yaml", ""}}, "expected an object with the services"},
  };
  for (const Row& row : rows) {
    const auto checked = driver_.check(testing::generation(row.files));
    if (std::string_view(row.message).empty()) {
      EXPECT_TRUE(checked.ok()) << checked.error().text();
      continue;
    }
    ASSERT_FALSE(checked.ok()) << row.message;
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    EXPECT_NE(checked.error().message.find(row.message), std::string::npos)
        << checked.error().text();
  }
  EXPECT_TRUE(calls().empty());
}

TEST_F(ComposeDriverTest, UnpacksWhatIsNotPlacedRunOrIncluded) {
  EXPECT_TRUE(driver_.unpacks("compose.yaml"));
  EXPECT_TRUE(driver_.unpacks("config/app.conf"));
  EXPECT_TRUE(driver_.unpacks("rootless.yaml"));
  EXPECT_FALSE(driver_.unpacks("root/etc/app.conf"));
  EXPECT_FALSE(driver_.unpacks("hooks/post-apply"));
  EXPECT_FALSE(driver_.unpacks("partials/head"));
  EXPECT_TRUE(driver_.places_files());
}

TEST(ComposeProject, DiffersForDifferentDeployments) {
  const auto project = [](const char* workspace, const char* name) {
    return compose_project(testing::deployment_key(name, workspace));
  };
  EXPECT_EQ(project("default", "prod"), "titan-default_prod");
  EXPECT_EQ(project("a.b", "c..d"), "titan-a__b_c____d");
  const std::vector<std::string> parts = {"a",   "b",     "a-b",  "b-a",  "a.b",
                                          "b.a", "a.b.a", "a-.b", "a..b", "a-b-a"};
  std::set<std::string> projects;
  for (const auto& workspace : parts) {
    for (const auto& name : parts) projects.insert(project(workspace.c_str(), name.c_str()));
  }
  EXPECT_EQ(projects.size(), parts.size() * parts.size());
}

TEST(ComposeServices, AreThoseThatAreStarted) {
  const auto services = compose_services(
      "services:\n  web: {image: a}\n  debug: {profiles: [debug]}\n  none: {scale: 0}\n"
      "  zero: {deploy: {replicas: 0}}\n  many: {deploy: {replicas: 2}, profiles: []}\n  odd:\n");
  ASSERT_TRUE(services.ok());
  EXPECT_EQ(*services, (std::set<std::string>{"many", "odd", "web"}));
}

TEST_F(ComposeDriverTest, TellsWhatDoesNotRun) {
  for (const bool podman : {false, true}) {
    compose_.projects.clear();
    compose_.jobs = {"job"};
    if (podman) use_podman();
    const auto first = unpacked("services: {a: {x: 1}, b: {x: 1}, c: {x: 1}, job: {x: 1}}");
    ASSERT_TRUE(apply(nullptr, &first).ok());
    EXPECT_TRUE(driver_.drift(first)->empty());
    auto& containers = compose_.projects.at("titan-default_prod");
    containers.erase("a");
    containers.at("b") = {"", "exited", 137};
    containers.at("c").state = "paused";
    EXPECT_EQ(
        *driver_.drift(first),
        (std::vector<std::string>{"a is not running (it has no container)",
                                  "b is not running (exited, 137)", "c is not running (paused)"}));
  }
}

TEST_F(ComposeDriverTest, TellsAtMostSoMuchDrift) {
  std::string services = "services: {";
  for (char c = 'a'; c < 'a' + 15; ++c) services += std::string(1, c) + ": {x: 1}, ";
  const auto first = unpacked(services + "z: {x: 1}}");
  EXPECT_EQ(driver_.drift(first)->size(), model::kDriftTextsMax);
}

TEST_F(ComposeDriverTest, FailsWhenAServiceDoesNotRunWhateverTheToolSays) {
  use_podman();
  compose_.broken = {"web"};
  const auto first = unpacked("services: {web: {image: a}}");
  const auto applied = apply(nullptr, &first);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::internal);
  EXPECT_EQ(applied.error().message, "web is not running (exited, 1)");
  EXPECT_NE(output_.text().find("web failed"), std::string::npos);
}

TEST_F(ComposeDriverTest, CallsAnUnreachableEngineOrRegistryAPassingFault) {
  ASSERT_TRUE(driver_.available().ok());
  const auto first = unpacked("services: {web: {image: a}}");
  struct Row {
    const char* errors;
    ErrorCode code;
  };
  for (const auto& [errors, code] :
       {Row{"Cannot connect to the Docker daemon at unix:///x. Is it running?",
            ErrorCode::unavailable},
        Row{"dial tcp: lookup registry: no such host", ErrorCode::unavailable},
        Row{"toomanyrequests: You have reached your pull rate limit", ErrorCode::unavailable},
        Row{"service \"web\" has neither an image nor a build context", ErrorCode::internal}}) {
    runner_.answer(Outcome{.exit_code = 1, .errors = errors});
    const auto applied = apply(nullptr, &first);
    ASSERT_FALSE(applied.ok());
    EXPECT_EQ(applied.error().code, code) << errors;
    EXPECT_TRUE(
        applied.error().message.starts_with("starting titan-default_prod: \"docker compose"))
        << applied.error().message;
  }
}

TEST_F(ComposeDriverTest, SaysWhenUpTakesTooLong) {
  ASSERT_TRUE(driver_.available().ok());
  const auto first = unpacked("services: {web: {image: a}}");
  runner_.answer(Outcome{.exit_code = 137, .timed_out = true});
  const auto applied = apply(nullptr, &first);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::exhausted);
  EXPECT_NE(applied.error().message.find("900 s"), std::string::npos);
}

TEST_F(ComposeDriverTest, NoticesAnswersOfPsThatAreNoList) {
  use_podman();
  const auto first = unpacked("services: {web: {image: a}}");
  for (const char* answer : {"{}", "nothing", "[1"}) {
    runner_.answer(Outcome{.output = answer});
    EXPECT_EQ(driver_.drift(first).error().code, ErrorCode::internal) << answer;
  }
  runner_.answer(Outcome{.output = "[1, {\"State\": 3}]"});
  EXPECT_EQ(driver_.drift(first)->size(), 2U);
}

TEST_F(ComposeDriverTest, PassesOnHowEachCommandFails) {
  for (const bool podman : {false, true}) {
    if (podman) use_podman();
    ASSERT_TRUE(driver_.available().ok());
    const auto first = unpacked("services: {web: {image: a}}");
    const auto second = unpacked("services: {db: {image: a}}", 2);
    for (const Generation* after : {&second, static_cast<const Generation*>(nullptr)}) {
      std::size_t n = 0;
      while (true) {
        ++n;
        compose_.projects.clear();
        runner_.faults().reset();
        ASSERT_TRUE(apply(nullptr, &first).ok());
        runner_.faults().reset();
        runner_.faults().fail_at(n, denied("starting it: permission denied"));
        const auto applied = apply(&first, after);
        if (runner_.faults().count() < n) {
          EXPECT_TRUE(applied.ok());
          break;
        }
        ASSERT_FALSE(applied.ok()) << n;
        EXPECT_EQ(applied.error().code, ErrorCode::unavailable) << n;
      }
      EXPECT_EQ(n, after == nullptr ? 3U : 4U);
    }
  }
}

// Killed at each command, and begun again from the start with both generations: the same end.
TEST_F(ComposeDriverTest, EndsTheSameWhereverItWasKilled) {
  const auto first = unpacked("services: {web: {image: a}, old: {image: b}}");
  const auto second = unpacked("services: {web: {image: c}, new: {image: d}}", 2);
  struct Row {
    const Generation* before;
    const Generation* after;
  };
  for (const bool podman : {false, true}) {
    if (podman) use_podman();
    ASSERT_TRUE(driver_.available().ok());
    for (const auto& [before, after] :
         {Row{nullptr, &first}, Row{&first, &second}, Row{&second, &first}, Row{&first, nullptr}}) {
      const auto set_up = [&, from = before] {
        compose_.projects.clear();
        ASSERT_TRUE(from == nullptr || apply(nullptr, from).ok());
        runner_.faults().reset();
      };
      set_up();
      ASSERT_TRUE(apply(before, after).ok());
      const std::size_t commands = runner_.faults().count();
      const std::string expected = compose_.state();
      for (std::size_t n = 1; n <= commands; ++n) {
        set_up();
        runner_.faults().fail_from(n, unavailable("killed"));
        ASSERT_FALSE(apply(before, after).ok());
        runner_.faults().reset();
        DriverChange again = testing::change_between(before, after);
        if (after != nullptr) again.before.push_back(after);
        ASSERT_TRUE(apply(again).ok()) << n;
        EXPECT_EQ(compose_.state(), expected) << n;
      }
    }
  }
}

TEST_F(ComposeDriverTest, RollsBackFromAHalfAppliedGeneration) {
  for (const bool podman : {false, true}) {
    if (podman) use_podman();
    compose_.projects.clear();
    const auto good = unpacked("services: {web: {image: a}}");
    const auto bad = unpacked("services: {web: {image: b}, more: {image: c}}", 2);
    ASSERT_TRUE(apply(nullptr, &good).ok());
    const std::string expected = compose_.state();
    compose_.broken = {"more"};
    ASSERT_FALSE(apply(&good, &bad).ok());
    compose_.broken.clear();
    ASSERT_TRUE(apply({.before = {&good, &bad}, .after = &good}).ok());
    EXPECT_EQ(compose_.state(), expected);
  }
}

}  // namespace
}  // namespace titan::agent

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "agent/drivers/compose_driver.hpp"
#include "base/json.hpp"
#include "tests/agent/drivers/generations.hpp"
#include "tests/e2e/drivers/private_space.hpp"

namespace titan::agent {
namespace {

using titan::testing::KillableRunner;
using titan::testing::PrivateSpace;

constexpr const char* kImage = "localhost/titan-payload:1";

// podman and podman-compose with a storage of their own, and one image: a program that waits.
class ComposeToolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto missing = PrivateSpace::missing({"podman", "podman-compose"});
    if (missing) GTEST_SKIP() << *missing;
    space_ = std::make_unique<PrivateSpace>(std::vector<std::string>{"/bin/sleep", "600"});
    const std::string folder = space_->folder();
    std::ofstream(folder + "/containers.conf")
        << "[containers]\ncgroups = \"disabled\"\nnetns = \"host\"\n"
        << "default_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\n"
        << "[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n"
        << "[network]\nnetwork_config_dir = \"" << folder << "/networks\"\n";
    std::ofstream(folder + "/storage.conf") << "[storage]\ndriver = \"vfs\"\nrunroot = \"" << folder
                                            << "/run\"\ngraphroot = \"" << folder << "/graph\"\n";
    options_.docker = "/nonexistent/docker";
    options_.docker_compose = "/nonexistent/docker-compose";
    options_.podman = space_->entrance("podman");
    options_.podman_compose = space_->entrance("podman-compose");
    options_.environment["CONTAINERS_CONF"] = folder + "/containers.conf";
    options_.environment["CONTAINERS_STORAGE_CONF"] = folder + "/storage.conf";
    std::filesystem::create_directory(folder + "/image");
    std::filesystem::copy_file(TITAN_CONTAINER_PAYLOAD, folder + "/image/payload");
    run({"/bin/tar", "-C", folder + "/image", "-cf", folder + "/image.tar", "payload"});
    const Outcome imported = run({options_.podman, "import", "--change", "CMD [\"/payload\"]",
                                  folder + "/image.tar", kImage});
    if (imported.exit_code != 0) GTEST_SKIP() << "podman does not work here: " << imported.errors;
    const Outcome tried = run({options_.podman, "run", "--rm", kImage, "/payload", "0"});
    if (tried.exit_code != 0) GTEST_SKIP() << "podman runs nothing here: " << tried.errors;
    driver_ = std::make_unique<ComposeDriver>(runner_, options_);
  }
  void TearDown() override {
    if (driver_ != nullptr) run({options_.podman, "rm", "--all", "--force", "--time=0"});
  }
  Outcome run(const std::vector<std::string>& arguments) {
    SystemProcessRunner runner;
    const auto outcome = runner.run({.arguments = arguments,
                                     .environment = options_.environment,
                                     .clean_environment = true,
                                     .timeout = std::chrono::minutes(2)});
    EXPECT_TRUE(outcome.ok()) << outcome.error().text();
    return outcome.value_or(Outcome{.exit_code = -1});
  }
  Generation unpacked(const std::string& services, std::uint64_t version) {
    const std::string folder = space_->folder() + "/" + std::to_string(version);
    const std::string text = "services:\n" + services;
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/compose.yaml") << text;
    return testing::generation({{"compose.yaml", text}}, version, folder);
  }
  static std::string service(const std::string& name, const std::string& argument = "",
                             const std::string& label = "1") {
    return "  " + name + ":\n    image: " + kImage + "\n    labels: {text: \"" + label + "\"}\n" +
           (argument.empty() ? "" : "    command: [\"/payload\", \"" + argument + "\"]\n");
  }
  // Each container with its text and whether it runs.
  std::string containers() {
    std::string text;
    const Outcome listed = run({options_.podman, "ps", "--all", "--sort=names", "--format=json"});
    const auto answer = parse_json(listed.output);
    for (const auto& entry : answer.value_or(nlohmann::json::array())) {
      text += entry["Names"][0].get<std::string>() + " " + entry["Labels"].value("text", "") + " " +
              entry.value("State", "") + "\n";
    }
    return text;
  }
  Result<void> apply(const DriverChange& change) {
    TITAN_TRY(driver_->before_files(change, output_));
    return driver_->after_files(change, output_);
  }

  std::unique_ptr<PrivateSpace> space_;
  ComposeDriver::Options options_;
  KillableRunner runner_;
  std::unique_ptr<ComposeDriver> driver_;
  OutputTail output_{4096};
};

TEST_F(ComposeToolTest, StartsChangesAndRemovesServices) {
  const auto available = driver_->available();
  ASSERT_TRUE(available.ok()) << available.error().text();
  const auto first = unpacked(service("stay") + service("job", "0"), 1);
  const auto second = unpacked(service("stay", "", "2"), 2);
  ASSERT_TRUE(driver_->check(first).ok());
  auto applied = apply({.after = &first});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(containers(),
            "titan-default_prod_job_1 1 exited\ntitan-default_prod_stay_1 1 running\n");
  EXPECT_EQ(*driver_->drift(first), std::vector<std::string>{});
  run({options_.podman, "kill", "titan-default_prod_stay_1"});
  run({options_.podman, "wait", "titan-default_prod_stay_1"});
  EXPECT_EQ(*driver_->drift(first), std::vector<std::string>{"stay is not running (exited, 137)"});
  applied = apply({.before = {&first}, .after = &first});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(*driver_->drift(first), std::vector<std::string>{});
  // Killed after it was taken down, and begun again.
  runner_.reset();
  runner_.fail_from(2);
  EXPECT_FALSE(apply({.before = {&first}, .after = &second}).ok());
  runner_.reset();
  applied = apply({.before = {&first, &second}, .after = &second});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(containers(), "titan-default_prod_stay_1 2 running\n");
  applied = apply({.before = {&first, &second}});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(containers(), "");
}

TEST_F(ComposeToolTest, NoticesWhatPodmanComposeDoesNotSay) {
  const auto bad = unpacked(service("broken", "3"), 1);
  const auto applied = apply({.after = &bad});
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().message, "broken is not running (exited, 3)");
  const auto missing = unpacked("  none:\n    image: localhost/titan-none:1\n", 2);
  const auto refused = apply({.before = {&bad}, .after = &missing});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "none is not running (it has no container)");
  EXPECT_NE(output_.text().find("titan-none"), std::string::npos) << output_.text();
}

}  // namespace
}  // namespace titan::agent

#include "agent/drivers/driver_set.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "agent/drivers/files_driver.hpp"
#include "agent/drivers/git_driver.hpp"
#include "tests/agent/drivers/generations.hpp"
#include "tests/support/fake_process_runner.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using Names = std::vector<std::string>;

class DriverSetTest : public ::testing::Test {
 protected:
  DriverSet make() {
    DriverSet::Options options =
        DriverSet::Options::of("/", "tim-pi", default_program_environment());
    options.systemd.runtime_folder = folder_.path();
    options.external_folders = {folder_.path()};
    return DriverSet(runner_, options);
  }
  void put(const std::string& name, ::mode_t mode) {
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
    const std::string path = folder_.path() + "/titan-driver-" + name;
    std::ofstream(path) << "#!/bin/sh\n";
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }

  std::vector<std::string> installed_ = {"systemctl"};
  titan::testing::TemporaryDirectory folder_;
  titan::testing::FakeProcessRunner runner_{[this](const Command& command) -> Result<Outcome> {
    const std::string& program = command.arguments.front();
    if (program.starts_with(folder_.path()))
      return Outcome{.output = R"({"ok":true,"protocol":1})"};
    if (std::find(installed_.begin(), installed_.end(), program) != installed_.end()) {
      return Outcome{};
    }
    return not_found("starting \"" + program + "\": no such file");
  }};
};

TEST_F(DriverSetTest, FindsTheDriversThatWork) {
  put("hello", 0755);
  put("open", 0777);
  DriverSet drivers = make();
  EXPECT_EQ(drivers.available(), (Names{"files", "git", "hello", "systemd"}));
  for (const std::string& name : drivers.available()) {
    ASSERT_NE(drivers.find(name), nullptr) << name;
    EXPECT_EQ(drivers.find(name)->name(), name);
  }
  EXPECT_EQ(drivers.find("compose"), nullptr);
  EXPECT_EQ(drivers.find("open"), nullptr);
  ASSERT_EQ(drivers.refused().size(), 1U);
  EXPECT_NE(drivers.refused().front().find("titan-driver-open"), std::string::npos);
}

TEST_F(DriverSetTest, SaysWhyADriverIsMissing) {
  DriverSet drivers = make();
  EXPECT_EQ(drivers.missing("compose"),
            "the driver \"compose\" does not work on this host: docker and podman are not "
            "installed");
  EXPECT_EQ(drivers.missing("x"),
            "the driver \"x\" is not on this host, which has files, git, systemd");
}

TEST_F(DriverSetTest, AsksOnceAndOnlyWhatIsNeeded) {
  DriverSet drivers = make();
  EXPECT_TRUE(runner_.commands().empty());
  EXPECT_NE(drivers.find("files"), nullptr);
  EXPECT_NE(drivers.find("git"), nullptr);
  EXPECT_TRUE(runner_.commands().empty());
  EXPECT_NE(drivers.find("systemd"), nullptr);
  EXPECT_NE(drivers.find("systemd"), nullptr);
  EXPECT_EQ(runner_.commands().size(), 1U);
  drivers.available();
  const std::size_t asked = runner_.commands().size();
  drivers.available();
  EXPECT_EQ(drivers.find("kubernetes"), nullptr);
  EXPECT_EQ(runner_.commands().size(), asked);
  installed_.emplace_back("kubectl");
  drivers.forget();
  EXPECT_NE(drivers.find("kubernetes"), nullptr);
  EXPECT_EQ(drivers.available(), (Names{"files", "git", "kubernetes", "systemd"}));
}

TEST(DriverSetOptions, GiveAllDriversOneSurrounding) {
  const auto options = DriverSet::Options::of("/mnt", "tim-pi", {{"PATH", "/bin"}});
  EXPECT_EQ(options.systemd.root, "/mnt");
  EXPECT_EQ(options.external.host, "tim-pi");
  EXPECT_EQ(options.compose.environment.size(), 1U);
  EXPECT_EQ(options.kubernetes.environment.at("PATH"), "/bin");
}

TEST(FilesDriver, LeavesAllToTheAgent) {
  FilesDriver driver;
  OutputTail output(100);
  const auto generation = testing::generation({{"root/etc/a", ""}});
  EXPECT_EQ(driver.name(), "files");
  EXPECT_TRUE(driver.available().ok());
  EXPECT_TRUE(driver.places_files());
  EXPECT_FALSE(driver.unpacks("a"));
  EXPECT_TRUE(driver.check(generation).ok());
  const DriverChange change{.after = &generation};
  EXPECT_TRUE(driver.before_files(change, output).ok());
  EXPECT_TRUE(driver.after_files(change, output).ok());
  EXPECT_TRUE(driver.drift(generation)->empty());
}

TEST(GitDriver, TouchesNothingOnTheHost) {
  GitDriver driver;
  OutputTail output(100);
  const auto generation = testing::generation({{"root/etc/a", ""}});
  EXPECT_EQ(driver.name(), "git");
  EXPECT_TRUE(driver.available().ok());
  EXPECT_FALSE(driver.places_files());
  EXPECT_FALSE(driver.unpacks("a"));
  EXPECT_TRUE(driver.check(generation).ok());
  const DriverChange change{.after = &generation};
  EXPECT_TRUE(driver.before_files(change, output).ok());
  EXPECT_TRUE(driver.after_files(change, output).ok());
  EXPECT_TRUE(driver.drift(generation)->empty());
}

TEST(ProgramEnvironment, HoldsWhatEnginesAreFoundByAndNoTokens) {
  const std::map<std::string, std::string> own = {{"PATH", "/opt/bin"},
                                                  {"DOCKER_HOST", "unix:///x"},
                                                  {"HTTPS_PROXY", ""},
                                                  {"TITAN_TOKEN", "secret"},
                                                  {"LANG", "de_DE"}};
  const auto environment =
      program_environment([&](const std::string& name) -> std::optional<std::string> {
        const auto found = own.find(name);
        return found == own.end() ? std::nullopt : std::optional(found->second);
      });
  EXPECT_EQ(
      environment,
      (ProgramEnvironment{
          {"DOCKER_HOST", "unix:///x"}, {"HOME", "/root"}, {"LC_ALL", "C"}, {"PATH", "/opt/bin"}}));
}

}  // namespace
}  // namespace titan::agent

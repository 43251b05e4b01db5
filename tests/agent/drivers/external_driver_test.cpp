#include "agent/drivers/external_driver.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "agent/drivers/limits.hpp"
#include "base/json.hpp"
#include "model/limits.hpp"
#include "tests/agent/drivers/generations.hpp"
#include "tests/support/fake_process_runner.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using nlohmann::json;

void write_file(const std::string& path, const std::string& text, ::mode_t mode) {
  std::ofstream(path) << text;
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ExternalDriverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
    write_file(path_, "#!/bin/sh\n", 0755);
  }
  void answer(const std::string& text, int exit_code = 0) {
    runner_.answer(Outcome{.exit_code = exit_code, .output = text, .errors = "words\n"});
  }
  Result<void> apply(const DriverChange& change) {
    TITAN_TRY(driver_.before_files(change, output_));
    return driver_.after_files(change, output_);
  }
  json last_request() { return parse_json(runner_.commands().back().input).value(); }

  titan::testing::TemporaryDirectory folder_;
  std::string path_ = folder_.path() + "/titan-driver-hello";
  titan::testing::FakeProcessRunner runner_;
  ExternalDriver driver_{runner_, {.name = "hello", .path = path_, .host = "tim-pi"}};
  OutputTail output_{4096};
  Generation first_ =
      testing::generation({{"hello.txt", "hi"}, {"root/etc/a", "x"}}, 7, "/state/7");
  Generation old_ = testing::generation({{"hello.txt", "ho"}}, 6, "/state/6");
};

TEST_F(ExternalDriverTest, SendsAWholeRequest) {
  answer(R"({"ok":true,"actions":["copies hello.txt"]})");
  answer(R"({"ok":true})");
  ASSERT_TRUE(
      apply({.before = {&old_}, .after = &first_, .written = {"etc/a"}, .removed = {"b"}}).ok());
  ASSERT_EQ(runner_.commands().size(), 2U);
  EXPECT_EQ(runner_.commands().front().arguments, (std::vector<std::string>{path_, "plan"}));
  const Command& command = runner_.commands().back();
  EXPECT_EQ(command.arguments, (std::vector<std::string>{path_, "apply"}));
  EXPECT_EQ(command.timeout, std::chrono::minutes(10));
  EXPECT_EQ(command.directory, "/");
  EXPECT_TRUE(command.clean_environment);
  ProgramEnvironment expected = default_program_environment();
  expected.merge(ProgramEnvironment{{"TITAN_PROTOCOL", "1"},
                                    {"TITAN_OPERATION", "apply"},
                                    {"TITAN_HOST", "tim-pi"},
                                    {"TITAN_WORKSPACE", "default"},
                                    {"TITAN_DEPLOYMENT", "prod"},
                                    {"TITAN_VERSION", "7"},
                                    {"TITAN_DIGEST", first_.digest.text()},
                                    {"TITAN_FOLDER", "/state/7"},
                                    {"TITAN_PREVIOUS_FOLDER", "/state/6"}});
  EXPECT_EQ(command.environment, expected);
  const json request = last_request();
  EXPECT_EQ(request["protocol"], 1);
  EXPECT_EQ(request["operation"], "apply");
  EXPECT_EQ(request["host"], "tim-pi");
  EXPECT_EQ(request["deployment"], json({{"workspace", "default"}, {"name", "prod"}}));
  EXPECT_EQ(request["generation"]["version"], 7);
  EXPECT_EQ(request["generation"]["folder"], "/state/7");
  EXPECT_EQ(request["generation"]["files"].size(), 2U);
  EXPECT_EQ(request["generation"]["files"][0],
            json({{"path", "hello.txt"}, {"mode", "0644"}, {"digest", Digest::of("hi").text()}}));
  EXPECT_EQ(request["previous"][0]["version"], 6);
  EXPECT_EQ(request["written"], json({"etc/a"}));
  EXPECT_EQ(request["removed"], json({"b"}));
  EXPECT_EQ(output_.text(), "words\ncopies hello.txt\nwords\n");
}

TEST_F(ExternalDriverTest, RemovesBeforeTheFilesGo) {
  answer(R"({"ok":true})");
  const DriverChange change{.before = {&old_, &first_}};
  ASSERT_TRUE(driver_.before_files(change, output_).ok());
  EXPECT_EQ(runner_.commands().back().arguments.back(), "remove");
  EXPECT_FALSE(last_request().contains("generation"));
  EXPECT_EQ(last_request()["previous"].size(), 2U);
  EXPECT_FALSE(runner_.commands().back().environment.contains("TITAN_FOLDER"));
  ASSERT_TRUE(driver_.after_files(change, output_).ok());
  ASSERT_TRUE(driver_.before_files({}, output_).ok());
  EXPECT_EQ(runner_.commands().size(), 1U);
}

TEST_F(ExternalDriverTest, TellsTheDriftThatItIsTold) {
  answer(R"({"ok":true,"drift":["a is gone"],"more":1})");
  EXPECT_EQ(*driver_.drift(first_), std::vector<std::string>{"a is gone"});
  json many = {{"ok", true}, {"drift", json::array()}};
  for (int i = 0; i < 20; ++i) many["drift"].push_back(std::string(2000, 'x'));
  answer(many.dump());
  const auto drift = driver_.drift(first_);
  ASSERT_TRUE(drift.ok());
  EXPECT_EQ(drift->size(), model::kDriftTextsMax);
  EXPECT_EQ(drift->front().size(), model::kDriftTextBytesMax);
}

TEST_F(ExternalDriverTest, IsWhatItsCapabilitiesSay) {
  EXPECT_TRUE(driver_.places_files());
  EXPECT_TRUE(driver_.unpacks("a"));
  answer(R"({"ok":true,"protocol":1,"placesFiles":false,"unpacks":false})");
  ASSERT_TRUE(driver_.available().ok());
  EXPECT_FALSE(driver_.places_files());
  EXPECT_FALSE(driver_.unpacks("a"));
  answer(R"({"ok":true,"protocol":1})");
  ASSERT_TRUE(driver_.available().ok());
  EXPECT_TRUE(driver_.places_files());
  EXPECT_TRUE(driver_.unpacks("a"));
  EXPECT_FALSE(driver_.unpacks("root/a"));
  EXPECT_FALSE(last_request().contains("deployment"));
  EXPECT_EQ(driver_.name(), "hello");
}

TEST_F(ExternalDriverTest, IsNotAvailableWhenItCannotBeUsed) {
  struct Row {
    Outcome outcome;
    const char* message;
  };
  const std::vector<Row> rows = {
      {{.output = R"({"ok":true,"protocol":2})"}, "speaks version 2 of the protocol"},
      {{.output = R"({"ok":true})"}, "speaks version 0 of the protocol"},
      {{.output = R"({"ok":false,"reason":"no lamp"})"}, "no lamp"},
      {{.exit_code = 3}, "ended with exit code 3"},
  };
  for (const auto& [outcome, message] : rows) {
    runner_.answer(outcome);
    const auto available = driver_.available();
    ASSERT_FALSE(available.ok());
    EXPECT_EQ(available.error().code, ErrorCode::unavailable);
    EXPECT_NE(available.error().message.find(message), std::string::npos)
        << available.error().message;
  }
}

TEST_F(ExternalDriverTest, SaysClearlyWhatIsWrongWithAnAnswer) {
  struct Row {
    Outcome outcome;
    ErrorCode code;
    const char* message;
  };
  const std::string good = R"({"ok":true})";
  const std::vector<Row> rows = {
      {{.output = R"({"ok":false,"retry":true,"reason":"no power"})"},
       ErrorCode::unavailable,
       "no power"},
      {{.output = R"({"ok":false,"retry":false,"reason":"bad"})"}, ErrorCode::invalid, "bad"},
      {{.output = R"({"ok":false,"reason":"bad"})"}, ErrorCode::invalid, "bad"},
      {{.exit_code = 1, .output = R"({"ok":false,"reason":"bad"})"}, ErrorCode::invalid, "bad"},
      {{.output = R"({"ok":false})"}, ErrorCode::invalid, "gave no reason"},
      {{.output = R"({"ok":false,"reason":7})"}, ErrorCode::invalid, "gave no reason"},
      {{.output = ""}, ErrorCode::internal, "did not answer with an object in JSON"},
      {{.output = "hello"}, ErrorCode::internal, "did not answer with an object in JSON"},
      {{.output = "[]"}, ErrorCode::internal, "it is no object"},
      {{.output = good + good}, ErrorCode::internal, "did not answer with an object in JSON"},
      {{.output = R"({"ok":true,"ok":true})"}, ErrorCode::internal, "did not answer"},
      {{.output = "{}"}, ErrorCode::internal, "without \"ok\""},
      {{.output = R"({"ok":"true"})"}, ErrorCode::internal, "without \"ok\""},
      {{.output = R"({"ok":true,"actions":"a"})"}, ErrorCode::internal, "list of texts"},
      {{.output = R"({"ok":true,"actions":[1]})"}, ErrorCode::internal, "list of texts"},
      {{.exit_code = 2, .output = good}, ErrorCode::internal, "ended with exit code 2"},
      {{.exit_code = 2, .errors = "a\nno such lamp\n"},
       ErrorCode::internal,
       "\"titan-driver-hello plan\" ended with exit code 2: no such lamp"},
      {{.exit_code = 139, .output = good}, ErrorCode::internal, "was ended by signal 11"},
      {{.exit_code = 137, .timed_out = true}, ErrorCode::exhausted, "did not end within 30 s"},
      {{.output = std::string(kExternalAnswerBytesMax + 1, ' ')},
       ErrorCode::exhausted,
       "wrote more than 65536 bytes"},
  };
  for (const Row& row : rows) {
    runner_.answer(row.outcome);
    const auto applied = apply({.after = &first_});
    ASSERT_FALSE(applied.ok()) << row.message;
    EXPECT_EQ(applied.error().code, row.code) << row.message;
    EXPECT_NE(applied.error().message.find(row.message), std::string::npos)
        << applied.error().message;
  }
  runner_.answer(not_found("starting it: no such file"));
  EXPECT_EQ(apply({.after = &first_}).error().code, ErrorCode::unavailable);
  // What is wrong in apply, and in remove.
  answer(good);
  answer(R"({"ok":false,"reason":"late"})");
  EXPECT_EQ(apply({.after = &first_}).error().message, "late");
  answer(R"({"ok":false,"reason":"stays"})");
  EXPECT_EQ(apply({.before = {&first_}}).error().message, "stays");
  answer("no");
  EXPECT_EQ(driver_.drift(first_).error().code, ErrorCode::internal);
}

TEST_F(ExternalDriverTest, CutsReasonsAndLists) {
  answer(json({{"ok", false}, {"reason", std::string(5000, 'x')}}).dump());
  EXPECT_EQ(apply({.after = &first_}).error().message.size(), kExternalTextBytesMax);
}

TEST_F(ExternalDriverTest, RunsNothingThatOthersMayWriteTo) {
  const auto denied_for = [&](const std::string& message) {
    const auto applied = apply({.after = &first_});
    ASSERT_FALSE(applied.ok()) << message;
    EXPECT_EQ(applied.error().code, ErrorCode::denied) << applied.error().text();
    EXPECT_NE(applied.error().message.find(message), std::string::npos) << applied.error().text();
  };
  ASSERT_EQ(::chmod(path_.c_str(), 0775), 0);
  denied_for("others may write to it");
  ASSERT_EQ(::chmod(path_.c_str(), 0757), 0);
  denied_for("others may write to it");
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  denied_for("may not be executed");
  ASSERT_EQ(::chmod(path_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  denied_for("others may write to its folder");
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  EXPECT_TRUE(runner_.commands().empty());
  std::filesystem::remove(path_);
  EXPECT_EQ(apply({.after = &first_}).error().code, ErrorCode::not_found);
}

TEST(ExternalDrivers, AreFoundByTheirName) {
  const titan::testing::TemporaryDirectory first;
  const titan::testing::TemporaryDirectory second;
  const titan::testing::TemporaryDirectory open;
  for (const auto* folder : {&first, &second}) ::chmod(folder->path().c_str(), 0755);
  ::chmod(open.path().c_str(), 0777);
  write_file(first.path() + "/titan-driver-a", "", 0755);
  write_file(first.path() + "/titan-driver-b", "", 0775);
  write_file(first.path() + "/titan-driver-systemd", "", 0755);
  write_file(first.path() + "/titan-driver-Bad_Name", "", 0755);
  write_file(first.path() + "/titan-driver-", "", 0755);
  write_file(first.path() + "/other", "", 0755);
  std::filesystem::create_directory(first.path() + "/titan-driver-folder");
  write_file(second.path() + "/titan-driver-a", "", 0755);
  write_file(second.path() + "/titan-driver-b", "", 0755);
  write_file(second.path() + "/titan-driver-plain", "", 0644);
  std::filesystem::create_symlink(second.path() + "/titan-driver-b",
                                  second.path() + "/titan-driver-linked");
  write_file(open.path() + "/elsewhere", "", 0755);
  std::filesystem::create_symlink(open.path() + "/elsewhere",
                                  second.path() + "/titan-driver-tricky");
  const auto found =
      discover_external_drivers({first.path(), second.path(), first.path() + "/none"});
  EXPECT_EQ(found.paths, (std::map<std::string, std::string>{
                             {"a", first.path() + "/titan-driver-a"},
                             {"b", second.path() + "/titan-driver-b"},
                             {"linked", second.path() + "/titan-driver-linked"}}));
  ASSERT_EQ(found.refused.size(), 7U);
  const auto refused = [&](const std::string& name, const std::string& reason) {
    for (const std::string& text : found.refused) {
      if (text.find(name) != std::string::npos && text.find(reason) != std::string::npos)
        return true;
    }
    return false;
  };
  EXPECT_TRUE(refused("titan-driver-b", "others may write to it"));
  EXPECT_TRUE(refused("titan-driver-systemd", "itself"));
  EXPECT_TRUE(refused("Bad_Name", "driver"));
  EXPECT_TRUE(refused("titan-driver-folder", "no regular file"));
  EXPECT_TRUE(refused("titan-driver-plain", "may not be executed"));
  EXPECT_TRUE(refused("titan-driver-tricky", "others may write to its folder"));
}

TEST(ExternalDrivers, OfAnotherUserAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const titan::testing::TemporaryDirectory folder;
  ::chmod(folder.path().c_str(), 0755);
  const std::string path = folder.path() + "/titan-driver-a";
  write_file(path, "", 0755);
  ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
  EXPECT_NE(check_external_driver(path).error().message.find("belongs to user 12345"),
            std::string::npos);
}

TEST(ExternalDrivers, AreAtMostSoMany) {
  const titan::testing::TemporaryDirectory folder;
  ::chmod(folder.path().c_str(), 0755);
  for (std::size_t i = 0; i <= kExternalDriversMax; ++i) {
    write_file(folder.path() + "/titan-driver-" + std::to_string(i), "", 0755);
  }
  const auto found = discover_external_drivers({folder.path()});
  EXPECT_EQ(found.paths.size(), kExternalDriversMax);
  EXPECT_EQ(found.refused.size(), 1U);
}

// The example as it is, run for real.
class HelloDriverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
    const std::string path = folder_.path() + "/titan-driver-hello";
    write_file(path, read_file("examples/drivers/titan-driver-hello"), 0755);
    ExternalDriver::Options options{.name = "hello", .path = path};
    options.environment["HELLO_DIR"] = folder_.path() + "/hello";
    driver_ = std::make_unique<ExternalDriver>(runner_, options);
  }
  Generation unpacked(const std::string& text, std::uint64_t version) {
    const std::string folder = folder_.path() + "/" + std::to_string(version);
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/hello.txt") << text;
    return testing::generation({{"hello.txt", text}}, version, folder);
  }
  Result<void> apply(const DriverChange& change) {
    TITAN_TRY(driver_->before_files(change, output_));
    return driver_->after_files(change, output_);
  }

  titan::testing::TemporaryDirectory folder_;
  std::string target_ = folder_.path() + "/hello/default/prod/hello.txt";
  SystemProcessRunner runner_;
  std::unique_ptr<ExternalDriver> driver_;
  OutputTail output_{4096};
};

TEST_F(HelloDriverTest, SpeaksTheWholeProtocol) {
  const auto available = driver_->available();
  ASSERT_TRUE(available.ok()) << available.error().text();
  EXPECT_FALSE(driver_->places_files());
  EXPECT_TRUE(driver_->unpacks("hello.txt"));
  const auto first = unpacked("hi\n", 1);
  const auto second = unpacked("hello\n", 2);
  for (int i = 0; i < 2; ++i) {
    const auto applied = apply({.after = &first});
    ASSERT_TRUE(applied.ok()) << applied.error().text();
    EXPECT_EQ(read_file(target_), "hi\n");
  }
  EXPECT_EQ(output_.text(), "copies hello.txt\ncopies hello.txt\n");
  EXPECT_TRUE(driver_->drift(first)->empty());
  EXPECT_EQ(*driver_->drift(second), std::vector<std::string>{"hello.txt differs"});
  ASSERT_TRUE(apply({.before = {&first}, .after = &second}).ok());
  EXPECT_EQ(read_file(target_), "hello\n");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(apply({.before = {&first, &second}}).ok());
  EXPECT_FALSE(std::filesystem::exists(target_));
}

TEST_F(HelloDriverTest, GivesReasons) {
  const auto first = unpacked("hi\n", 1);
  std::filesystem::remove(first.folder + "/hello.txt");
  const auto applied = apply({.after = &first});
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::invalid);
  EXPECT_EQ(applied.error().message, "a template for it needs a file hello.txt");
  std::ofstream(folder_.path() + "/hello") << "in the way";
  const auto second = unpacked("hi\n", 2);
  const auto late = apply({.after = &second});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::unavailable);
  EXPECT_NE(output_.text().find("mkdir"), std::string::npos);
}

TEST_F(HelloDriverTest, IsStoppedWhenItRunsTooLongOrWritesTooMuch) {
  struct Row {
    const char* script;
    ErrorCode code;
    const char* message;
  };
  const auto first = unpacked("hi\n", 1);
  for (const auto& [script, code, message] :
       {Row{"sleep 60\n", ErrorCode::exhausted, "did not end within"},
        Row{"head -c 100000 /dev/zero\n", ErrorCode::exhausted, "wrote more than 65536 bytes"},
        Row{"kill -SEGV $$\n", ErrorCode::internal, "was ended by signal 11"},
        Row{"exit 9\n", ErrorCode::internal, "exit code 9"}}) {
    const std::string path = folder_.path() + "/titan-driver-bad";
    write_file(path, std::string("#!/bin/sh\n") + script, 0755);
    ExternalDriver driver(runner_,
                          {.name = "bad",
                           .path = path,
                           .timeout = std::chrono::milliseconds(
                               code == ErrorCode::exhausted && script[0] == 's' ? 100 : 30'000)});
    const DriverChange change{.after = &first};
    const auto before = driver.before_files(change, output_);
    ASSERT_FALSE(before.ok()) << script;
    EXPECT_EQ(before.error().code, code) << before.error().text();
    EXPECT_NE(before.error().message.find(message), std::string::npos) << before.error().text();
  }
}

}  // namespace
}  // namespace titan::agent

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_file_system.hpp"
#include "tests/support/fake_process_runner.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/temporary_directory.hpp"

// The fakes that other tests rest on do what they say.
namespace titan::testing {
namespace {

TEST(Faults, FailTheCallTheyWereToldToAndNoOther) {
  Faults faults;
  faults.fail_at(2, exhausted("full"));
  EXPECT_TRUE(faults.call("a").ok());
  EXPECT_EQ(faults.call("b").error().message, "full");
  EXPECT_TRUE(faults.call("c").ok());
  EXPECT_EQ(faults.calls(), (std::vector<std::string>{"a", "b", "c"}));
  faults.reset();
  EXPECT_EQ(faults.count(), 0U);
  EXPECT_TRUE(faults.call("a").ok());
  EXPECT_TRUE(faults.call("b").ok());
}

TEST(Faults, FailEveryCallFromOneOn) {
  Faults faults;
  faults.fail_from(2, internal("killed"));
  EXPECT_TRUE(faults.call("a").ok());
  EXPECT_FALSE(faults.call("b").ok());
  EXPECT_FALSE(faults.call("c").ok());
}

TEST(FakeFileSystem, LosesInAPowerCutWhatNoFolderWasSyncedFor) {
  FakeFileSystem files;
  ASSERT_TRUE(files.make_directory("kept", 0755).ok());
  ASSERT_TRUE(files.write("kept/durable", "1", 0644).ok());
  ASSERT_TRUE(files.write("kept/removed", "1", 0644).ok());
  ASSERT_TRUE(files.sync_directory("kept").ok());
  ASSERT_TRUE(files.sync_directory("").ok());
  ASSERT_TRUE(files.make_directory("lost", 0755).ok());
  ASSERT_TRUE(files.write("kept/lost", "1", 0644).ok());
  ASSERT_TRUE(files.write("kept/durable", "2", 0644).ok());
  ASSERT_TRUE(files.remove_file("kept/removed").ok());
  auto lock = files.lock("kept/durable").value();

  files.power_cut();

  using Entries = std::vector<FileSystem::Entry>;
  using Type = FileSystem::Type;
  EXPECT_EQ(files.list("").value(), (Entries{{"kept", Type::directory}}));
  EXPECT_EQ(files.list("kept").value(),
            (Entries{{"durable", Type::file}, {"removed", Type::file}}));
  EXPECT_EQ(files.read("kept/durable", 10).value(), "2");
  EXPECT_TRUE(files.lock("kept/durable").ok());
}

TEST(FakeFileSystem, LosesAFolderWhoseParentWasNotSyncedWithAllThatIsInIt) {
  FakeFileSystem files;
  ASSERT_TRUE(files.make_directory("a", 0755).ok());
  ASSERT_TRUE(files.write("a/file", "1", 0644).ok());
  ASSERT_TRUE(files.sync_directory("a").ok());
  files.power_cut();
  EXPECT_EQ(files.info("a").error().code, ErrorCode::not_found);
}

TEST(FakeFileSystem, TakesARenameBackThatWasNotSynced) {
  FakeFileSystem files;
  ASSERT_TRUE(files.write("a", "a", 0644).ok());
  ASSERT_TRUE(files.write("b", "b", 0644).ok());
  ASSERT_TRUE(files.sync_directory("").ok());
  ASSERT_TRUE(files.rename("a", "b").ok());
  files.power_cut();
  EXPECT_EQ(files.read("a", 10).value(), "a");
  EXPECT_EQ(files.read("b", 10).value(), "b");
}

TEST(FakeFileSystem, LeavesHalfOfAFailedWrite) {
  FakeFileSystem files;
  files.faults().fail_at(1, exhausted("full"));
  EXPECT_EQ(files.write("a", "12345678", 0644).error().code, ErrorCode::exhausted);
  EXPECT_EQ(files.read("a", 10).value(), "1234");
}

TEST(FakeProcessRunner, AnswersByScriptThenByHandler) {
  FakeProcessRunner runner([](const Command& command) {
    return Outcome{.output = "handled " + command.arguments.at(0)};
  });
  runner.answer(Outcome{.exit_code = 3});
  runner.faults().fail_at(3, not_found("no such program"));
  EXPECT_EQ(runner.run({.arguments = {"a", "b"}})->exit_code, 3);
  EXPECT_EQ(runner.run({.arguments = {"c"}})->output, "handled c");
  EXPECT_EQ(runner.run({.arguments = {"d"}}).error().code, ErrorCode::not_found);
  EXPECT_EQ(runner.faults().calls(), (std::vector<std::string>{"run a b", "run c", "run d"}));
  EXPECT_EQ(runner.commands().size(), 3U);
  EXPECT_EQ(FakeProcessRunner().run({.arguments = {"x"}})->exit_code, 0);
}

TEST(FakeTransport, AnswersByScriptThenByHandler) {
  FakeTransport transport([](const HttpRequest& request) {
    return HttpResponse{.status = 404, .body = request.target};
  });
  transport.answer(HttpResponse{.status = 204});
  transport.faults().fail_at(3, unavailable("no route"));
  EXPECT_EQ(transport.send({.target = "/a"})->status, 204);
  EXPECT_EQ(transport.send({.target = "/b"})->body, "/b");
  EXPECT_EQ(transport.send({.target = "/c"}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(transport.faults().calls(), (std::vector<std::string>{"GET /a", "GET /b", "GET /c"}));
  EXPECT_EQ(transport.requests().size(), 3U);
  EXPECT_EQ(FakeTransport().send({}).error().code, ErrorCode::internal);
}

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock;
  EXPECT_EQ(clock.wall().text(), "2026-03-01T12:00:00.000000Z");
  clock.advance(std::chrono::seconds(90));
  EXPECT_EQ(clock.wall().text(), "2026-03-01T12:01:30.000000Z");
  EXPECT_EQ(clock.monotonic(), std::chrono::seconds(90));
  clock.set_wall(Timestamp());
  EXPECT_EQ(clock.wall(), Timestamp());
  EXPECT_EQ(clock.monotonic(), std::chrono::seconds(90));
}

TEST(SystemClock, RunsForwardFromThisCentury) {
  const SystemClock clock;
  EXPECT_GT(clock.wall(), Timestamp::parse("2020-01-01T00:00:00Z").value());
  const auto before = clock.monotonic();
  EXPECT_GE(clock.monotonic(), before);
}

TEST(TemporaryDirectory, GoesWithAllThatIsInIt) {
  std::string path;
  {
    const TemporaryDirectory directory;
    path = directory.path();
    std::filesystem::create_directories(path + "/a/b");
    std::ofstream(path + "/a/b/c") << "x";
    EXPECT_TRUE(std::filesystem::exists(path + "/a/b/c"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace titan::testing

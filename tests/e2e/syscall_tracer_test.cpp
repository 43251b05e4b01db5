#include "tests/e2e/syscall_tracer.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/e2e/programs.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::testing {
namespace {

using Kind = Intervention::Kind;

class SyscallTracerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    if (!SyscallTracer::supported(why)) GTEST_SKIP() << why;
    std::ofstream(source()) << "0123456789";
    std::filesystem::create_directory(folder_.path() + "/in");
  }
  [[nodiscard]] std::string source() const { return folder_.path() + "/source"; }
  [[nodiscard]] std::string copy() const { return folder_.path() + "/in/copy"; }

  // dd reads and writes by plain system calls.
  [[nodiscard]] TracedRun run(const std::optional<Intervention>& intervention = {}) const {
    const SyscallTracer tracer(
        {.arguments = {"/bin/dd", "if=" + source(), "of=" + copy(), "conv=fsync", "status=none"},
         .log_path = folder_.path() + "/log",
         .folders = {folder_.path() + "/in"}});
    return tracer.run(intervention);
  }

  TemporaryDirectory folder_;
};

TEST_F(SyscallTracerTest, ListsWhatAProgramChangesInTheFolders) {
  const TracedRun traced = run();
  EXPECT_EQ(traced.exit_code, 0);
  ASSERT_EQ(traced.calls.size(), 3U);
  EXPECT_EQ(traced.calls[0].text(), "openat " + copy());
  EXPECT_TRUE(traced.calls[0].makes);
  EXPECT_EQ(traced.calls[1].text(), "write " + copy());
  EXPECT_EQ(traced.calls[1].result, 10);
  EXPECT_EQ(traced.calls[2].text(), "fsync " + copy());
}

TEST_F(SyscallTracerTest, KillsBeforeACallAndAfterIt) {
  EXPECT_EQ(run(Intervention{.call = 1, .kind = Kind::kill_before}).exit_code, 128 + SIGKILL);
  EXPECT_EQ(read_text(copy()), "");
  const TracedRun killed = run(Intervention{.call = 1, .kind = Kind::kill_after});
  EXPECT_TRUE(killed.struck);
  EXPECT_EQ(killed.exit_code, 128 + SIGKILL);
  EXPECT_EQ(read_text(copy()), "0123456789");
}

TEST_F(SyscallTracerTest, LetsACallFailOrDoAPart) {
  EXPECT_EQ(run(Intervention{.call = 1, .kind = Kind::fail, .error = ENOSPC}).exit_code, 1);
  EXPECT_NE(read_text(folder_.path() + "/log").find("No space left"), std::string::npos);
  EXPECT_EQ(read_text(copy()), "");
  const TracedRun shortened = run(Intervention{.call = 1, .kind = Kind::shorten});
  EXPECT_EQ(shortened.exit_code, 0);
  EXPECT_EQ(shortened.calls[1].result, 5);
  EXPECT_EQ(read_text(copy()), "0123456789") << "dd goes on with the rest";
}

TEST_F(SyscallTracerTest, FollowsWhatAProgramStarts) {
  const SyscallTracer tracer({.arguments = {"/bin/sh", "-c", "/bin/mkdir \"$0\"; true", copy()},
                              .log_path = folder_.path() + "/log",
                              .folders = {folder_.path() + "/in"}});
  const TracedRun traced = tracer.run();
  ASSERT_EQ(traced.calls.size(), 2U);
  EXPECT_EQ(traced.calls[0].rule->name, "execve");
  EXPECT_EQ(traced.calls[1].text(), "mkdir " + copy());
  const TracedRun killed = tracer.run(Intervention{.call = 0, .kind = Kind::kill_after});
  EXPECT_EQ(killed.exit_code, 128 + SIGKILL) << "the shell goes with its child";
}

TEST_F(SyscallTracerTest, SaysHowAProgramEnded) {
  const SyscallTracer tracer(
      {.arguments = {"/bin/sh", "-c", "kill -SEGV $$"}, .log_path = folder_.path() + "/log"});
  EXPECT_EQ(tracer.run().exit_code, 128 + SIGSEGV);
}

}  // namespace
}  // namespace titan::testing

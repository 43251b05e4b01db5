#include "agent/daemon.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <sstream>

#include "tests/support/fake_clock.hpp"

namespace titan::agent {
namespace {

using Event = DaemonSignals::Event;
using std::chrono::seconds;
using titan::testing::FakeClock;

// A daemon whose surroundings write down what happens, and play what is in the lists.
class DaemonTest : public ::testing::Test {
 protected:
  class FakeSteps final : public Steps {
   public:
    FakeSteps(DaemonTest& test, std::string host) : test_(test), host_(std::move(host)) {}
    ~FakeSteps() override { test_.story_ += "end " + host_ + "\n"; }
    FakeSteps(const FakeSteps&) = delete;
    FakeSteps& operator=(const FakeSteps&) = delete;
    Result<void> pause() override {
      test_.story_ += "pause " + host_ + "\n";
      return {};
    }
    StepResult step(Clock::Monotonic now) override {
      test_.story_ += "step " + host_ + "\n";
      return {.next = now + seconds(60)};
    }

   private:
    DaemonTest& test_;
    std::string host_;
  };

  Result<ExitCode> run() {
    const DaemonEnv env{
        .open = [this](const Configuration& with) -> Result<std::unique_ptr<Steps>> {
          story_ += "open " + with.host + "\n";
          if (!failures_.empty() && with.host == failures_.front().subject) {
            const Error error = failures_.front();
            failures_.pop_front();
            return error;
          }
          return std::unique_ptr<Steps>(std::make_unique<FakeSteps>(*this, with.host));
        },
        .reload = [this]() -> Result<Configuration> {
          auto next = std::move(configurations_.front());
          configurations_.pop_front();
          return next;
        },
        .wait =
            [this](std::chrono::microseconds time) {
              waited_.push_back(time);
              const Event event = events_.empty() ? Event::stop : events_.front();
              if (!events_.empty()) events_.pop_front();
              return event;
            },
        .clock = clock_,
        .log = log_};
    return run_daemon(env, configuration_of("a"));
  }
  static Configuration configuration_of(const std::string& host) {
    Configuration made;
    made.host = host;
    return made;
  }
  static Error failure(Error error, const std::string& host) {
    error.subject = host;
    return error;
  }

  FakeClock clock_;
  std::ostringstream text_;
  Log log_{text_, clock_, Log::Format::json};
  std::deque<Event> events_;
  std::deque<Result<Configuration>> configurations_;
  std::deque<Error> failures_;
  std::vector<std::chrono::microseconds> waited_;
  std::string story_;
};

TEST_F(DaemonTest, StepsWhenTheTimeHasComeOrSomebodyRingsUntilItIsStopped) {
  events_ = {Event::timeout, Event::readable, Event::stop};
  EXPECT_EQ(run().value(), ExitCode::done);
  EXPECT_EQ(story_, "open a\nstep a\nstep a\nstep a\npause a\nend a\n");
  EXPECT_EQ(waited_, std::vector<std::chrono::microseconds>(3, seconds(60)));
}

TEST_F(DaemonTest, GoesOnWithANewAgentWhenTheConfigurationChanged) {
  events_ = {Event::reload, Event::reload, Event::stop};
  configurations_.emplace_back(configuration_of("b"));
  configurations_.emplace_back(configuration_of("b"));
  EXPECT_EQ(run().value(), ExitCode::done);
  EXPECT_EQ(story_, "open a\nstep a\npause a\nend a\nopen b\nstep b\nstep b\npause b\nend b\n");
}

TEST_F(DaemonTest, KeepsTheOldConfigurationWhenTheNewOneIsBad) {
  events_ = {Event::reload, Event::reload, Event::stop};
  configurations_.emplace_back(invalid("no YAML"));
  configurations_.emplace_back(configuration_of("b"));
  failures_ = {failure(denied("not enrolled"), "b")};
  EXPECT_EQ(run().value(), ExitCode::done);
  EXPECT_EQ(story_,
            "open a\nstep a\nstep a\npause a\nend a\nopen b\nopen a\nstep a\npause a\nend a\n");
  EXPECT_NE(text_.str().find("no YAML"), std::string::npos);
  EXPECT_NE(text_.str().find("not enrolled"), std::string::npos);
}

TEST_F(DaemonTest, WaitsForARunThatTookTheLockMeanwhile) {
  events_ = {Event::reload, Event::timeout, Event::timeout, Event::stop};
  configurations_.emplace_back(configuration_of("b"));
  failures_ = {failure(conflict("locked"), "b"), failure(conflict("locked"), "b")};
  EXPECT_EQ(run().value(), ExitCode::done);
  EXPECT_EQ(story_,
            "open a\nstep a\npause a\nend a\nopen b\nopen b\nopen b\nstep b\npause b\nend b\n");
  EXPECT_EQ(waited_[1], kReopenPause);
}

TEST_F(DaemonTest, StopsWhileItHasNoAgent) {
  events_ = {Event::reload, Event::stop};
  configurations_.emplace_back(configuration_of("b"));
  failures_ = std::deque<Error>(2, failure(conflict("locked"), "b"));
  EXPECT_EQ(run().value(), ExitCode::done);
  EXPECT_EQ(story_, "open a\nstep a\npause a\nend a\nopen b\nopen b\nopen a\npause a\nend a\n");
}

TEST_F(DaemonTest, EndsWithTheErrorOfItsFirstAgent) {
  failures_ = {failure(conflict("locked"), "a")};
  EXPECT_EQ(run().error().code, ErrorCode::conflict);
  EXPECT_EQ(story_, "open a\n");
}

}  // namespace
}  // namespace titan::agent

#include "base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.hpp"

namespace titan {
namespace {

class LogTest : public ::testing::Test {
 protected:
  std::string human(std::string_view message, Log::Fields fields = {}) {
    return written(Log::Format::human, message, fields);
  }
  std::string in_json(std::string_view message, Log::Fields fields = {}) {
    return written(Log::Format::json, message, fields);
  }

  std::ostringstream out_;
  testing::FakeClock clock_;

 private:
  std::string written(Log::Format format, std::string_view message, Log::Fields fields) {
    out_.str("");
    Log(out_, clock_, format).info(message, fields);
    return out_.str();
  }
};

TEST_F(LogTest, WritesALineForPeople) {
  EXPECT_EQ(human("applied", {{"deployment", "default/prod"}, {"files", 3}, {"full", true}}),
            "12:00:00 info  applied deployment=default/prod files=3 full=true\n");
}

TEST_F(LogTest, WritesALineForMachinesWithNumbersAndBoolsAsSuch) {
  EXPECT_EQ(in_json("applied", {{"deployment", "default/prod"},
                                {"files", 3},
                                {"full", true},
                                {"least", std::int64_t{-9'223'372'036'854'775'807}},
                                {"count", "3"}}),
            R"({"time":"2026-03-01T12:00:00.000000Z","level":"info","message":"applied",)"
            R"("deployment":"default/prod","files":3,"full":true,"least":-9223372036854775807,)"
            R"("count":"3"})"
            "\n");
}

TEST_F(LogTest, NamesEveryLevelAndKeepsTheMessagesInOneColumn) {
  Log log(out_, clock_, Log::Format::human, Log::Level::debug);
  log.debug("m");
  log.info("m");
  log.warning("m");
  log.error("m");
  EXPECT_EQ(out_.str(), "12:00:00 debug m\n12:00:00 info  m\n12:00:00 warn  m\n12:00:00 error m\n");
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLeastLevel) {
  Log log(out_, clock_, Log::Format::human, Log::Level::warning);
  log.debug("no");
  log.info("no");
  EXPECT_EQ(out_.str(), "");
  log.warning("yes");
  log.error("yes");
  EXPECT_EQ(out_.str(), "12:00:00 warn  yes\n12:00:00 error yes\n");
}

TEST_F(LogTest, QuotesForPeopleWhatWouldBeUnclear) {
  const struct {
    std::string value, shown;
  } rows[] = {
      {"plain-1.0/x", "plain-1.0/x"},
      {"é", "é"},
      {"", "\"\""},
      {"two words", "\"two words\""},
      {"a=b", "\"a=b\""},
      {"say \"x\"", R"("say \"x\"")"},
      {"a\nb", R"("a\nb")"},
      {"\x1b[31mred", "\"\\u001b[31mred\""},
      {"\x7f", "\"\\u007f\""},
      {"\xc2\x9b"
       "31m",
       "\"\\u009b31m\""},
      {"\xff", "\"\xef\xbf\xbd\""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(human("m", {{"v", row.value}}), "12:00:00 info  m v=" + row.shown + "\n");
  }
}

TEST_F(LogTest, EscapesControlCharactersInTheMessageInBothFormats) {
  const std::string forged = "a\n12:00:00 info  forged\x1b[0m\x7f\xc2\x85";
  for (const std::string& line : {human(forged), in_json(forged)}) {
    EXPECT_NE(line.find("a\\n12:00:00 info  forged\\u001b[0m\\u007f\\u0085"), std::string::npos)
        << line;
    EXPECT_EQ(line.find('\n'), line.size() - 1);
  }
}

TEST_F(LogTest, EscapesForMachinesSoThatTheValueReadsBack) {
  const std::string value = "a\"\\\n\x7f\xc2\x9b";
  const auto record = nlohmann::json::parse(in_json("m", {{"v", value}}));
  EXPECT_EQ(record["v"], value);
}

TEST_F(LogTest, DoesNotLetAFieldReplaceTheTimeOrTheMessage) {
  const auto record = nlohmann::json::parse(in_json("m", {{"message", "x"}, {"level", "y"}}));
  EXPECT_EQ(record["message"], "m");
  EXPECT_EQ(record["level"], "info");
}

TEST_F(LogTest, KeepsLinesWholeBetweenThreads) {
  Log log(out_, clock_, Log::Format::human);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 100; ++i) log.info("message", {{"field", "value"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(out_.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(line, "12:00:00 info  message field=value");
  }
  EXPECT_EQ(count, 400);
}

TEST(LogFormat, IsForPeopleOnATerminalOnly) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  const int file = ::open("/dev/null", O_WRONLY);
  EXPECT_EQ(log_format_for(terminal), Log::Format::human);
  EXPECT_EQ(log_format_for(file), Log::Format::json);
  ::close(terminal);
  ::close(file);
}

}  // namespace
}  // namespace titan

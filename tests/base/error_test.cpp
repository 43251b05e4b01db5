#include "base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/exit_code.hpp"
#include "base/result.hpp"

namespace titan {
namespace {

TEST(Error, SaysSubjectFieldAndMessageLeavingOutWhatIsEmpty) {
  EXPECT_EQ(invalid("wrong").text(), "wrong");
  EXPECT_EQ(invalid_field("spec.labels", "wrong").text(), "spec.labels: wrong");
  Error error = invalid_field("spec.labels", "wrong");
  error.subject = "host tim-pi";
  EXPECT_EQ(error.text(), "host tim-pi: spec.labels: wrong");
}

TEST(Error, PutsTheContextBeforeTheMessageAndKeepsTheRest) {
  Error inner = not_found("no such file");
  inner.subject = "etc/a.conf";
  const Error outer = inner.context("reading the state");
  EXPECT_EQ(outer.code, ErrorCode::not_found);
  EXPECT_EQ(outer.message, "reading the state: no such file");
  EXPECT_EQ(outer.subject, "etc/a.conf");
}

TEST(Error, IsRetryableOnlyWhenUnavailable) {
  EXPECT_TRUE(unavailable("later").retryable());
  for (const Error& error : {invalid(""), not_found(""), conflict(""), denied(""), expired(""),
                             exhausted(""), internal("")}) {
    EXPECT_FALSE(error.retryable()) << name_of(error.code);
  }
}

TEST(Error, HasANameAndAnExitCodeForEachCode) {
  const struct {
    Error error;
    std::string_view name;
    ExitCode exit;
  } rows[] = {
      {invalid(""), "invalid", ExitCode::failed},
      {not_found(""), "not_found", ExitCode::not_found},
      {conflict(""), "conflict", ExitCode::conflict},
      {denied(""), "denied", ExitCode::denied},
      {unavailable(""), "unavailable", ExitCode::unreachable},
      {expired(""), "expired", ExitCode::failed},
      {exhausted(""), "exhausted", ExitCode::failed},
      {internal(""), "internal", ExitCode::failed},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(name_of(row.error.code), row.name);
    EXPECT_EQ(exit_code_of(row.error.code), row.exit) << row.name;
  }
}

TEST(SystemError, FindsTheCodeForAnErrnoValue) {
  const struct {
    int errno_value;
    ErrorCode code;
  } rows[] = {
      {ENOENT, ErrorCode::not_found}, {ENOTDIR, ErrorCode::not_found},
      {EEXIST, ErrorCode::conflict},  {ENOTEMPTY, ErrorCode::conflict},
      {EACCES, ErrorCode::denied},    {EROFS, ErrorCode::denied},
      {ENOSPC, ErrorCode::exhausted}, {EMFILE, ErrorCode::exhausted},
      {ELOOP, ErrorCode::invalid},    {ENAMETOOLONG, ErrorCode::invalid},
      {EIO, ErrorCode::unavailable},  {ECONNREFUSED, ErrorCode::unavailable},
      {EBADF, ErrorCode::internal},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(system_error(row.errno_value, "doing").code, row.code) << row.errno_value;
  }
  EXPECT_EQ(system_error(ENOENT, "opening").message, "opening: No such file or directory");
}

Result<int> half_of(int number) {
  if (number % 2 != 0) return invalid("odd");
  return number / 2;
}

Result<int> quarter_of(int number) {
  TITAN_ASSIGN(const int half, half_of(number));
  TITAN_TRY(half_of(half));
  return half / 2;
}

TEST(Result, LeavesTheFunctionAtTheFirstError) {
  EXPECT_EQ(quarter_of(12).value(), 3);
  EXPECT_EQ(quarter_of(6).error().message, "odd");
  EXPECT_EQ(quarter_of(3).error().message, "odd");
}

}  // namespace
}  // namespace titan

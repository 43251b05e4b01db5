#pragma once

#include <string>
#include <string_view>

namespace titan {

// What went wrong, in the few kinds a caller can act on.
enum class ErrorCode {
  invalid,      // the input is wrong; the same input fails again
  not_found,    // the thing named does not exist
  conflict,     // it exists already, changed meanwhile, or is in use
  denied,       // not allowed to
  unavailable,  // a passing fault: the same call may succeed later
  expired,      // it was there and is kept no longer: begin anew
  exhausted,    // a limit was reached: size, space, count
  internal,     // a fault of titan's own or of its storage
};

std::string_view name_of(ErrorCode code);

// An Error says what was found and what was expected, in a sentence that a person can act on.
// `subject` is the thing it is about ("deployment default/prod", a path); `field` is the place
// inside the subject ("spec.labels.region"), empty when there is none.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::string subject = {};
  std::string field = {};

  // The same error, its message preceded by what was being done: "applying default/prod: …".
  [[nodiscard]] Error context(std::string_view doing) const;
  // Only `unavailable` may succeed when tried again unchanged.
  [[nodiscard]] bool retryable() const { return code == ErrorCode::unavailable; }
  // "subject: field: message", leaving out what is empty.
  [[nodiscard]] std::string text() const;
};

Error invalid(std::string message);
Error not_found(std::string message);
Error conflict(std::string message);
Error denied(std::string message);
Error unavailable(std::string message);
Error expired(std::string message);
Error exhausted(std::string message);
Error internal(std::string message);

// The same error, about another subject.
Error about(std::string subject, Error error);

// An error about one field, such as "spec.labels.region".
Error invalid_field(std::string field, std::string message);

// The Error for an errno value: ENOENT is not_found, EACCES denied, ENOSPC exhausted, and so on.
Error system_error(int errno_value, std::string_view doing);

}  // namespace titan

#pragma once

#include "base/error.hpp"

namespace titan {

// The exit codes of every titan program.
enum class ExitCode {
  done = 0,
  failed = 1,
  usage = 2,
  not_found = 3,
  conflict = 4,
  denied = 5,
  unreachable = 6,
  locked = 7,
};

constexpr ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
      return ExitCode::not_found;
    case ErrorCode::conflict:
      return ExitCode::conflict;
    case ErrorCode::denied:
      return ExitCode::denied;
    case ErrorCode::unavailable:
      return ExitCode::unreachable;
    default:
      return ExitCode::failed;
  }
}

}  // namespace titan

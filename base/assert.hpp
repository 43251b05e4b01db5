#pragma once

namespace titan {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}

// For programmer errors only, and kept in release builds: wrong input is a Result, never an assert.
#define TITAN_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::titan::assertion_failed(#condition, __FILE__, __LINE__))

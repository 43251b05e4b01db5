#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace titan {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "titan: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace titan

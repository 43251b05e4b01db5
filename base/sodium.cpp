#include "base/sodium.hpp"

#include <sodium.h>

#include "base/assert.hpp"

namespace titan::sodium {

void start() {
  static const int kStarted = ::sodium_init();  // 1 when somebody else in the process did it
  TITAN_ASSERT(kStarted >= 0);
}

}  // namespace titan::sodium

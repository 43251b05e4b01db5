#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace titan::testing {

// A request that a server must refuse, as it comes over a connection.
struct BadRequestSample {
  std::string name;
  std::string bytes;
  int status = 0;
};

// Those of tests/server-lite/front_door/bad_requests.txt, which says how they are written down.
// Throws std::runtime_error, which names the line, when one cannot be read.
std::vector<BadRequestSample> bad_requests();

// The bytes of such a line: escapes, abbreviations and repetitions carried out.
std::string unescaped(std::string_view text);

}  // namespace titan::testing

#pragma once

#include <cstdint>

#include "render/limits.hpp"

namespace titan::render {

// What one rendering may still spend. The files of one template share one Budget, so that a
// thousand small bombs are no better than a big one. Not for use from several threads at once.
struct Budget {
  std::int64_t steps = kStepsMax;          // below zero: spent
  std::int64_t pieces = kTracedPiecesMax;  // of the output, when their origins are recorded
};

}  // namespace titan::render

#pragma once

#include "base/result.hpp"
#include "bench/load_options.hpp"

namespace titan::bench {

// What door_load can do. Each reads its options, runs, and prints lines of a name and a value. An
// error: it could not be run.
Result<void> run_polls(const LoadOptions& options);
Result<void> run_attack(const LoadOptions& options);
Result<void> run_parked(const LoadOptions& options);

}  // namespace titan::bench

#pragma once

namespace titan::fleet {

// A fault of the agent, put in on purpose to show that the simulation finds it. None is in the
// agent's code: each is what the fault would do, at a seam or between two steps.
enum class Mutation {
  none,
  // The agent takes tombstones for nothing: what was desired before a step and is not after it is
  // put back into state.json.
  loses_tombstones,
  // The monotonic clock that the agent is given is the wall clock.
  trusts_the_wall_clock,
  // write() and flush() of the state directory flush nothing: what was written in a step is lost
  // or empty when the power ends in that step.
  leaves_out_file_flushes,
  // sync_directory() of both disks does nothing: names that are new or gone are as they were, when
  // the power ends.
  leaves_out_folder_flushes,
  // An answer 503 or 429 costs an attempt: each deployment that is desired and not applied yet has
  // one attempt more in state.json after a step that met one.
  counts_busy_answers,
};

}  // namespace titan::fleet

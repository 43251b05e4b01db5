#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/drivers/driver.hpp"
#include "base/file_system.hpp"
#include "base/output_tail.hpp"
#include "base/process_runner.hpp"
#include "base/result.hpp"

namespace titan::agent {

// Programs of a template that run at certain moments of a change: `hooks/pre-apply`,
// `hooks/post-apply` and `hooks/pre-remove` in its directory, or the files that its manifest names
// (model::Hooks), each for at most kHookTimeout, or as long as the manifest says. They are rendered
// like all files, and run from Generation::folder, as the agent's user, with these variables beside
// its own: TITAN_HOOK ("pre-apply"), TITAN_DEPLOYMENT ("default/prod"), TITAN_VERSION, TITAN_HOST
// and TITAN_ROOT (the host's root as an absolute path). A hook may be run again after a kill. When
// a new form fails, the hooks of the one that is put back run as well; then their failing holds up
// nothing.
enum class Hook : std::uint8_t {
  pre_apply,   // before anything of the host is touched
  post_apply,  // once the driver is done, before health is checked
  pre_remove,  // before the deployment leaves
};

// Whether the file of a template is one of them, or lies in their folder for their use.
bool belongs_to_hooks(std::string_view path);

struct HookHost {
  ProcessRunner& processes;
  FileSystem& root;
  std::string name = {};
};

// Done when the generation has no such hook. invalid: it cannot be executed by its mode. internal:
// it did not end with 0, or took longer than it may; what it wrote goes to `output`. And the
// errors of ProcessRunner.
Result<void> run_hook(Hook hook, const Generation& generation, const HookHost& host,
                      OutputTail& output);

}  // namespace titan::agent

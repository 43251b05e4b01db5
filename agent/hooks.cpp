#include "agent/hooks.hpp"

#include <algorithm>
#include <array>

#include "agent/limits.hpp"
#include "base/duration.hpp"

namespace titan::agent {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"pre-apply", "post-apply", "pre-remove"};
constexpr std::uint32_t kOwnerMayExecute = 0100;

const model::HookRule& rule_of(Hook hook, const model::Hooks& hooks) {
  if (hook == Hook::pre_apply) return hooks.pre_apply;
  return hook == Hook::post_apply ? hooks.post_apply : hooks.pre_remove;
}

}  // namespace

bool belongs_to_hooks(std::string_view path) {
  return path.starts_with(model::kHooksFolder);
}

Result<void> run_hook(Hook hook, const Generation& generation, const HookHost& host,
                      OutputTail& output) {
  const std::string name(kNames.at(static_cast<std::size_t>(hook)));
  const model::HookRule& rule = rule_of(hook, generation.hooks);
  const std::string path = rule.file.empty() ? std::string(model::kHooksFolder) + name : rule.file;
  const std::chrono::seconds timeout = rule.timeout.count() == 0 ? kHookTimeout : rule.timeout;
  const auto file = std::ranges::find(generation.files, path, &model::RenderedFile::path);
  if (file == generation.files.end()) return {};
  if ((file->mode & kOwnerMayExecute) == 0) {
    return invalid(path + " cannot be executed; give it the mode 0755 in the template");
  }
  TITAN_ASSIGN(const std::string root, host.root.absolute_path());
  const Command command{.arguments = {generation.folder + "/" + path},
                        .environment = {{"TITAN_HOOK", name},
                                        {"TITAN_DEPLOYMENT", generation.key.short_text()},
                                        {"TITAN_VERSION", std::to_string(generation.version)},
                                        {"TITAN_HOST", host.name},
                                        {"TITAN_ROOT", root}},
                        .directory = generation.folder,
                        .timeout = timeout,
                        .output_bytes_max = kHookOutputBytesMax};
  auto outcome = host.processes.run(command);
  if (!outcome) return outcome.error().context(path);
  output.add(outcome->output);
  output.add(outcome->errors);
  if (outcome->timed_out) {
    return internal(path + " took longer than " + duration_text(timeout));
  }
  if (outcome->exit_code != 0) {
    return internal(path + " ended with " + std::to_string(outcome->exit_code));
  }
  return {};
}

}  // namespace titan::agent

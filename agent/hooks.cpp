#include "agent/hooks.hpp"

#include <algorithm>
#include <array>

#include "agent/limits.hpp"

namespace titan::agent {
namespace {

constexpr std::string_view kHooksFolder = "hooks/";
constexpr std::array<std::string_view, 3> kPaths = {"hooks/pre-apply", "hooks/post-apply",
                                                    "hooks/pre-remove"};
constexpr std::uint32_t kOwnerMayExecute = 0100;

}  // namespace

std::string_view path_of(Hook hook) {
  return kPaths.at(static_cast<std::size_t>(hook));
}

bool belongs_to_hooks(std::string_view path) {
  return path.starts_with(kHooksFolder);
}

Result<void> run_hook(Hook hook, const Generation& generation, const HookHost& host,
                      OutputTail& output) {
  const std::string path(path_of(hook));
  const auto file = std::ranges::find(generation.files, path, &model::RenderedFile::path);
  if (file == generation.files.end()) return {};
  if ((file->mode & kOwnerMayExecute) == 0) {
    return invalid(path + " cannot be executed; give it the mode 0755 in the template");
  }
  TITAN_ASSIGN(const std::string root, host.root.absolute_path());
  const Command command{.arguments = {generation.folder + "/" + path},
                        .environment = {{"TITAN_HOOK", path.substr(kHooksFolder.size())},
                                        {"TITAN_DEPLOYMENT", generation.key.short_text()},
                                        {"TITAN_VERSION", std::to_string(generation.version)},
                                        {"TITAN_HOST", host.name},
                                        {"TITAN_ROOT", root}},
                        .directory = generation.folder,
                        .timeout = kHookTimeout,
                        .output_bytes_max = kHookOutputBytesMax};
  auto outcome = host.processes.run(command);
  if (!outcome) return outcome.error().context(path);
  output.add(outcome->output);
  output.add(outcome->errors);
  if (outcome->timed_out) {
    return internal(path + " took longer than " + std::to_string(kHookTimeout.count() / 1000) +
                    " seconds");
  }
  if (outcome->exit_code != 0) {
    return internal(path + " ended with " + std::to_string(outcome->exit_code));
  }
  return {};
}

}  // namespace titan::agent

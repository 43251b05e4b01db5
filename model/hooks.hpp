#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan::model {

// What a template says of one of its hooks.
struct HookRule {
  std::string file = {};              // below hooks/; empty: the one that is named after the hook
  std::chrono::seconds timeout = {};  // zero: the agent's own
  bool operator==(const HookRule&) const = default;
};

// Programs of a template that a host runs at certain moments of a change: docs/spec/template.md,
// "Hooks". A plain value.
struct Hooks {
  HookRule pre_apply = {};   // before anything of the host is touched
  HookRule post_apply = {};  // once the driver is done, before health is checked
  HookRule pre_remove = {};  // before the deployment leaves
  bool operator==(const Hooks&) const = default;
};

constexpr std::string_view kHooksFolder = "hooks/";

// {preApply, postApply, preRemove}, each {file, timeout}; what says nothing is left out.
nlohmann::json json_of(const Hooks& hooks);
// `path` is where the object stands. invalid: `field` begins with it. Whether the files are there
// and may be executed, model::check_hooks() says (model/template.hpp).
Result<Hooks> parse_hooks(const nlohmann::json& object, std::string_view path);

}  // namespace titan::model

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "model/assignment.hpp"
#include "model/deployment.hpp"
#include "model/device.hpp"
#include "model/enrollment.hpp"
#include "model/host.hpp"
#include "model/kind.hpp"
#include "model/secret.hpp"
#include "model/target.hpp"
#include "model/template.hpp"
#include "model/token.hpp"
#include "model/workload.hpp"
#include "model/workspace.hpp"

namespace titan::model {

// What is desired, by kind, in the order of enum Kind: spec.index() is the kind's number.
using Spec =
    std::variant<WorkspaceSpec, HostSpec, TemplateSpec, WorkloadSpec, TargetSpec, DeploymentSpec,
                 AssignmentSpec, TokenSpec, EnrollmentSpec, DeviceSpec, SecretSpec>;

// The spec as camelCase JSON; fields that say nothing are left out.
nlohmann::json json_of(const Spec& spec);

// Reads and validates the spec of a kind. invalid: `field` begins with "spec".
Result<Spec> parse_spec(Kind kind, const nlohmann::json& json);

// A template's file list, as it stands in a template's spec and in a manifest: sorted by path.
// invalid: `field` begins with `path`.
nlohmann::json json_of(const std::vector<TemplateFile>& files);
Result<std::vector<TemplateFile>> parse_template_files(const nlohmann::json& array,
                                                       std::string_view path);

// invalid unless it is one of kEscapeNames.
Result<void> check_escape(std::string_view name);

// File modes in JSON are octal text: "0644". At most 0777.
std::string mode_text(std::uint32_t mode);
Result<std::uint32_t> parse_mode(std::string_view text);

}  // namespace titan::model

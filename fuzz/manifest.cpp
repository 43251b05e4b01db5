// What a host and the server say to each other: manifests, sync requests and the reports in them;
// and rows of the change log. Each is tried as each.

#include "model/manifest.hpp"

#include <nlohmann/json.hpp>
#include <type_traits>

#include "base/json.hpp"
#include "fuzz/target.hpp"
#include "model/change.hpp"
#include "model/report.hpp"

namespace titan::fuzz {
namespace {

using nlohmann::json;

// Whatever `parse` accepts prints to the same text again and again.
template <class Value>
void check(Result<Value> (*parse)(const json&), const json& value) {
  const auto parsed = parse(value);
  if (!parsed) {
    require(!parsed.error().message.empty(), "an error says something");
    return;
  }
  const std::string text = canonical_json(json_of(*parsed));
  const auto again = parse(parse_json(text).value());
  require(again.ok(), "what was accepted is accepted again", text);
  require(canonical_json(json_of(*again)) == text, "it prints as before", text);
  if constexpr (requires { *parsed == *again; }) {
    require(*parsed == *again, "it reads back equal", text);
  }
  if constexpr (std::is_same_v<Value, model::DesiredDeployment>) {
    const auto inputs = model::inputs_with_placeholders(*parsed);
    require(!inputs || !model::first_secret_reference(*inputs), "no reference is left", text);
  }
}

}  // namespace

void run(std::string_view input) {
  const auto value = parse_json(input);
  if (!value) return;
  check(&model::parse_manifest, *value);
  check(&model::parse_desired_deployment, *value);
  check(&model::parse_sync_request, *value);
  check(&model::parse_report, *value);
  check(&model::parse_change, *value);
  if (const auto report = model::parse_report(*value)) (void)model::digest_of(*report);
}

}  // namespace titan::fuzz

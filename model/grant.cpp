#include "model/grant.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "model/field_reader.hpp"
#include "model/key.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

Result<Grant> parse_grant(const json& object, const std::string& path) {
  FieldReader reader(object, path);
  reader.require({"role"});
  Grant grant{.role = reader.parsed<Role>("role", &parse_role),
              .workspace = reader.text("workspace")};
  if (!grant.workspace.empty()) {
    const auto checked = check_name(reader.path_of("workspace"), grant.workspace);
    if (!checked) reader.refuse(checked.error());
  }
  TITAN_TRY(reader.finish());
  return grant;
}

}  // namespace

std::string text_of(const Grant& grant) {
  std::string text(name_of(grant.role));
  return grant.workspace.empty() ? text : text + " in workspace " + grant.workspace;
}

json json_of(const std::vector<Grant>& grants) {
  json array = json::array();
  for (const Grant& grant : grants) {
    json object = {{"role", name_of(grant.role)}};
    if (!grant.workspace.empty()) object["workspace"] = grant.workspace;
    array.push_back(std::move(object));
  }
  return array;
}

Result<std::vector<Grant>> parse_grants(const json& array, std::string_view path) {
  std::vector<Grant> grants;
  for (const json& item : array) {
    const std::string place = std::string(path) + "[" + std::to_string(grants.size()) + "]";
    TITAN_ASSIGN(grants.emplace_back(), parse_grant(item, place));
  }
  return grants;
}

}  // namespace titan::model

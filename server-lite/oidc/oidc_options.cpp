#include "server-lite/oidc/oidc_options.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "client/provider_metadata.hpp"
#include "model/field_reader.hpp"
#include "model/key.hpp"
#include "server-lite/oidc/limits.hpp"

namespace titan::oidc {
namespace {

using model::FieldReader;
using nlohmann::json;

Result<void> check_size(const std::string& field, std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return {};
  return invalid_field(field, "has " + std::to_string(text.size()) + " bytes; expected at most " +
                                  std::to_string(bytes_max));
}

Result<void> check_role(const std::string& field, const std::string& role) {
  const std::vector<std::string> roles = {"viewer", "developer", "platform", "admin"};
  if (std::ranges::find(roles, role) != roles.end()) return {};
  return invalid_field(field, quote(role) + " is no role" + did_you_mean(role, roles) +
                                  "; expected viewer, developer, platform or admin");
}

// scope-token of RFC 6749, section 3.3.
Result<void> check_scopes(const std::vector<std::string>& scopes) {
  const auto is_scope_character = [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
  };
  for (const std::string& scope : scopes) {
    TITAN_TRY(check_size("scopes", scope, kScopeBytesMax));
    if (scope.empty() || !std::ranges::all_of(scope, is_scope_character)) {
      return invalid_field("scopes", quote(scope) + " is no scope of OAuth 2.0");
    }
  }
  if (std::ranges::find(scopes, "openid") != scopes.end()) return {};
  return invalid_field("scopes", "\"openid\" is missing; without it there is no ID token");
}

Result<OidcOptions::Rule> read_rule(const json& item, const std::string& path) {
  FieldReader reader(item, path);
  OidcOptions::Rule rule{.group = reader.required_text("group"),
                         .grant = {.role = reader.required_text("role"),
                                   .workspace = reader.text("workspace"),
                                   .organization = reader.text("organization")}};
  TITAN_TRY(reader.finish());
  TITAN_TRY(check_size(path + ".group", rule.group, kGroupBytesMax));
  TITAN_TRY(check_role(path + ".role", rule.grant.role));
  if (!rule.grant.workspace.empty()) {
    TITAN_TRY(model::check_name(path + ".workspace", rule.grant.workspace));
  }
  if (!rule.grant.organization.empty()) {
    TITAN_TRY(model::check_name(path + ".organization", rule.grant.organization));
  }
  return rule;
}

Result<std::vector<OidcOptions::Rule>> read_rules(const json& items) {
  std::vector<OidcOptions::Rule> rules;
  for (const json& item : items) {
    const std::string path = "rules[" + std::to_string(rules.size()) + "]";
    TITAN_ASSIGN(OidcOptions::Rule rule, read_rule(item, path));
    if (std::ranges::find(rules, rule) != rules.end()) {
      return invalid_field(path, "the same rule stands there twice");
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

Result<OidcOptions> read_options(const json& document) {
  FieldReader reader(document, "");
  OidcOptions options;
  options.issuer = reader.required_text("issuer");
  options.client_id = reader.required_text("clientId");
  if (reader.has("scopes")) options.scopes = reader.texts("scopes", kScopesMax);
  if (auto claim = reader.text("groupsClaim"); !claim.empty()) options.groups_claim = claim;
  const json* rules = reader.array("rules", kRulesMax);
  TITAN_TRY(reader.finish());
  if (rules != nullptr) {
    TITAN_ASSIGN(options.rules, read_rules(*rules));
  }
  TITAN_TRY(client::ProviderMetadata::url_of(options.issuer));
  TITAN_TRY(check_size("clientId", options.client_id, kClientIdBytesMax));
  TITAN_TRY(check_size("groupsClaim", options.groups_claim, kClaimNameBytesMax));
  TITAN_TRY(check_scopes(options.scopes));
  return options;
}

}  // namespace

std::vector<Grant> OidcOptions::grants_of(const std::vector<std::string>& groups) const {
  std::vector<Grant> grants;
  for (const Rule& rule : rules) {
    const bool fits = std::ranges::find(groups, rule.group) != groups.end();
    if (fits && std::ranges::find(grants, rule.grant) == grants.end()) {
      grants.push_back(rule.grant);
    }
  }
  return grants;
}

Result<OidcOptions> parse_oidc_options(std::string_view text) {
  if (text.size() > kOptionsBytesMax) {
    return exhausted("the file has " + std::to_string(text.size()) + " bytes; expected at most " +
                     std::to_string(kOptionsBytesMax));
  }
  TITAN_ASSIGN(const auto documents, parse_yaml(text));
  if (documents.size() != 1) {
    return invalid("holds " + std::to_string(documents.size()) + " documents; expected one");
  }
  return read_options(documents.front());
}

}  // namespace titan::oidc

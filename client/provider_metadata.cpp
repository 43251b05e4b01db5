#include "client/provider_metadata.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "client/limits.hpp"

namespace titan::client {
namespace {

using nlohmann::json;

// "" when the field is absent.
Result<std::string> text_of(const json& object, const std::string& field) {
  const auto found = object.find(field);
  if (found == object.end()) return std::string();
  if (!found->is_string()) return invalid_field(field, "expected a string");
  return found->get<std::string>();
}

Result<std::string> endpoint_of(const json& object, const std::string& field, bool encrypted) {
  TITAN_ASSIGN(std::string text, text_of(object, field));
  if (text.empty()) return text;
  const auto url = WebUrl::parse(text);
  if (!url) return invalid_field(field, url.error().message);
  if (encrypted && !url->encrypted) {
    return invalid_field(field, quote(text) + " is not encrypted, but the issuer is");
  }
  return text;
}

bool lists(const json& object, const std::string& field, std::string_view value) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_array()) return false;
  return std::any_of(found->begin(), found->end(), [&](const json& item) {
    return item.is_string() && item.get_ref<const std::string&>() == value;
  });
}

}  // namespace

Result<std::string> ProviderMetadata::url_of(std::string_view issuer) {
  const auto url = WebUrl::parse(issuer);
  if (!url) return invalid_field("issuer", url.error().message);
  if (url->target.find('?') != std::string::npos) {
    return invalid_field("issuer", quote(issuer) + " has a query; an issuer has none");
  }
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + "/.well-known/openid-configuration";
}

Result<ProviderMetadata> ProviderMetadata::parse(std::string_view text, std::string_view issuer) {
  TITAN_ASSIGN(const WebUrl url, WebUrl::parse(issuer));
  TITAN_ASSIGN(const json object, parse_json(text, kProviderAnswerBytesMax));
  if (!object.is_object()) return invalid("the provider's metadata are no JSON object");
  ProviderMetadata metadata;
  TITAN_ASSIGN(metadata.issuer, text_of(object, "issuer"));
  if (metadata.issuer != issuer) {
    return invalid_field("issuer", "the provider says that it is " + quote(metadata.issuer) +
                                       "; expected " + quote(issuer));
  }
  TITAN_ASSIGN(metadata.jwks_uri, endpoint_of(object, "jwks_uri", url.encrypted));
  TITAN_ASSIGN(metadata.token_endpoint, endpoint_of(object, "token_endpoint", url.encrypted));
  TITAN_ASSIGN(metadata.device_authorization_endpoint,
               endpoint_of(object, "device_authorization_endpoint", url.encrypted));
  metadata.takes_s256 = lists(object, "code_challenge_methods_supported", "S256");
  return metadata;
}

}  // namespace titan::client

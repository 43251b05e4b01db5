#include "model/secret_use.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/key.hpp"
#include "model/limits.hpp"
#include "model/manifest.hpp"
#include "model/secret.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

constexpr const char* kMember = "$secret";
constexpr std::string_view kForm = R"(a reference to a secret is {"$secret": NAME, "key": KEY})";

std::string path_of(const std::string& path, const std::string& member) {
  const std::string shown = clip(member, kFieldShownMax);
  return path.empty() ? shown : path + "." + shown;
}

Result<SecretReference> parse_reference(const json& value, const std::string& path) {
  const auto refuse = [&](const std::string& found) {
    std::string message(kForm);
    message.append(": ").append(found);
    return invalid_field(path, std::move(message));
  };
  for (const auto& [member, content] : value.items()) {
    if (member != kMember && member != "key") {
      return refuse("found the member " + quote(member) + " beside these");
    }
    if (!content.is_string()) return refuse(member + " is " + found_text(content));
  }
  if (!value.contains("key")) return refuse("key is missing");
  SecretReference reference{.name = value[kMember].get<std::string>(),
                            .key = value["key"].get<std::string>()};
  if (const auto checked = check_name(path, reference.name); !checked) {
    return refuse(checked.error().message);
  }
  if (!is_secret_key(reference.key)) {
    return refuse(quote(reference.key) + " is not the key of a secret");
  }
  return reference;
}

// Visits each reference in `value`, which stands at `path`, and may replace it. How deep values
// are is bounded where they were parsed.
template <class Json>
Result<void> for_each_reference(
    Json& value, const std::string& path,
    const std::function<Result<void>(Json&, const std::string&)>& visit) {
  if (is_secret_reference(value)) return visit(value, path);
  if (value.is_object()) {
    for (auto member = value.begin(); member != value.end(); ++member) {
      TITAN_TRY(for_each_reference<Json>(*member, path_of(path, member.key()), visit));
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      TITAN_TRY(for_each_reference<Json>(value[i], path + "[" + std::to_string(i) + "]", visit));
    }
  }
  return {};
}

using TextOf = std::function<Result<std::string>(const SecretUse& use)>;

Result<Values> inputs_with(const DesiredDeployment& desired, const TextOf& text_of) {
  if (desired.secrets.empty() && !first_secret_reference(desired.inputs)) {
    return desired.inputs;
  }
  json inputs = desired.inputs.json();
  const auto replace = [&](json& place, const std::string& path) -> Result<void> {
    TITAN_ASSIGN(const SecretReference reference, parse_reference(place, path));
    const auto named = [&](const SecretUse& use) {
      return use.name == reference.name && use.key == reference.key;
    };
    const auto use = std::ranges::find_if(desired.secrets, named);
    if (use == desired.secrets.end()) {
      return invalid_field(path, "nothing came for the key " + quote(reference.key) +
                                     " of the secret " + quote(reference.name));
    }
    TITAN_ASSIGN(place, text_of(*use));
    return {};
  };
  TITAN_TRY(for_each_reference<json>(inputs, "", replace));
  if (!inputs.is_object()) return invalid("the inputs are a reference to a secret");
  return Values::from_trusted(std::move(inputs));
}

}  // namespace

bool is_secret_reference(const json& value) {
  return value.is_object() && value.contains(kMember);
}

Result<std::vector<SecretReference>> secret_references(const Values& values) {
  return secret_references(values, kSecretReferencesMax);
}

Result<std::vector<SecretReference>> secret_references(const Values& values,
                                                       std::size_t count_max) {
  if (is_secret_reference(values.json())) {
    return invalid("a reference to a secret cannot stand for all of the values");
  }
  std::set<SecretReference> found;
  const auto add = [&](const json& place, const std::string& path) -> Result<void> {
    TITAN_ASSIGN(SecretReference reference, parse_reference(place, path));
    found.insert(std::move(reference));
    if (found.size() <= count_max) return {};
    return invalid_field(path, "the values refer to more than " + std::to_string(count_max) +
                                   " different values of secrets");
  };
  TITAN_TRY(for_each_reference<const json>(values.json(), "", add));
  return std::vector<SecretReference>(found.begin(), found.end());
}

std::optional<std::string> first_secret_reference(const Values& values) {
  std::optional<std::string> first;
  const auto stop = [&](const json& /*place*/, const std::string& path) -> Result<void> {
    first = path;
    return invalid("found");
  };
  (void)for_each_reference<const json>(values.json(), "", stop);
  return first;
}

bool SecretUse::operator==(const SecretUse& other) const {
  return name == other.name && key == other.key && digest == other.digest;
}

std::string placeholder_of(const SecretUse& use) {
  return "secret:" + use.name + "/" + use.key + "@" + use.digest.text();
}

Result<Values> inputs_with_placeholders(const DesiredDeployment& desired) {
  return inputs_with(
      desired, [](const SecretUse& use) -> Result<std::string> { return placeholder_of(use); });
}

Result<Values> inputs_with_secrets(const DesiredDeployment& desired, const SecretLookup& lookup) {
  return inputs_with(desired, [&](const SecretUse& use) -> Result<std::string> {
    TITAN_ASSIGN(const std::string_view value, lookup(use));
    return std::string(value);
  });
}

}  // namespace titan::model

#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "model/kind.hpp"

namespace titan::model {

// The organization of everything, until identity knows more than one.
constexpr std::string_view kDefaultOrganization = "default";
constexpr std::string_view kDefaultWorkspace = "default";

// The unique name of an entity while it exists: a name may be used again after deletion, an id
// never. Ordered by organization, kind, workspace, name, which is the order of lists.
struct Key {
  std::string organization = std::string(kDefaultOrganization);
  Kind kind = Kind::workspace;
  std::string workspace = {};  // empty for kinds that are in no workspace
  std::string name;

  // "<organization>/<kind>/<name>", or "<organization>/<kind>/<workspace>/<name>".
  [[nodiscard]] std::string text() const;
  // "default/prod", or "tim-pi" for kinds in no workspace: how people name it beside its kind.
  [[nodiscard]] std::string short_text() const;
  // "deployment default/prod", the subject of errors.
  [[nodiscard]] std::string subject() const;
  // invalid when `text` is not what text() gives.
  static Result<Key> parse(std::string_view text);
  auto operator<=>(const Key&) const = default;
};

// invalid, naming `field`, unless `name` matches ^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$.
Result<void> check_name(std::string_view field, std::string_view name);

}  // namespace titan::model

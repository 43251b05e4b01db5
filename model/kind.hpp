#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/result.hpp"

namespace titan::model {

// The kinds of entities. The numbers of the enumerators are the places in variant Spec and in every
// table by kind.
enum class Kind {
  workspace,
  host,
  template_,
  workload,
  target,
  deployment,
  assignment,
  token,
  enrollment,
  device,
  secret,
};

// All kinds, in the order of their numbers.
inline constexpr std::array kKinds = {
    Kind::workspace,  Kind::host,  Kind::template_,  Kind::workload, Kind::target, Kind::deployment,
    Kind::assignment, Kind::token, Kind::enrollment, Kind::device,   Kind::secret};

// "Deployment", as in the JSON field `kind`.
std::string_view name_of(Kind kind);
// "deployment", as in keys and messages.
std::string_view singular_of(Kind kind);
// "deployments", as in paths.
std::string_view plural_of(Kind kind);
// Kinds that live in a workspace; the others belong to the organization.
bool in_workspace(Kind kind);
// Its place in the order in which a set of entities can be created: each kind comes after those
// that it may refer to.
std::size_t creation_place(Kind kind);
// Kinds of which follows what hosts should have; the others say who may ask.
bool is_for_hosts(Kind kind);

// "Deployment", spelled exactly so; invalid otherwise, with the closest one.
Result<Kind> parse_kind(std::string_view name);
// "deployment", "deployments" or "Deployment", as people type it.
Result<Kind> parse_kind_word(std::string_view word);

}  // namespace titan::model

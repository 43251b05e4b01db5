#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/entity.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/proposal.hpp"

namespace titan::server_lite {

// Whether a proposal may enter the store, as far as that depends on what is there already. What an
// entity must be in itself, model::parse_entity has checked. Everything is judged by how things
// would be after the whole proposal, so the order of its changes does not matter.
// Borrows both, for a moment: made and used under the lock of the view.
class Admission {
 public:
  Admission(const FleetView& view, const Proposal& proposal) : view_(view), proposal_(proposal) {}

  // invalid when something that the entity names would not exist, a key of a secret among it, or
  // when a deployment would have a template neither of its own nor by its workload.
  [[nodiscard]] Result<void> check_references(const model::Entity& entity) const;
  // conflict, listing them, when other entities would name this one, or when it is a workspace
  // that would hold some or is `default`. Leaves at most kUsersListed of them in `users`.
  [[nodiscard]] Result<void> check_unused(const model::Key& key,
                                          std::vector<model::Key>& users) const;
  // conflict, listing them, when others would refer to keys that this secret has and would no
  // longer have. `stored`: as it is.
  [[nodiscard]] Result<void> check_keys_unused(const model::Entity& stored,
                                               const model::Entity& secret,
                                               std::vector<model::Key>& users) const;
  // invalid when deployments would wait for each other in a circle, and a change of the proposal
  // is part of it: its place in `at`. What is missing waits for nobody.
  [[nodiscard]] Result<void> check_cycles(std::size_t& at) const;
  // Whether the entity would be there.
  [[nodiscard]] bool will_exist(const model::Key& key) const;
  // As it would be; null: not there.
  [[nodiscard]] const model::Entity* find(const model::Key& key) const;
  // What would name it, or be in it.
  [[nodiscard]] std::vector<model::Key> users_of(const model::Key& key) const;
  // Whether the proposal is about the entity.
  [[nodiscard]] bool writes(const model::Key& key) const { return proposed(key) != nullptr; }
  // The removal of a deployment that hosts hold: it stays, as one that is being deleted.
  [[nodiscard]] bool waits_for_hosts(const ProposedChange& change) const;

 private:
  [[nodiscard]] const ProposedChange* proposed(const model::Key& key) const;
  [[nodiscard]] std::vector<std::string> names_beside(const model::Key& key) const;
  [[nodiscard]] Result<void> check_secret_keys(const model::Entity& entity) const;
  [[nodiscard]] Result<void> check_has_template(const model::Entity& entity) const;

  const FleetView& view_;
  const Proposal& proposal_;
};

// invalid when a workspace of this name cannot be: hosts have a file of it in Git, beside the
// folders of their workspaces. The error's field is `field`.
Result<void> check_workspace_name(std::string_view field, std::string_view name);

// What a server can do, by how it was started.
struct Abilities {
  bool commits_for_hosts = false;
};
// invalid when the spec asks for what this server cannot do: better refused than ignored.
// `organization`: whose entity it is.
Result<void> check_abilities(const model::Entity& entity, std::string_view organization,
                             const Abilities& abilities);

}  // namespace titan::server_lite

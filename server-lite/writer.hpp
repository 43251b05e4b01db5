#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.hpp"
#include "gitops/template_source.hpp"
#include "model/entity.hpp"
#include "reconciler/preview.hpp"
#include "server-lite/admission.hpp"
#include "server-lite/change_tracker.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/identity/registry.hpp"
#include "server-lite/identity/secret_vault.hpp"
#include "server-lite/key_locks.hpp"
#include "server-lite/proposal.hpp"
#include "server-lite/template_renderer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Takes what people and programs want written: checks it against what is there and commits it, all
// or nothing. Proposals that depend on each other wait for each other (KeyLocks); the others are
// checked side by side and become durable together (Store::commit). What follows from a change is
// for the processors. Safe to share between threads.
class Writer {
 public:
  // Borrows all.
  struct Parts {
    store::Store& store;
    FleetState& state;
    TemplateRenderer& renderer;
    ChangeTracker& tracker;
    const Registry& registry;
    SecretVault& vault;
    const gitops::TemplateSource* templates;  // null: none is read from Git
    Abilities abilities = {};
  };
  explicit Writer(const Parts& parts)
      : store_(parts.store),
        state_(parts.state),
        renderer_(parts.renderer),
        tracker_(parts.tracker),
        registry_(parts.registry),
        vault_(parts.vault),
        templates_(parts.templates),
        abilities_(parts.abilities) {}

  // Returns once the proposal is durable, or refused:
  // invalid: what an entity names does not exist, its values are not as its template wants them, a
  // template does not compile, it asks for what the server cannot do, or two changes are of one
  // entity. not_found: the update or removal of what is not there. conflict: it exists (create), is
  // being deleted, is in use, or is at another revision, the public key of a device is of another
  // host, others refer to a key that a secret would no longer have, a value of a secret is sealed
  // for another key, or the values of deployments would not fit a template any more; and the errors
  // of SecretVault::take_in() and store::Store::commit(). The error's field is the place in the
  // entity, in a batch after that of the change; the subject is the entity.
  tl::expected<Committed, Refusal> propose(const Proposal& proposal);

  // What propose() would leave of the entities that matter to hosts, with the versions that the
  // store would give them. Nothing is written or kept, and nobody is held up; so what others write
  // meanwhile may let propose() decide otherwise. Errors: those of propose(), but for what is told
  // only by the commit itself.
  tl::expected<std::vector<reconciler::ProposedState>, Refusal> preview(const Proposal& proposal);

  // Takes the proposal to be written by a later step(); its id tells what becomes of it. What was
  // accepted and not yet committed is lost with the process.
  // unavailable: kProposalsAccepted wait already.
  Result<void> accept(Proposal proposal);
  // Writes what was accepted; false when there was nothing.
  bool step();

 private:
  struct Draft;
  enum class Look { quick, sure };
  [[nodiscard]] KeyLocks::Uses uses_of(const Proposal& proposal) const;
  // These leave the place of the change that is to blame in `at`.
  Result<void> check_alone(const Proposal& proposal, std::size_t& at);
  [[nodiscard]] Result<void> check_place(const model::TemplateSpec& spec) const;
  Result<void> write_draft(const Proposal& proposal, Draft& draft, std::size_t& at);
  Result<std::shared_ptr<const model::Entity>> find(const model::Key& key, Look look);
  Result<void> add_workspace(const Proposal& proposal, const model::Key& key, Draft& draft);
  Result<void> add_put(const Proposal& proposal, const ProposedChange& change,
                       const std::shared_ptr<const model::Entity>& stored, Draft& draft);
  Result<void> add_removal(const Proposal& proposal, const ProposedChange& change,
                           model::Entity stored, Draft& draft);
  // A device is of a host that there is, and its key of no other.
  Result<void> check_device(const Proposal& proposal, const ProposedChange& change);
  // A host goes with its device and the enrollments for it.
  Result<void> add_devices_of(const Proposal& proposal, const model::Key& host, Draft& draft);
  // What the server noted on a host about its device goes when the device is written anew.
  Result<void> clear_note(const model::Entity& device, Draft& draft);
  // The spec of a secret, as it is stored.
  Result<model::SecretSpec> take_in_secret(const Proposal& proposal, const ProposedChange& change,
                                           const model::Entity* stored, Draft& draft);
  static void forget_report(const model::Key& host, Draft& draft);
  void complete(std::vector<model::Change> changes, Committed& committed) const;

  store::Store& store_;
  FleetState& state_;
  TemplateRenderer& renderer_;
  ChangeTracker& tracker_;
  const Registry& registry_;
  SecretVault& vault_;
  const gitops::TemplateSource* templates_;
  const Abilities abilities_;
  KeyLocks locks_;

  std::mutex accepted_mutex_;  // guards the next
  std::deque<Proposal> accepted_;
};

}  // namespace titan::server_lite

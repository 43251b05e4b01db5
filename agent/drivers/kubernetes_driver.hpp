#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/drivers/driver.hpp"
#include "agent/drivers/driver_program.hpp"
#include "agent/drivers/kubernetes_objects.hpp"
#include "model/rendered.hpp"

namespace titan::agent {

// The driver `kubernetes`: the objects in *.yaml, *.yml and *.json outside `root/`, `hooks/` and
// `partials/` are in a cluster, by `kubectl`; with a kustomization at the top, what `kubectl
// kustomize` makes of it. kubectl reads the files, by its own rules of YAML.
//
// - Applied by server-side apply as the field manager "titan". Fields that others manage are a
//   conflict, and not taken by force. Namespaces and definitions of resources go first.
// - Each object carries kOwnerAnnotation. One that is there without it, or with another's, is a
//   conflict, unless it is annotated to be adopted.
// - An inventory (kubernetes_objects.hpp) lists what was applied. It has the old and the new
//   objects before the first is applied, so that a kill loses track of none, and the new ones alone
//   in the end. What it lists and is no longer wanted is deleted, if it carries the annotation of
//   this deployment and was not adopted. Namespaces and definitions of resources stay, unless they
//   are annotated to be deleted with all that is in them.
// - A version that shares no object with the inventory is refused, because it would prune all at
//   once, unless one of its objects is annotated kReplaceAnnotation, or it is the last good one.
// - When the deployment leaves, all that the inventory lists is deleted by the same rules, then
//   the inventory.
class KubernetesDriver final : public Driver {
 public:
  struct Options {
    std::string program = "kubectl";
    std::string kubeconfig = {};  // empty: where kubectl looks itself
    // Where kubectl keeps what it has learnt of the cluster; empty: in HOME, on the disk.
    std::string cache_folder = {};
    std::string inventory_space = "titan-system";  // a namespace, made when it is absent
    ProgramEnvironment environment = default_program_environment();
    std::chrono::milliseconds timeout{120'000};  // of one kubectl
    std::chrono::seconds request_timeout{30};    // of one request of it
    std::chrono::seconds delete_timeout{60};     // until what is deleted is gone
  };

  // Borrows the runner.
  KubernetesDriver(ProcessRunner& runner, Options options);

  [[nodiscard]] std::string_view name() const override { return "kubernetes"; }
  // Whether kubectl is there; whether a cluster answers shows when it is needed.
  Result<void> available() override;
  [[nodiscard]] bool unpacks(std::string_view path) const override {
    return model::is_free_path(path);
  }
  // invalid when there is no manifest, or a path has a comma, as kubectl splits there.
  Result<void> check(const Generation& generation) override;
  // Reads the new objects, or deletes all when the deployment leaves. Besides those of Driver:
  // invalid (kubectl cannot read a file, an object stands there twice).
  Result<void> before_files(const DriverChange& change, OutputTail& output) override;
  // Besides those of Driver: conflict (an object or a field is somebody else's; the guard; an
  // inventory that is damaged), denied (the cluster forbids it), invalid (it refuses an object),
  // unavailable (it cannot be reached, does not know a kind or namespace yet, or is still
  // deleting).
  Result<void> after_files(const DriverChange& change, OutputTail& output) override;
  // "ConfigMap default/a is gone", "… differs", "… has fields that somebody else has taken".
  Result<std::vector<std::string>> drift(const Generation& generation) override;

 private:
  using Objects = std::vector<KubernetesObject>;
  using Names = std::vector<ObjectName>;

  [[nodiscard]] Command command(std::vector<std::string> arguments, std::string input = {}) const;
  Result<Outcome> run(const Command& command, OutputTail& output);
  Result<Objects> objects_of(const Generation& generation, OutputTail& output);
  Result<Objects> live(const Names& names, OutputTail& output);
  Result<Objects> live_one_by_one(const Names& names, OutputTail& output);
  Result<std::optional<Names>> inventory(const model::Key& deployment, OutputTail& output);
  Result<void> write_inventory(const model::Key& deployment, const Names& names,
                               OutputTail& output);
  Result<Objects> apply_stage(const model::Key& deployment, const Objects& objects,
                              OutputTail& output);
  Result<Objects> apply(const model::Key& deployment, const Objects& objects, OutputTail& output);
  Result<void> prune(const model::Key& deployment, const Names& candidates, const Objects& kept,
                     OutputTail& output);
  Result<void> remove(const Objects& objects, OutputTail& output);

  Result<std::vector<std::string>> differences_of(const Objects& objects, const Objects& found,
                                                  OutputTail& output);

  ProcessRunner& runner_;
  Options options_;
};

}  // namespace titan::agent

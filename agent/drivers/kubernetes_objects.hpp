#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/key.hpp"

namespace titan::agent {

// What titan writes into objects, and reads of them.
constexpr const char* kOwnerAnnotation = "titan/deployment";  // "default/prod": whose it is
// "true": it may be there before, and stays when the deployment leaves it.
constexpr const char* kAdoptAnnotation = "titan/adopt";
// "true": a Namespace or a CustomResourceDefinition that is deleted with all that is in it.
constexpr const char* kContentsAnnotation = "titan/delete-with-contents";
// "true", on any object of a version: nothing of the version before needs to stay.
constexpr const char* kReplaceAnnotation = "titan/replace-all";

// How an object of Kubernetes is called. The version is no part of its identity, as one object is
// served in several; it is kept to ask for it again.
struct ObjectName {
  std::string group = {};  // "apps"; empty: the core's
  std::string kind = {};
  std::string space = {};  // the namespace; empty: none, or that of the kubeconfig
  std::string name = {};
  std::string version = {};  // "v1"

  // "Deployment default/web".
  [[nodiscard]] std::string text() const;
  // "apps/v1".
  [[nodiscard]] std::string api_version() const;
  // Whether both may be one object. One of the two may not say its namespace.
  [[nodiscard]] bool may_be(const ObjectName& other) const;
  auto operator<=>(const ObjectName&) const = default;
};

// An object, as far as the driver has to know it. A plain value.
struct KubernetesObject {
  ObjectName name = {};
  std::string uid = {};    // of one that is in a cluster
  std::string owner = {};  // kOwnerAnnotation
  bool is_adopted = false;
  bool with_contents = false;
  bool replaces_all = false;
  std::string json = {};  // all of it, canonical

  // A Namespace or a CustomResourceDefinition: what others need first, and what takes other
  // people's objects along when it is deleted.
  [[nodiscard]] bool is_container() const;
  // The same but for what changes by itself: managedFields, resourceVersion, generation.
  [[nodiscard]] bool says_the_same(const KubernetesObject& other) const;
};

// The objects in what kubectl writes: nothing, one object, a List, or several objects one after
// the other. invalid: no JSON, or an object without apiVersion, kind or name. exhausted: more than
// kKubernetesObjectsMax.
Result<std::vector<KubernetesObject>> read_objects(std::string_view text);
// A List for kubectl's standard input, of whole objects or of their names alone.
std::string list_of(const std::vector<KubernetesObject>& objects);
std::string list_of(const std::vector<ObjectName>& names);

// The inventory of a deployment: a ConfigMap that lists what may have been applied for it, as
// `data.objects`, a JSON array of {group, kind, name, namespace, version}.
// "titan-<workspace>-<deployment>-<16 hex digits>", in which dots are "-"; the digits are of the
// digest of both names.
std::string inventory_name(const model::Key& deployment);
// The Namespace that it is in, and it, for `kubectl apply`. exhausted beyond kInventoryBytesMax.
Result<std::string> inventory_text(const model::Key& deployment, const std::string& space,
                                   const std::vector<ObjectName>& names);
// What a ConfigMap lists, sorted. conflict when it is not of this deployment, or cannot be read.
Result<std::vector<ObjectName>> read_inventory(const model::Key& deployment,
                                               const KubernetesObject& object);

}  // namespace titan::agent

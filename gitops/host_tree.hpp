#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/digest.hpp"
#include "gitops/host_changes.hpp"
#include "gitops/host_state.hpp"
#include "gitops/memory_view.hpp"

namespace titan::gitops {

// What rendered deployments came to in Git, by their digests: a digest stands for exactly one tree,
// so a deployment that did not change is neither read nor hashed again, whatever happened to the
// branch meanwhile. Kept in memory, for kRememberedTreesMax deployments.
class TreeMemory {
 public:
  struct Entry {
    std::string tree = {};                    // in hex; empty: it has no files
    std::vector<std::string> resources = {};  // DeploymentLayout::resources
    Digest resources_digest = {};
    std::size_t files = 0;
  };
  // Null when it is not known.
  [[nodiscard]] const Entry* find(const Digest& rendered) const;
  const Entry& keep(const Digest& rendered, Entry entry);
  // So that what is kept next finds room. Invalidates what find() and keep() returned.
  void make_room(std::size_t entries);

  // The kustomization that a host had last: by the digest of all that it lists.
  struct Kustomization {
    Digest resources = {};
    std::string blob = {};
  };
  std::map<std::string, Kustomization, std::less<>> kustomizations = {};  // by host

 private:
  struct Hash {
    std::size_t operator()(const Digest& digest) const { return digest.short_form(); }
  };
  std::unordered_map<Digest, Entry, Hash> entries_;
};

// Writes what a host's folder shall hold into `objects`, as far as it is not in `before` or
// known to `memory`, and returns its listing (as list_host() of tree.hpp gives it). invalid, naming
// the deployment, as lay_out() says. exhausted: more than kHostFilesMax files. REQUIRES:
// check_host(state).
Result<TreeListing> write_host(const MemoryView& objects, const HostState& state,
                               const TreeListing& before, TreeMemory& memory);

}  // namespace titan::gitops

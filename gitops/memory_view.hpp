#pragma once

#include <string_view>

#include "gitops/git_handles.hpp"

struct git_odb_backend;

namespace titan::gitops {

// A second view of a repository, which keeps the objects that are written through it in memory.
// copy_objects() then brings those of a commit to the disk, so that many become one pack, and a
// commit that fails leaves none. For gitops/*.cpp alone.
class MemoryView {
 public:
  // The repository has to outlive nothing of it: the view opens it anew.
  static Result<MemoryView> open(git_repository* repository);

  [[nodiscard]] git_repository* get() const { return repository_.get(); }
  // Keeps an object, and returns its id. Unlike libgit2's own writing it does not look first
  // whether the disk has the object, for which that reads a folder each time.
  Result<git_oid> write(git_object_t type, std::string_view bytes) const;

 private:
  GitRepository repository_;
  git_odb_backend* memory_ = nullptr;  // owned by the repository's object store
};

}  // namespace titan::gitops

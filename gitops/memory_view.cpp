#include "gitops/memory_view.hpp"

#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>

namespace titan::gitops {

Result<MemoryView> MemoryView::open(git_repository* repository) {
  MemoryView view;
  TITAN_ASSIGN(view.repository_, open_bare(git_repository_path(repository)));
  GitOdb store;
  TITAN_TRY(git_call(store, "opening the objects", git_repository_odb, view.get()));
  TITAN_TRY(git_check(git_mempack_new(&view.memory_), "making room for objects"));
  constexpr int kBeforeTheDisk = 1000;
  const int code = git_odb_add_backend(store.get(), view.memory_, kBeforeTheDisk);
  if (code < 0) view.memory_->free(view.memory_);  // else the object store owns it
  TITAN_TRY(git_check(code, "making room for objects"));
  return view;
}

Result<git_oid> MemoryView::write(git_object_t type, std::string_view bytes) const {
  git_oid id;
  TITAN_TRY(git_check(git_odb_hash(&id, bytes.data(), bytes.size(), type), "hashing an object"));
  TITAN_TRY(git_check(memory_->write(memory_, &id, bytes.data(), bytes.size(), type),
                      "keeping an object"));
  return id;
}

}  // namespace titan::gitops

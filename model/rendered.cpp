#include "model/rendered.hpp"

#include <algorithm>

namespace titan::model {

bool is_free_path(std::string_view path) {
  return !path.starts_with(kRootFolder) && !path.starts_with("hooks/") &&
         !path.starts_with("partials/");
}

Digest digest_of(const std::vector<RenderedFile>& files) {
  Hasher hasher;
  hasher.add(files.size());
  for (const RenderedFile& file : files) {
    hasher.add(file.path).add(file.mode).add(Digest::of(file.content).text());
  }
  const auto has_owner = [](const RenderedFile& file) { return !file.owner.empty(); };
  if (std::ranges::any_of(files, has_owner)) {
    hasher.add("owners");
    for (const RenderedFile& file : files) hasher.add(file.owner);
  }
  return hasher.finish();
}

}  // namespace titan::model

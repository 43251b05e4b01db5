#include "agent/blob_cache.hpp"

#include "model/limits.hpp"

namespace titan::agent {
namespace {

constexpr const char* kFolder = "blobs";

std::string path_of(const Digest& digest) {
  return std::string(kFolder) + "/" + digest.hex();
}

}  // namespace

Result<std::string> BlobCache::get(const Digest& digest) {
  auto kept = files_.read(path_of(digest), model::kTemplateFileBytesMax);
  if (kept && Digest::of(*kept) == digest) return kept;
  TITAN_ASSIGN(std::string content, fetch_(digest));
  TITAN_TRY(make_directories(files_, kFolder));
  TITAN_TRY(write_atomically(files_, path_of(digest), content, 0600));
  return content;
}

Result<void> BlobCache::keep_only(const std::set<Digest>& digests) {
  const auto entries = files_.list(kFolder);
  if (!entries && entries.error().code == ErrorCode::not_found) return {};
  if (!entries) return entries.error();
  std::set<std::string> wanted;
  for (const Digest& digest : digests) wanted.insert(digest.hex());
  for (const FileSystem::Entry& entry : *entries) {
    if (wanted.contains(entry.name)) continue;
    TITAN_TRY(files_.remove_file(std::string(kFolder) + "/" + entry.name));
  }
  return {};
}

}  // namespace titan::agent

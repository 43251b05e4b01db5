#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "base/digest.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"

namespace titan::agent {

// The template files that the host has, under `blobs/<hex digest>` of the state directory. Every
// blob is checked against its digest when it is read: a damaged one is fetched again.
class BlobCache {
 public:
  // Has to give what has the digest.
  using Fetch = std::function<Result<std::string>(const Digest& digest)>;

  // Borrows `files`, whose root is the state directory.
  BlobCache(FileSystem& files, Fetch fetch) : files_(files), fetch_(std::move(fetch)) {}

  // From the disk, or from the server, which is then kept. Errors: those of `fetch`, and of the
  // disk.
  Result<std::string> get(const Digest& digest);
  // Removes every file of the folder but these.
  Result<void> keep_only(const std::set<Digest>& digests);

 private:
  FileSystem& files_;
  Fetch fetch_;
};

}  // namespace titan::agent

#pragma once

#include <set>
#include <string>

#include "base/digest.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "client/client.hpp"

namespace titan::agent {

// The template files that the host has, under `blobs/<hex digest>` of the state directory. Every
// blob is checked against its digest when it is read: a damaged one is fetched again.
class BlobCache {
 public:
  // Borrows both; the root of `files` is the state directory.
  BlobCache(FileSystem& files, client::Client& client) : files_(files), client_(client) {}

  // From the disk, or from the server, which is then kept. Errors: those of the client, and of
  // the disk.
  Result<std::string> get(const Digest& digest);
  // Removes every file of the folder but these.
  Result<void> keep_only(const std::set<Digest>& digests);

 private:
  FileSystem& files_;
  client::Client& client_;
};

}  // namespace titan::agent

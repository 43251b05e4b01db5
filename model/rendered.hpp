#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "model/key.hpp"

namespace titan::model {

// One file as it is on a host, or in Git.
struct RenderedFile {
  std::string path;  // relative, "/" between names
  std::uint32_t mode = 0644;
  std::string content = {};
  std::string owner = {};  // as TemplateFile::owner
  bool operator==(const RenderedFile&) const = default;
};

// The digest of a set of files: over (path, mode, digest of the content) of each, by path, and when
// one has an owner, over the owners.
// REQUIRES: `files` is sorted by path, without repeats.
Digest digest_of(const std::vector<RenderedFile>& files);

// The files that a template gives for one host, with whose they are.
struct RenderedDeployment {
  Key key = {};                          // of the deployment
  std::uint64_t version = 0;             // of the deployment
  std::vector<RenderedFile> files = {};  // sorted by path
  Digest digest = {};                    // digest_of(files)
};

}  // namespace titan::model

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "model/key.hpp"

namespace titan::model {

// Where the files of a template stand that drivers place on the host, without this.
constexpr std::string_view kRootFolder = "root/";
// Whether a file of a template is neither placed nor run by the agent, nor a part of others: what
// it is for is known to the driver alone.
bool is_free_path(std::string_view path);

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

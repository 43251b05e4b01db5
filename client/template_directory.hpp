#pragma once

#include <map>
#include <string>

#include "base/digest.hpp"
#include "base/file_system.hpp"
#include "model/template.hpp"

namespace titan::client {

// A template as it stands in a directory: its spec, and the content of its files by digest.
struct TemplateDirectory {
  model::TemplateSpec spec = {};
  std::map<Digest, std::string> blobs = {};
};

// Reads the template in the folder `path` of `files` ("" is the root itself).
//
// `template.yaml` (or `template.yml`) at the top is the manifest (model/template_manifest.hpp);
// without one the defaults of TemplateSpec hold. All other files below are files of the template,
// with their path relative to the folder, and mode 0755 when their owner may execute them, else
// 0644, but for those that the manifest leaves out; of these nothing is read. Empty folders leave
// nothing.
//
// invalid, naming the path: a symbolic link, a socket or another special file; a manifest with an
// unknown key or a wrong value, or a path in it at which nothing stands; two manifests.
// exhausted: more files, bytes or levels of folders than model/limits.hpp and client/limits.hpp
// allow.
Result<TemplateDirectory> read_template_directory(FileSystem& files, const std::string& path);

}  // namespace titan::client

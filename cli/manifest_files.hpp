#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/draft.hpp"
#include "cli/env.hpp"

namespace titan::cli {

// What `-f PATH` names: drafts in the order in which they can be created (see
// model::creation_place), and what is wrong with the documents and files that give none.
struct ManifestFiles {
  std::vector<Draft> drafts = {};
  std::vector<Error> errors = {};  // the subject says which file and document
};

// Reads the YAML and JSON documents of a file, of all *.yaml, *.yml and *.json files of a folder
// (not of the folders in it), or of standard input ("-"). A document that is a list as `get`
// prints it, {"items": […]}, stands for its items. An Error only when `path` itself cannot be
// read, or names a folder without such files.
Result<ManifestFiles> read_manifest_files(const std::string& path, const std::string& workspace,
                                          bool workspace_given, const Env& env);

}  // namespace titan::cli

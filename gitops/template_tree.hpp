#pragma once

#include <optional>
#include <string>

#include "gitops/git_handles.hpp"
#include "gitops/template_source.hpp"

namespace titan::gitops {

// The commit that a branch or a tag of this repository is at; of an empty name its HEAD
// (reference_choice.hpp). not_found: there is none. For gitops/*.cpp alone.
Result<git_oid> commit_of_ref(git_repository* repository, const std::string& ref);

// Reads the template in the folder `path` (empty: the top) of a commit; see LocalTemplateSource for
// what is refused. For gitops/*.cpp alone.
Result<TemplateReading> read_template(git_repository* repository, const git_oid& commit,
                                      const std::string& path);

}  // namespace titan::gitops

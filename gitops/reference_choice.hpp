#pragma once

#include <string>
#include <vector>

#include "gitops/pkt_line.hpp"

// Which commit a branch or a tag is at: the same for repositories here and elsewhere. Pure.
namespace titan::gitops {

// The references that a name may stand for, the first that is there counts: a full name,
// "refs/tags/v1", is taken as it is; else a branch goes before a tag; an empty name is the HEAD.
std::vector<std::string> references_of(const std::string& name);
// not_found, for a repository that has none of them.
Error no_reference(const std::string& name);

// The commit, in hex, that the name is at in a repository that says this of itself; a tag that is
// an object of its own leads to its commit. not_found: it has no such branch and no such tag.
Result<std::string> commit_of(const Advertisement& advertisement, const std::string& name);
// The object to ask for to get that commit, in hex: a repository gives what it has named itself, so
// where an annotated tag alone leads to a commit, it is the tag.
std::string object_for(const Advertisement& advertisement, const std::string& commit);

}  // namespace titan::gitops

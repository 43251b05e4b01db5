#pragma once

#include <vector>

#include "base/error.hpp"
#include "cli/draft.hpp"

namespace titan::cli {

// What a server says of a batch, in terms of where its changes were read: the server counts the
// changes, a person knows files, documents and names. The changes are of the drafts, in order.
Error in_terms_of_files(Error error, const std::vector<Draft>& drafts);

}  // namespace titan::cli

#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan::gitops {

// The path that a file remote stands for: the text itself, or the path of a file:// URL, which is
// percent-decoded. invalid for other schemes, another machine's name, and "host:path".
Result<std::string> path_of_remote(std::string_view remote);

// The remote as it may be shown and logged: without user, password, query and fragment.
std::string without_credentials(std::string_view remote);

}  // namespace titan::gitops

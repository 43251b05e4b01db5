#pragma once

#include <string>
#include <string_view>

namespace titan {

// A setting has one name, "gitKnownHosts" in a file; these are its others.
std::string flag_of(std::string_view setting);      // "--git-known-hosts"
std::string variable_of(std::string_view setting);  // "TITAN_GIT_KNOWN_HOSTS"

}  // namespace titan

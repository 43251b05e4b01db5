#pragma once

#include <string_view>

// Who the change log names as the one that asked.
namespace titan::server_lite {

constexpr std::string_view kServerActor = "titan";
constexpr std::string_view kTokenActor = "token/";  // and the token's name
constexpr std::string_view kLoginActor = "login";   // of a token that is made by a login
constexpr std::string_view kFirstTokenName = "admin";
constexpr std::string_view kHostActor = "host/";              // and the host's name
constexpr std::string_view kEnrollmentActor = "enrollment/";  // and the enrollment's name

}  // namespace titan::server_lite

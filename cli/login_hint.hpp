#pragma once

#include <memory>

#include "base/error.hpp"
#include "base/transport.hpp"

namespace titan::cli {

// A Transport that goes through another one, and makes `hint` of each answer that says that the
// server does not know who asks (401): what a person does about it.
std::unique_ptr<Transport> with_login_hint(std::unique_ptr<Transport> transport, Error hint);

}  // namespace titan::cli

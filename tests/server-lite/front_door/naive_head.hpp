#pragma once

#include <optional>
#include <string>

#include "server-lite/front_door/request_head.hpp"

namespace titan::front_door {

// The rules of read_head once more, written down anew in the plainest way: for texts that end in
// time, by cutting them into lines first. nullopt: the head is refused, or it is not whole.
std::optional<HeadRead> naive_head(std::string text);

}  // namespace titan::front_door

#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/values.hpp"

// Which of the layers that values are given in (model/values.hpp) a value comes from. Pure.
namespace titan::reconciler {

// The names of a JSON pointer (RFC 6901), unescaped: {"values", "a/b"} of "/values/a~1b".
// invalid: it is neither empty nor begins with "/", or has a "~" that is no escape.
Result<std::vector<std::string>> pointer_names(std::string_view pointer);
// The other way round.
std::string pointer_text(const std::vector<std::string>& names);

// What stands there; null: nothing. A name picks a member of an object, or, as a number, an item of
// a list. Borrowed from `value`.
const nlohmann::json* find_at(const nlohmann::json& value, const std::vector<std::string>& names);

// The layers that the value at `names` is made of once they are laid over one another, the
// strongest first: their places in `layers`, which begin with the weakest. One, but of an object,
// to which several may give members. None: there is no such value. An item of a list, and what is
// in it, is of the layer that has the list.
std::vector<std::size_t> layers_at(const std::vector<model::Values>& layers,
                                   const std::vector<std::string>& names);

}  // namespace titan::reconciler

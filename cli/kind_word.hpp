#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/key.hpp"
#include "model/kind.hpp"

namespace titan::cli {

// The kind that a person means: singular, plural, in any case, or short (ws, tpl, wl, tgt,
// deploy). invalid otherwise, with the closest one.
Result<model::Kind> kind_of_word(std::string_view word);

// All words for a kind but its singular, in lower case.
std::vector<std::string> other_words_of(model::Kind kind);

// What "KIND [NAME]" or "KIND/NAME" on a command line names.
struct KindAndName {
  model::Kind kind = model::Kind::workspace;
  std::string name = {};  // empty when only the kind is named
};

// invalid when the kind is unknown, a name stands in both places, or it is not one for an entity.
Result<KindAndName> kind_and_name(std::string_view kind, std::string_view name);

// "deployment/prod": how an entity is named in answers.
std::string display_name(const model::Key& key);

}  // namespace titan::cli

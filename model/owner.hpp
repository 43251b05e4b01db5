#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan::model {

// Whose a placed file is, as TemplateFile::owner says it: "user", "user:group", or numbers in their
// place. A name is one of POSIX as Debian allows it: [a-z_][a-z0-9_-]{0,31}; a number is up to
// 2^32-2, since the one above means "leave it". A plain value.
struct Owner {
  std::string user = {};
  std::string group = {};  // empty: the user's own

  // invalid, quoting the text: it is neither of them.
  static Result<Owner> parse(std::string_view text);
};

}  // namespace titan::model

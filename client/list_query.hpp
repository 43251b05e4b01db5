#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/bookmark.hpp"
#include "model/entity.hpp"
#include "model/entity_filter.hpp"

namespace titan::client {

// Which entities to list.
struct ListQuery {
  model::Kind kind = model::Kind::workspace;
  std::optional<std::string> workspace = {};  // none: all; ignored for kinds in no workspace
  model::EntityFilter filter = {};            // its texts may hold no comma
  std::optional<std::size_t> limit = {};      // at least 1; none: all of them
};

// All of them, as they were at one moment.
struct EntityList {
  std::vector<model::Entity> items = {};  // by workspace and name
  model::Bookmark bookmark = {};          // of that moment: the change log goes on from here
  bool more = false;                      // there are more than the limit
};

}  // namespace titan::client

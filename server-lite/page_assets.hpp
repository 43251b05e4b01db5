#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan::server_lite {

// A file that was built into the program, compressed by gzip; cmake/TitanPages.cmake makes them.
// Empty when the build could not fetch it.
struct PageAsset {
  std::string_view name;
  std::string_view type;  // of its content
  std::string_view compressed;
};

// null: there is no file of that name.
const PageAsset* find_page_asset(std::string_view name);

// The content as it was. internal: it is damaged.
Result<std::string> inflated(std::string_view compressed);

}  // namespace titan::server_lite

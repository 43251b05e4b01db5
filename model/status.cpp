#include "model/status.hpp"

#include <array>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace titan::model {
namespace {

// In the order of enum Status.
constexpr std::array<std::string_view, 8> kNames = {"INITIALIZED", "CREATING", "READY", "UPDATING",
                                                    "DELETING",    "DELETED",  "ERROR", "MISSING"};

}  // namespace

std::string_view name_of(Status status) {
  return kNames[static_cast<std::size_t>(status)];
}

Result<Status> parse_status(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Status>(i);
  }
  const std::vector<std::string> names(kNames.begin(), kNames.end());
  return invalid(quote(name) + " is not a status: expected one of " + join(names, ", ") +
                 did_you_mean(name, names));
}

}  // namespace titan::model

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server-lite/front_door/listen_address.hpp"

namespace titan::bench {

// The options of door_load: "--name VALUE", or "--name" alone for a flag. Each is asked for by its
// name; what was never asked for is unknown.
class LoadOptions {
 public:
  // invalid: an argument that is no option.
  static Result<LoadOptions> parse(const std::vector<std::string>& arguments);

  [[nodiscard]] bool flag(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const;
  // invalid unless it is a number.
  [[nodiscard]] Result<std::size_t> number(const std::string& name, std::size_t otherwise) const;
  // "--server 127.0.0.1:7480". invalid: it is missing, or no address.
  [[nodiscard]] Result<front_door::ListenAddress> server() const;
  // "--pid 17": the process whose CPU time and memory are of interest.
  [[nodiscard]] Result<std::optional<int>> pid() const;
  // invalid, naming it: an option that nobody has asked for. Call it when all are read.
  [[nodiscard]] Result<void> check_all_known() const;

 private:
  std::map<std::string, std::string> values_;
  mutable std::set<std::string> asked_;
};

}  // namespace titan::bench

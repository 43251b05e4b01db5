#include "bench/load_options.hpp"

#include <charconv>

#include "base/text.hpp"

namespace titan::bench {

Result<LoadOptions> LoadOptions::parse(const std::vector<std::string>& arguments) {
  LoadOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with("--")) {
      return invalid(quote(arguments[i]) + ": expected an option, such as --seconds 2");
    }
    const bool has_value = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
    const std::string name = arguments[i].substr(2);
    options.values_[name] = has_value ? arguments[++i] : "";
  }
  return options;
}

bool LoadOptions::flag(const std::string& name) const {
  asked_.insert(name);
  return values_.contains(name);
}

std::string LoadOptions::text(const std::string& name, const std::string& otherwise) const {
  asked_.insert(name);
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

Result<std::size_t> LoadOptions::number(const std::string& name, std::size_t otherwise) const {
  const std::string given = text(name, std::to_string(otherwise));
  std::size_t number = 0;
  const auto read = std::from_chars(given.data(), given.data() + given.size(), number);
  if (read.ec != std::errc{} || read.ptr != given.data() + given.size()) {
    return invalid("--" + name + " " + given + ": expected a number");
  }
  return number;
}

Result<front_door::ListenAddress> LoadOptions::server() const {
  const std::string given = text("server", "");
  if (given.empty()) return invalid("--server is missing, such as 127.0.0.1:7480");
  return front_door::ListenAddress::parse(given);
}

Result<std::optional<int>> LoadOptions::pid() const {
  TITAN_ASSIGN(const std::size_t pid, number("pid", 0));
  return pid == 0 ? std::optional<int>{} : static_cast<int>(pid);
}

Result<void> LoadOptions::check_all_known() const {
  for (const auto& [name, value] : values_) {
    if (!asked_.contains(name)) return invalid("--" + name + " means nothing here");
  }
  return {};
}

}  // namespace titan::bench

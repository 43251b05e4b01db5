#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/agent_options.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "gitops/git_settings.hpp"

namespace titan::agent {

// Where a value came from, the weakest first.
enum class Origin { standard, file, variable, flag };

// How titan-agent is set up. A plain value, of these sources, the strongest first: flags, variables
// of the environment, the configuration file, what stands here.
//
// The file is one YAML mapping; settings() lists its keys. An unknown key or a value of another
// type is an error. A value that is empty or null is as good as left out.
struct Configuration : AgentOptions, gitops::GitSettings {
  std::string server = {};  // in place of the one that the host was enrolled at
  std::string ca_file = {};
  std::string host = {};
  std::string state = "/var/lib/titan";
  std::string run = "/run/titan";
  std::string root = "/";
  std::string log_format = "auto";  // auto, human or json

  std::string file = {};  // that was read; empty: none
  // Of the settings that do not stand as above, by key.
  std::map<std::string, Origin, std::less<>> origins = {};
  [[nodiscard]] Origin origin_of(std::string_view key) const;

  // `standard`: what the log is when it is "auto".
  [[nodiscard]] Log::Format log_form(Log::Format standard) const;
  bool operator==(const Configuration&) const = default;
};

// One thing that can be set. From this table come flags, variables, the keys of the file, the texts
// of errors, and the table in docs/spec/agent.md, which a test compares with it.
struct Setting {
  using Member =
      std::variant<std::string Configuration::*, std::vector<std::string> Configuration::*,
                   std::chrono::seconds Configuration::*, std::uint64_t Configuration::*,
                   const gitops::GitSetting*>;
  // Which commands have the flag. The file and the variables count for all of them.
  enum class Scope { all, connecting, step };

  std::string_view key;   // in the file: "driverFolders"
  std::string_view sort;  // "URL", "FILE", "DIR", "DIRS", "NAME", "DURATION", "SIZE", "COUNT", …
  std::string_view meaning;  // one sentence without its full stop
  Member member;
  Scope scope = Scope::step;

  [[nodiscard]] std::string flag() const;      // "--driver-folders"
  [[nodiscard]] std::string variable() const;  // "TITAN_DRIVER_FOLDERS"
  // What it is in `configuration`, as it could stand behind the flag; "" when that is nothing.
  [[nodiscard]] std::string text_in(const Configuration& configuration) const;
};
std::span<const Setting> settings();

constexpr std::string_view kConfigFlag = "--config";
// The command line of `titan` has TITAN_CONFIG for a file of another form.
constexpr std::string_view kConfigVariable = "TITAN_AGENT_CONFIG";
constexpr std::string_view kConfigFile = "/etc/titan/agent.yaml";

// What configurations are made of. Kept by a daemon, to read its file once more.
struct ConfigurationSources {
  std::map<std::string, std::string, std::less<>> flags = {};  // by key, those that were given
  std::string config_flag = {};                                // of --config; empty: not given
  std::function<std::optional<std::string>(const std::string&)> variable = {};
  std::string standard_file = std::string(kConfigFile);  // which may be absent
};

// Reads the file and puts all together. invalid: a value is not of its form; the Error's field is
// the flag, the variable or the key, its subject the file. not_found: the file that --config or
// TITAN_AGENT_CONFIG names does not exist. denied or unavailable: it cannot be read. exhausted: it
// is longer than kConfigBytesMax.
Result<Configuration> load_configuration(const ConfigurationSources& sources);

}  // namespace titan::agent

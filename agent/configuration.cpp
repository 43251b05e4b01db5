#include "agent/configuration.hpp"

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "agent/limits.hpp"
#include "base/byte_size.hpp"
#include "base/duration.hpp"
#include "base/file_system.hpp"
#include "base/setting_name.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "model/field_reader.hpp"
#include "model/key.hpp"

namespace titan::agent {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using Scope = Setting::Scope;

// Those that stand before the settings of gitops/git_settings.hpp, and those behind them.
const std::array kFirstSettings = {
    Setting{"server", "URL", "The server, when it has moved; left out: where the host was enrolled",
            &Configuration::server, Scope::connecting},
    Setting{"caFile", "FILE",
            "Certificates (PEM) to trust for https://, and no others; left out: the system's",
            &Configuration::ca_file, Scope::connecting},
    Setting{"host", "NAME", "The name that this host has to have", &Configuration::host},
    Setting{"state", "DIR", "What the agent remembers; made if absent", &Configuration::state,
            Scope::all},
    Setting{"run", "DIR", "What it remembers until the machine starts again; made if absent",
            &Configuration::run, Scope::all},
    Setting{"root", "DIR", "Files are written below it; made if absent", &Configuration::root},
    Setting{"git", "DIR or URL",
            "The bare repository to commit to, or what to push to; left out: the one in the state "
            "directory",
            &gitops::GitSettings::git},
    Setting{"gitSign", "KEY",
            "What signs commits: none, host (the key of this host), or a file that titan key new "
            "made",
            &gitops::GitSettings::git_sign},
};

const std::array kOtherSettings = {
    Setting{"logFormat", "FORM", "human, json, or auto: human on a terminal, else json",
            &Configuration::log_format, Scope::all},
    Setting{"driverFolders", "DIRS", "Where programs named titan-driver-NAME are looked for",
            &AgentOptions::driver_folders},
    Setting{"kubeconfig", "FILE", "How the driver kubernetes finds its cluster",
            &AgentOptions::kubeconfig},
    Setting{"kubernetesNamespace", "NAME",
            "Where the driver kubernetes notes what it applied; left out: titan-system",
            &AgentOptions::kubernetes_namespace},
    Setting{"pollAfterMax", "DURATION",
            "The longest time between two polls, whatever the server "
            "says",
            &AgentOptions::poll_after_max},
    Setting{"driftInterval", "DURATION",
            "The time between two comparisons of what is applied by digest",
            &AgentOptions::drift_interval},
    Setting{"generationsBytesMax", "SIZE", "How much older generations may take on the disk",
            &AgentOptions::generations_bytes_max},
};

Result<void> check_absolute(const std::string& path) {
  if (path.starts_with('/')) return {};
  return invalid("expected an absolute path, found " + quote(path));
}

// What a text that is not empty has to be, besides being one.
Result<void> check_text(const Setting& setting, const std::string& text) {
  if (setting.key == "host") return model::check_name("", text);
  if (setting.key == "kubeconfig") return check_absolute(text);
  if (setting.key == "gitSign" && text != "none" && text != "host" && !text.starts_with('/')) {
    return invalid("expected none, host or an absolute path, found " + quote(text));
  }
  if (setting.key == "logFormat" && text != "auto" && text != "human" && text != "json") {
    return invalid("expected auto, human or json, found " + quote(text));
  }
  return {};
}

Result<void> put(const Setting& setting, const std::string& text, std::string& value) {
  TITAN_TRY(check_text(setting, text));
  value = text;
  return {};
}

Result<void> put(const std::vector<std::string>& texts, std::vector<std::string>& value) {
  if (texts.size() > kDriverFoldersMax) {
    return invalid("expected at most " + std::to_string(kDriverFoldersMax) + " folders, found " +
                   std::to_string(texts.size()));
  }
  for (const std::string& text : texts) TITAN_TRY(check_absolute(text));
  value = texts;
  return {};
}

Result<void> put(const Setting&, const std::string& text, std::vector<std::string>& value) {
  return put(split(text, ':'), value);
}

Result<void> put(const Setting&, const std::string& text, seconds& value) {
  TITAN_ASSIGN(value, parse_duration(text));
  return {};
}

Result<void> put(const Setting&, const std::string& text, std::uint64_t& value) {
  TITAN_ASSIGN(value, parse_byte_size(text));
  return {};
}

Result<void> put_text(const Setting& setting, const std::string& text, Configuration& into,
                      Origin origin) {
  if (text.empty()) return {};
  into.origins[std::string(setting.key)] = origin;
  return std::visit(
      [&](auto member) {
        if constexpr (std::is_same_v<decltype(member), const gitops::GitSetting*>) {
          return member->put(text, into);
        } else {
          return put(setting, text, into.*member);
        }
      },
      setting.member);
}

std::string text_of(const std::string& value) {
  return value;
}
std::string text_of(const std::vector<std::string>& values) {
  return join(values, ":");
}
std::string text_of(seconds value) {
  return duration_text(value);
}
std::string text_of(std::uint64_t value) {
  return byte_size_text(value);
}

Error at(Error error, std::string_view field) {
  error.field = field;
  return error;
}

// A list stands there as one, and a size or a count may stand there as a number.
Result<void> put_from_file(const Setting& setting, const json& document, model::FieldReader& reader,
                           Configuration& into) {
  using Texts = std::vector<std::string> Configuration::*;
  const std::string key(setting.key);
  if (const auto* list = std::get_if<Texts>(&setting.member)) {
    const auto texts = reader.texts(key, kDriverFoldersMax);
    if (texts.empty()) return {};
    into.origins[key] = Origin::file;
    return put(texts, into.*(*list));
  }
  const bool is_number = std::holds_alternative<std::uint64_t Configuration::*>(setting.member) ||
                         setting.sort == "COUNT";
  if (is_number && document.is_object() && document.contains(key) && document[key].is_number()) {
    return put_text(setting, std::to_string(reader.number(key)), into, Origin::file);
  }
  return put_text(setting, reader.text(key), into, Origin::file);
}

Result<void> read_document(const json& document, Configuration& into) {
  model::FieldReader reader(document, "");
  for (const Setting& setting : settings()) {
    const auto done = put_from_file(setting, document, reader, into);
    if (!done) reader.refuse(at(done.error(), setting.key));
  }
  return reader.finish();
}

Result<void> read_text(const std::string& text, Configuration& into) {
  TITAN_ASSIGN(const auto documents, parse_yaml(text));
  if (documents.empty()) return {};
  if (documents.size() > 1) return invalid("holds more than one document; expected one");
  return read_document(documents.front(), into);
}

Result<std::string> read_file(const std::string& path) {
  std::error_code failure;
  const auto whole = std::filesystem::absolute(path, failure);
  if (failure || whole.filename().empty()) return invalid("is no path of a file");
  TITAN_ASSIGN(const auto folder, DiskFileSystem::open(whole.parent_path().string()));
  return folder->read(whole.filename().string(), kConfigBytesMax);
}

Result<void> read_configured(const std::string& path, bool must_exist, Configuration& into) {
  const auto text = read_file(path);
  if (!text && text.error().code == ErrorCode::not_found && !must_exist) return {};
  auto done = text ? read_text(*text, into) : Result<void>(text.error());
  into.file = path;
  if (!done) done.error().subject = path;
  return done;
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> kSettings = [] {
    std::vector<Setting> all(kFirstSettings.begin(), kFirstSettings.end());
    for (const gitops::GitSetting& shared : gitops::git_settings()) {
      all.push_back({shared.key, shared.sort, shared.meaning, &shared});
    }
    all.insert(all.end(), kOtherSettings.begin(), kOtherSettings.end());
    return all;
  }();
  return kSettings;
}

std::string Setting::flag() const {
  return flag_of(key);
}

std::string Setting::variable() const {
  return variable_of(key);
}

std::string Setting::text_in(const Configuration& configuration) const {
  return std::visit(
      [&](auto pointer) {
        if constexpr (std::is_same_v<decltype(pointer), const gitops::GitSetting*>) {
          return pointer->text_in(configuration);
        } else {
          return text_of(configuration.*pointer);
        }
      },
      member);
}

Origin Configuration::origin_of(std::string_view key) const {
  const auto found = origins.find(key);
  return found == origins.end() ? Origin::standard : found->second;
}

Log::Format Configuration::log_form(Log::Format standard) const {
  if (log_format == "auto") return standard;
  return log_format == "human" ? Log::Format::human : Log::Format::json;
}

Result<Configuration> load_configuration(const ConfigurationSources& sources) {
  const auto variable = [&](std::string_view name) {
    return sources.variable ? sources.variable(std::string(name)).value_or("") : std::string();
  };
  Configuration made;
  std::string named = sources.config_flag;
  if (named.empty()) named = variable(kConfigVariable);
  TITAN_TRY(read_configured(named.empty() ? sources.standard_file : named, !named.empty(), made));
  for (const Setting& setting : settings()) {
    const auto taken = put_text(setting, variable(setting.variable()), made, Origin::variable);
    if (!taken) return at(taken.error(), setting.variable());
    const auto given = sources.flags.find(setting.key);
    if (given == sources.flags.end()) continue;
    const auto done = put_text(setting, given->second, made, Origin::flag);
    if (!done) return at(done.error(), setting.flag());
  }
  return made;
}

}  // namespace titan::agent

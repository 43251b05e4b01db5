#include "reconciler/systemd_units.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "reconciler/limits.hpp"

namespace titan::reconciler {
namespace {

constexpr std::string_view kUnitFolder = "etc/systemd/system/";
constexpr std::string_view kQuadletFolder = "etc/containers/systemd/";
constexpr std::string_view kDropInEnding = ".conf";
constexpr std::string_view kRestartOn = "X-Titan-Restart-On";
constexpr std::array<std::string_view, 9> kUnitTypes = {
    "service", "timer", "socket", "path", "target", "mount", "automount", "slice", "swap"};

// What the generator of podman adds to the name of the file, and whether it is what runs.
struct QuadletType {
  std::string_view ending;
  std::string_view suffix;
  bool runs;
};
constexpr std::array<QuadletType, 7> kQuadletTypes = {{{"container", "", true},
                                                       {"kube", "", true},
                                                       {"pod", "-pod", true},
                                                       {"volume", "-volume", false},
                                                       {"network", "-network", false},
                                                       {"image", "-image", false},
                                                       {"build", "-build", false}}};

struct Setting {
  std::string section;
  std::string key;
  std::string value;
};

// The lines of a unit file (systemd.syntax(7)): comments left out, continued lines put together.
std::vector<Setting> settings_of(std::string_view text) {
  std::vector<Setting> settings;
  std::string section;
  std::string line;
  for (const std::string& piece : split(text, '\n')) {
    const std::string_view part = trim(piece);
    if (part.starts_with('#') || part.starts_with(';')) continue;
    line += part;
    if (line.ends_with('\\')) {
      line.back() = ' ';
      continue;
    }
    const auto equals = line.find('=');
    if (line.starts_with('[') && line.ends_with(']')) {
      section = line.substr(1, line.size() - 2);
    } else if (equals != std::string::npos) {
      settings.push_back({section, std::string(trim(std::string_view(line).substr(0, equals))),
                          std::string(trim(std::string_view(line).substr(equals + 1)))});
    }
    line.clear();
  }
  return settings;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string& word : split(text, ' ')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  return words;
}

bool is_true(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "yes" || value == "true" || value == "on" || value == "1";
}

// "app.service" of "app.service.d/10-more.conf"; nothing for other paths.
std::optional<std::string> owner_of_drop_in(std::string_view path) {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || path.find('/', slash + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view folder = path.substr(0, slash);
  if (!folder.ends_with(".d") || !path.ends_with(kDropInEnding)) return std::nullopt;
  return std::string(folder.substr(0, folder.size() - 2));
}

std::string ending_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? "" : std::string(name.substr(dot + 1));
}

std::string stem_of(std::string_view name) {
  return std::string(name.substr(0, name.rfind('.')));
}

const QuadletType* quadlet_type(std::string_view name) {
  const std::string ending = ending_of(name);
  const auto* found = std::find_if(kQuadletTypes.begin(), kQuadletTypes.end(),
                                   [&](const QuadletType& type) { return type.ending == ending; });
  return found == kQuadletTypes.end() ? nullptr : found;
}

// "app@" and "-volume" give "app-volume@".
std::string quadlet_service(const std::string& stem, std::string_view suffix) {
  const auto at = stem.find('@');
  if (at == std::string::npos) return stem + std::string(suffix) + ".service";
  return stem.substr(0, at) + std::string(suffix) + stem.substr(at) + ".service";
}

// Reads the files of a set one by one. Quadlets may say themselves how their unit is called, so
// units are kept by the name of their file until all was read.
class UnitReader {
 public:
  Result<void> read(const model::RenderedFile& file) {
    if (!file.path.starts_with(model::kRootFolder)) return {};
    const std::string path = file.path.substr(model::kRootFolder.size());
    if (path.starts_with(kUnitFolder)) {
      return read_below(path, path.substr(kUnitFolder.size()), false, file.content);
    }
    if (path.starts_with(kQuadletFolder)) {
      return read_below(path, path.substr(kQuadletFolder.size()), true, file.content);
    }
    return {};
  }

  Result<std::map<std::string, SystemdUnit>> finish() {
    std::map<std::string, SystemdUnit> units;
    for (auto& [key, unit] : units_) {
      const std::string source = unit.source.empty() ? unit.files.front() : unit.source;
      if (const auto good = check_unit_name(unit.name); !good) return about(source, good.error());
      std::sort(unit.files.begin(), unit.files.end());
      unit.is_template = unit.name.find("@.") != std::string::npos;
      const auto [known, is_new] = units.emplace(unit.name, unit);
      if (!is_new) {
        return about(source, invalid("it gives " + quote(unit.name) + ", as \"" +
                                     known->second.files.front() + "\" does"));
      }
    }
    if (units.size() > kUnitsMax) {
      return exhausted("a deployment has at most " + std::to_string(kUnitsMax) + " units, not " +
                       std::to_string(units.size()));
    }
    for (const auto& [name, unit] : units) mark_activated(units, unit);
    return units;
  }

 private:
  Result<void> read_below(const std::string& path, const std::string& below, bool quadlet,
                          const std::string& content) {
    const auto owner = owner_of_drop_in(below);
    if (below.find('/') != std::string::npos && !owner) return {};
    const std::string name = owner.value_or(below);
    const QuadletType* type = quadlet ? quadlet_type(name) : nullptr;
    const bool known = quadlet ? type != nullptr
                               : std::find(kUnitTypes.begin(), kUnitTypes.end(), ending_of(name)) !=
                                     kUnitTypes.end();
    if (!known) {
      return about(path,
                   invalid(quadlet ? "it is no quadlet; expected an ending as .container, .volume, "
                                     ".network, .kube, .pod, .image or .build"
                                   : "it is no unit; expected an ending as .service, .timer, "
                                     ".socket, .path, .target, .mount or .slice"));
    }
    SystemdUnit& unit = units_[{quadlet, name}];
    unit.files.push_back(path);
    if (unit.name.empty()) {
      unit.name = quadlet ? quadlet_service(stem_of(name), type->suffix) : name;
    }
    unit.is_quadlet = quadlet;
    unit.is_container = quadlet && type->runs;
    if (!owner) unit.source = path;
    return read_settings(unit, path, content);
  }

  static Result<void> read_settings(SystemdUnit& unit, const std::string& path,
                                    const std::string& content) {
    for (const Setting& setting : settings_of(content)) {
      if (setting.key == kRestartOn) TITAN_TRY(read_restart_paths(unit, path, setting.value));
      if (setting.section == "Install" && !setting.value.empty()) {
        unit.install += setting.key + "=" + join(words_of(setting.value), " ") + "\n";
      }
      if (setting.section == "Service" && setting.key == "Type") {
        unit.is_oneshot = setting.value == "oneshot";
      }
      if (setting.section == "Service" && setting.key == "RemainAfterExit") {
        unit.remains = is_true(setting.value);
      }
      if (unit.is_quadlet && setting.key == "ServiceName" && !setting.value.empty()) {
        unit.name = setting.value + ".service";
      }
      const bool names_activated = setting.key == "Unit" || setting.key == "Service";
      if (names_activated && is_activator(unit) && !setting.value.empty()) {
        unit.activates.insert(setting.value);
      }
    }
    return {};
  }

  static Result<void> read_restart_paths(SystemdUnit& unit, const std::string& path,
                                         const std::string& value) {
    if (value.empty()) unit.restart_paths.clear();
    for (const std::string& word : words_of(value)) {
      std::string below = word.substr(word.starts_with('/') ? 1 : 0);
      std::string_view plain = below;
      if (plain.ends_with('/')) plain.remove_suffix(1);
      if (!word.starts_with('/') || !check_relative_path(plain)) {
        return about(path, invalid_field(std::string(kRestartOn),
                                         quote(word) + " is no absolute path of plain names"));
      }
      unit.restart_paths.insert(std::move(below));
      if (unit.restart_paths.size() > kRestartPathsMax) {
        return about(path, exhausted(std::string(kRestartOn) + " names more than " +
                                     std::to_string(kRestartPathsMax) + " paths"));
      }
    }
    return {};
  }

  static bool is_activator(const SystemdUnit& unit) {
    const std::string type = unit.type();
    return type == "timer" || type == "socket" || type == "path";
  }

  static void mark_activated(std::map<std::string, SystemdUnit>& units, const SystemdUnit& unit) {
    if (!is_activator(unit)) return;
    std::set<std::string> names = unit.activates;
    if (names.empty()) names.insert(stem_of(unit.name) + ".service");
    for (const std::string& name : names) {
      const auto found = units.find(name);
      if (found != units.end()) found->second.is_activated = true;
    }
    units.at(unit.name).activates = std::move(names);
  }

  std::map<std::pair<bool, std::string>, SystemdUnit> units_;
};

}  // namespace

std::string SystemdUnit::type() const {
  return ending_of(name);
}

bool SystemdUnit::is_enabled() const {
  return is_own() && !is_quadlet && !is_template && !install.empty();
}

bool SystemdUnit::is_started() const {
  if (!is_own() || is_template) return false;
  if (is_quadlet) return is_container && (!is_activated || (!install.empty() && !is_oneshot));
  return !install.empty() && !(is_oneshot && is_activated);
}

bool SystemdUnit::restarts_on(const std::string& path) const {
  return std::any_of(restart_paths.begin(), restart_paths.end(), [&](const std::string& wanted) {
    return path == wanted || (wanted.ends_with('/') && path.starts_with(wanted));
  });
}

Result<void> check_unit_name(std::string_view name) {
  const std::string ending = ending_of(name);
  const bool known = std::find(kUnitTypes.begin(), kUnitTypes.end(), ending) != kUnitTypes.end();
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view(":-_.\\@").find(c) != std::string_view::npos;
  });
  if (!known || !plain || stem_of(name).empty() || stem_of(name) == "-" || name.starts_with('@')) {
    return invalid(quote(name) +
                   " is no name of a unit; expected letters, digits and :-_.\\@, and an ending as "
                   "\".service\"");
  }
  if (name.size() > kUnitNameBytesMax) {
    return invalid("the name of a unit has at most " + std::to_string(kUnitNameBytesMax) +
                   " bytes, not " + std::to_string(name.size()));
  }
  return {};
}

Result<std::map<std::string, SystemdUnit>> systemd_units(
    const std::vector<model::RenderedFile>& files) {
  UnitReader reader;
  for (const model::RenderedFile& file : files) TITAN_TRY(reader.read(file));
  return reader.finish();
}

}  // namespace titan::reconciler

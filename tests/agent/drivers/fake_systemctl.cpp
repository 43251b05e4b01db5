#include "tests/agent/drivers/fake_systemctl.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace titan::agent::testing {
namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// "app.service" of "etc/systemd/system/app.service.d/a.conf", and of a quadlet "app.container".
std::string unit_of(const std::string& path) {
  const auto name_in = [&](const std::string& folder) {
    std::string rest = path.substr(folder.size());
    rest = rest.substr(0, rest.find('/'));
    if (rest.ends_with(".d")) rest.resize(rest.size() - 2);
    return rest;
  };
  if (path.starts_with("etc/systemd/system/")) return name_in("etc/systemd/system/");
  if (!path.starts_with("etc/containers/systemd/")) return {};
  const std::string name = name_in("etc/containers/systemd/");
  const auto dot = name.rfind('.');
  const std::string stem = name.substr(0, dot);
  const std::string type = name.substr(dot + 1);
  return type == "container" || type == "kube" ? stem + ".service" : stem + "-" + type + ".service";
}

}  // namespace

std::map<std::string, std::string> FakeSystemctl::units_on_disk() const {
  std::map<std::string, std::string> units;
  for (const auto& [path, content] : disk) {
    const std::string unit = unit_of(path);
    if (!unit.empty()) units[unit] += content;
  }
  return units;
}

std::string FakeSystemctl::state() const {
  std::string text;
  for (const auto& [unit, content] : loaded) text += "loaded " + unit + ": " + content + "\n";
  for (const auto& [unit, content] : running) text += "running " + unit + ": " + content + "\n";
  for (const auto& unit : enabled) text += "enabled " + unit + "\n";
  for (const auto& unit : failed) text += "failed " + unit + "\n";
  return text;
}

std::vector<std::string> FakeSystemctl::matches(const std::string& pattern) const {
  if (!holds(pattern, "*")) return {pattern};
  std::vector<std::string> found;
  for (const auto& [unit, content] : running) {
    if (::fnmatch(pattern.c_str(), unit.c_str(), 0) == 0) found.push_back(unit);
  }
  return found;
}

std::string FakeSystemctl::show(const std::string& unit) const {
  const bool known = loaded.contains(unit);
  std::string load = known ? "loaded" : "not-found";
  if (masked.contains(unit)) load = "masked";
  if (unreadable.contains(unit)) load = "bad-setting";
  std::string active = running.contains(unit) ? "active" : "inactive";
  if (failed.contains(unit)) active = "failed";
  std::string file = known ? "static" : "";
  if (known && holds(loaded.at(unit), "[Install]")) file = "disabled";
  if (enabled.contains(unit)) file = "enabled";
  const auto fresh = units_on_disk();
  const bool stale = known && (!fresh.contains(unit) || fresh.at(unit) != loaded.at(unit));
  return "Id=" + unit + "\nLoadState=" + load + "\nActiveState=" + active +
         "\nSubState=" + (active == "active" ? "running" : "dead") + "\nUnitFileState=" + file +
         "\nNeedDaemonReload=" + (stale ? "yes" : "no") + "\n";
}

bool FakeSystemctl::start(const std::string& unit) {
  if (!loaded.contains(unit) || masked.contains(unit) || failed.contains(unit)) return false;
  ++runs[unit];
  if (broken.contains(unit)) {
    running.erase(unit);
    failed.insert(unit);
    return false;
  }
  const std::string& text = loaded.at(unit);
  if (!holds(text, "Type=oneshot") || holds(text, "RemainAfterExit=yes")) running[unit] = text;
  return true;
}

Outcome FakeSystemctl::run(const Command& command) {
  std::string verb;
  std::vector<std::string> units;
  bool after_dashes = false;
  for (std::size_t i = 1; i < command.arguments.size(); ++i) {
    const std::string& argument = command.arguments[i];
    if (after_dashes) units.push_back(argument);
    if (argument == "--") after_dashes = true;
    if (!argument.starts_with('-') && verb.empty()) verb = argument;
  }
  Outcome outcome;
  if (verb == "daemon-reload" || verb == "enable" || verb == "reenable") loaded = units_on_disk();
  for (const std::string& pattern : units) {
    if (verb == "show") {
      outcome.output += (outcome.output.empty() ? "" : "\n") + show(pattern);
      continue;
    }
    for (const std::string& unit : matches(pattern)) {
      bool good = true;
      if (verb == "enable" || verb == "reenable") {
        good = units_on_disk().contains(unit);
        if (good) enabled.insert(unit);
      } else if (verb == "disable") {
        good = units_on_disk().contains(unit);
        enabled.erase(unit);
      } else if (verb == "stop") {
        good = loaded.contains(unit) || running.contains(unit);
        running.erase(unit);
      } else if (verb == "start") {
        good = running.contains(unit) || start(unit);
      } else if (verb == "restart") {
        running.erase(unit);
        good = start(unit);
      } else if (verb == "try-restart") {
        good = !running.contains(unit) || start(unit);
      } else if (verb == "reset-failed") {
        failed.erase(unit);
      } else if (verb == "status") {
        outcome.output += "log of " + unit + "\n";
        good = running.contains(unit);
      }
      if (good) continue;
      outcome.exit_code = 1;
      outcome.errors += "Job for " + unit + " failed.\n";
    }
  }
  return outcome;
}

}  // namespace titan::agent::testing

#include "agent/drivers/systemd_driver.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "agent/drivers/limits.hpp"
#include "base/text.hpp"

namespace titan::agent {
namespace {

constexpr const char* kProperties =
    "--property=Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload";

using reconciler::instances_of;
using reconciler::jobs_of;
using reconciler::Running;
using reconciler::systemd_units;
using reconciler::SystemdChange;
using reconciler::SystemdUnit;

reconciler::SystemdFiles files_of(const DriverChange& change) {
  reconciler::SystemdFiles files;
  for (const Generation* generation : change.before) files.before.push_back(&generation->files);
  if (change.after != nullptr) files.after = &change.after->files;
  files.touched.insert(change.written.begin(), change.written.end());
  files.touched.insert(change.removed.begin(), change.removed.end());
  return files;
}

bool is_active(const std::string& active, const std::string& sub) {
  return active == "active" || active == "reloading" ||
         (active == "activating" && sub != "auto-restart");
}

// "app.service, db.service and 3 more".
std::string listed(const std::vector<std::string>& units) {
  const auto shown = std::min(units.size(), kUnitsNamedMax);
  std::string text =
      join({units.begin(), units.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
  if (units.size() > shown) text += " and " + std::to_string(units.size() - shown) + " more";
  return text;
}

}  // namespace

SystemdDriver::SystemdDriver(ProcessRunner& runner, Options options)
    : runner_(runner), options_(std::move(options)) {}

Result<void> SystemdDriver::available() {
  if (options_.root != "/") {
    return unavailable("systemd runs the units of \"/\" alone, and this agent's root is " +
                       quote(options_.root));
  }
  std::error_code failed;
  if (!std::filesystem::is_directory(options_.runtime_folder, failed)) {
    return unavailable("systemd does not run: there is no " + options_.runtime_folder);
  }
  OutputTail output(kProgramLineBytesMax);
  Command ask = command("show", {});
  ask.arguments.push_back("--property=Version");
  ask.timeout = kProbeTimeout;
  if (const auto asked = run_to_success(runner_, ask, output); !asked) {
    return unavailable(asked.error().message);
  }
  return {};
}

Result<void> SystemdDriver::check(const Generation& generation) {
  TITAN_ASSIGN(const Units units, systemd_units(generation.files));
  if (!units.empty()) return {};
  return invalid(
      "the driver \"systemd\" needs a unit in root/etc/systemd/system/ or a quadlet in "
      "root/etc/containers/systemd/, and there is none");
}

Command SystemdDriver::command(const std::string& verb, const Names& units) const {
  Command command = {
      .arguments = {options_.program, "--no-ask-password", "--no-pager", verb},
      .environment = options_.environment,
      .clean_environment = true,
      .timeout = options_.timeout,
      .output_bytes_max = kProgramOutputBytesMax,
  };
  if (units.empty()) return command;
  command.arguments.push_back("--");
  command.arguments.insert(command.arguments.end(), units.begin(), units.end());
  return command;
}

Result<void> SystemdDriver::run(const std::string& verb, const Names& units, OutputTail& output) {
  TITAN_TRY(run_to_success(runner_, command(verb, units), output));
  return {};
}

// start, stop and the like: they wait until it is done, and fail for units, which are then named.
Result<void> SystemdDriver::run_jobs(const std::string& verb, const Names& units,
                                     OutputTail& output) {
  if (units.empty()) return {};
  Command jobs = command(verb, units);
  jobs.timeout = options_.start_timeout;
  const auto done = run_to_success(runner_, jobs, output);
  if (done) return {};
  if (done.error().code != ErrorCode::internal) return done.error().context(listed(units));
  return explain(units, done.error(), output);
}

// Which of the units failed, with the end of their logs. The answers are only of use to a person,
// so that it does not matter if there are none.
Error SystemdDriver::explain(const Names& units, Error error, OutputTail& output) {
  const auto states = states_of(units, output);
  if (!states) return error.context(listed(units));
  Names failed;
  for (const auto& [name, state] : *states) {
    if (!is_active(state.active, state.sub)) failed.push_back(name);
  }
  if (failed.empty()) return error.context(listed(units));
  Command status = command("status", {});
  status.arguments.insert(status.arguments.end(), {"--full", "--lines=20", "--"});
  status.arguments.insert(status.arguments.end(), failed.begin(), failed.end());
  static_cast<void>(run_program(runner_, status, output));
  return error.context(listed(failed));
}

Result<SystemdDriver::States> SystemdDriver::states_of(const Names& units, OutputTail& output) {
  if (units.empty()) return States{};
  Command show = command("show", {});
  show.arguments.insert(show.arguments.end(), {kProperties, "--"});
  show.arguments.insert(show.arguments.end(), units.begin(), units.end());
  TITAN_ASSIGN(const Outcome outcome, run_to_success(runner_, show, output, false));
  // A block for each unit in their order, an empty line between; Id differs where one is an alias.
  std::vector<State> blocks;
  bool in_block = false;
  for (const std::string& line : split(outcome.output, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) {
      in_block = false;
      continue;
    }
    if (!in_block) blocks.emplace_back();
    in_block = true;
    const std::string key = line.substr(0, equals);
    std::string value = line.substr(equals + 1);
    if (key == "LoadState") blocks.back().load = std::move(value);
    if (key == "ActiveState") blocks.back().active = std::move(value);
    if (key == "SubState") blocks.back().sub = std::move(value);
    if (key == "UnitFileState") blocks.back().file = std::move(value);
    if (key == "NeedDaemonReload") blocks.back().stale = value == "yes";
  }
  if (blocks.size() != units.size()) {
    return internal("\"systemctl show\" told of " + std::to_string(blocks.size()) +
                    " units when it was asked for " + std::to_string(units.size()));
  }
  States states;
  for (std::size_t i = 0; i < units.size(); ++i) states.emplace(units[i], std::move(blocks[i]));
  return states;
}

Result<void> SystemdDriver::before_files(const DriverChange& change, OutputTail& output) {
  TITAN_ASSIGN(const SystemdChange units, reconciler::systemd_change(files_of(change)));
  Names asked;
  Names instances;
  for (const auto& [name, unit] : units.before) {
    if (!unit.is_own()) continue;
    const bool leaves = units.leaves(name);
    const bool disabled = unit.is_enabled() && (leaves || !units.after.at(name).is_enabled());
    if (unit.is_template) {
      if (leaves) instances.push_back(instances_of(name));
    } else if (leaves || disabled) {
      asked.push_back(name);
    }
  }
  TITAN_ASSIGN(const States states, states_of(asked, output));
  Names stopped;
  Names disabled;
  for (const std::string& name : asked) {
    const State& state = states.at(name);
    const bool runs = state.active != "inactive" && state.active != "failed";
    if (units.leaves(name) && runs) stopped.push_back(name);
    const bool enabled = state.file == "enabled" || state.file == "enabled-runtime";
    if (units.before.at(name).is_enabled() && enabled) disabled.push_back(name);
  }
  stopped.insert(stopped.end(), instances.begin(), instances.end());
  TITAN_TRY(run_jobs("stop", stopped, output));
  if (!disabled.empty()) TITAN_TRY(run("disable", disabled, output));
  return {};
}

Result<void> SystemdDriver::after_files(const DriverChange& change, OutputTail& output) {
  TITAN_ASSIGN(const SystemdChange units, reconciler::systemd_change(files_of(change)));
  if (units.reload) TITAN_TRY(run("daemon-reload", {}, output));

  Names asked;
  for (const auto& [name, unit] : units.units) {
    if (!unit.is_template) asked.push_back(name);
  }
  TITAN_ASSIGN(States states, states_of(asked, output));
  // An apply that was cut off may have written files which differ from nothing that is known here.
  const bool unread = std::any_of(states.begin(), states.end(), [&](const auto& entry) {
    return entry.second.stale ||
           (entry.second.load == "not-found" && units.units.at(entry.first).is_own());
  });
  if (unread && !units.reload) {
    TITAN_TRY(run("daemon-reload", {}, output));
    TITAN_ASSIGN(states, states_of(asked, output));
  }
  for (const auto& [name, state] : states) {
    const SystemdUnit& unit = units.units.at(name);
    if (!unit.is_own() || state.load == "loaded") continue;
    if (state.load == "masked") return conflict(name + " is masked on this host");
    if (unit.is_quadlet && state.load == "not-found") {
      return not_found(unit.source + " gave no unit " + name +
                       ": the generator of podman is not installed, or refuses it");
    }
    return invalid("systemd does not load " + name + ": its state is " + quote(state.load));
  }
  TITAN_TRY(enable(units.units, change, states, output));
  return start(units, states, output);
}

Result<void> SystemdDriver::enable(const Units& units, const DriverChange& change,
                                   const States& states, OutputTail& output) {
  Names enabled;
  Names enabled_anew;
  for (const auto& [name, unit] : units) {
    if (!unit.is_enabled()) continue;
    bool differs = false;
    for (const Generation* generation : change.before) {
      TITAN_ASSIGN(const Units before, systemd_units(generation->files));
      const auto old = before.find(name);
      differs = differs || (old != before.end() && old->second.install != unit.install);
    }
    if (differs) {
      enabled_anew.push_back(name);
    } else if (states.at(name).file != "enabled") {
      enabled.push_back(name);
    }
  }
  if (!enabled.empty()) TITAN_TRY(run("enable", enabled, output));
  if (!enabled_anew.empty()) TITAN_TRY(run("reenable", enabled_anew, output));
  return {};
}

Result<void> SystemdDriver::start(const SystemdChange& units, const States& states,
                                  OutputTail& output) {
  const auto jobs = jobs_of(units, [&](const std::string& name) {
    const auto state = states.find(name);
    const bool runs = state != states.end() && is_active(state->second.active, state->second.sub);
    return runs ? Running::yes : Running::no;
  });
  Names failed;
  for (const auto& [name, unit] : units.units) {
    if (unit.is_template || !unit.is_started()) continue;
    if (states.at(name).active == "failed") failed.push_back(name);
  }
  // systemd starts nothing that has failed too often until it is told to forget that.
  if (!failed.empty()) TITAN_TRY(run("reset-failed", failed, output));
  if (!jobs.stopped.empty()) {
    Command stop = command("stop", jobs.stopped);
    stop.timeout = options_.start_timeout;
    TITAN_TRY(run_to_success(runner_, stop, output));
  }
  TITAN_TRY(run_jobs("restart", jobs.restarted, output));
  TITAN_TRY(run_jobs("try-restart", jobs.restarted_if_running, output));
  return run_jobs("start", jobs.started, output);
}

Result<std::vector<std::string>> SystemdDriver::drift(const Generation& generation) {
  TITAN_ASSIGN(const Units units, systemd_units(generation.files));
  Names asked;
  for (const auto& [name, unit] : units) {
    if (unit.is_own() && !unit.is_template) asked.push_back(name);
  }
  OutputTail output(kProgramLineBytesMax);
  TITAN_ASSIGN(const States states, states_of(asked, output));
  std::vector<std::string> texts;
  for (const auto& [name, state] : states) {
    const SystemdUnit& unit = units.at(name);
    if (state.load != "loaded") {
      texts.push_back(name + " is not loaded (" + state.load + ")");
    } else {
      if (unit.is_lasting() && !is_active(state.active, state.sub)) {
        texts.push_back(name + " is not active (" + state.active + ")");
      }
      if (unit.is_enabled() && state.file != "enabled") texts.push_back(name + " is not enabled");
      if (state.stale) texts.push_back(name + " has files that systemd has not read");
    }
  }
  return limited_drift(std::move(texts));
}

}  // namespace titan::agent

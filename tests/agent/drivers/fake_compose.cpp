#include "tests/agent/drivers/fake_compose.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/yaml.hpp"

namespace titan::agent::testing {
namespace {

using nlohmann::json;

std::map<std::string, std::string> services_in(const std::string& file) {
  std::map<std::string, std::string> services;
  const auto documents = parse_yaml(file);
  if (!documents || documents->empty()) return services;
  for (const auto& [name, service] : documents->front()["services"].items()) {
    services[name] = service.dump();
  }
  return services;
}

}  // namespace

std::string FakeCompose::state() const {
  std::string text;
  for (const auto& [project, containers] : projects) {
    for (const auto& [service, container] : containers) {
      text += project + " " + service + " " + container.state + " " + container.text + "\n";
    }
  }
  return text;
}

Result<Outcome> FakeCompose::run(const Command& command) {
  std::vector<std::string> arguments = command.arguments;
  const std::string program = arguments.front();
  arguments.erase(arguments.begin());
  if (!installed.contains(program)) {
    return not_found("starting \"" + program + "\": no such file");
  }
  const bool is_podman = program.starts_with("podman");
  const bool is_engine = program == "docker" || program == "podman";
  if (arguments.front() == "--version") return Outcome{.output = program + " version 1\n"};
  if (is_engine && arguments.front() == "ps") return engine(command, is_podman);
  if (is_engine) {
    if (!installed.contains(program + " compose")) {
      return Outcome{.exit_code = 125, .errors = "unknown command \"compose\"\n"};
    }
    arguments.erase(arguments.begin());
  }
  return compose(command, arguments, is_podman);
}

Outcome FakeCompose::engine(const Command& command, bool is_podman) const {
  std::string project = command.arguments.at(4);
  project = project.substr(project.rfind('=') + 1);
  const auto found = projects.find(project);
  Outcome outcome;
  json list = json::array();
  if (found != projects.end()) {
    for (const auto& [service, container] : found->second) {
      const std::string code = std::to_string(container.exit_code);
      const std::string status =
          container.state == "exited" ? "Exited (" + code + ") 2 minutes ago" : "Up 2 minutes";
      outcome.output += service + "\t" + container.state + "\t" + status + "\n";
      list.push_back({{"Labels", {{"com.docker.compose.service", service}}},
                      {"State", container.state},
                      {"ExitCode", container.exit_code}});
    }
  }
  if (is_podman) outcome.output = list.dump();
  return outcome;
}

Outcome FakeCompose::compose(const Command& command, const std::vector<std::string>& arguments,
                             bool is_podman) {
  if (arguments.front() == "version") return {.output = "2\n"};
  const std::string& project = arguments.at(1);
  const std::string& verb = arguments.at(4);
  const auto services = services_in(files[command.directory]);
  Outcome outcome;
  if (verb == "config") {
    for (const auto& [name, text] : services) outcome.output += name + "\n";
    return outcome;
  }
  auto& containers = projects[project];
  if (verb == "down") {
    if (!is_podman) containers.clear();
    for (const auto& [name, text] : services) containers.erase(name);
  } else {
    if (!is_podman) {
      std::erase_if(containers, [&](const auto& entry) { return !services.contains(entry.first); });
    }
    for (const auto& [name, text] : services) {
      Container& container = containers[name];
      if (container.text.empty() || !is_podman) container.text = text;
      const bool broke = broken.contains(name);
      container.state = broke || jobs.contains(name) ? "exited" : "running";
      container.exit_code = broke ? 1 : 0;
      if (broke) outcome.errors += "Error: " + name + " failed\n";
    }
  }
  if (containers.empty()) projects.erase(project);
  return outcome;
}

}  // namespace titan::agent::testing

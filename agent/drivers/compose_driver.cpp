#include "agent/drivers/compose_driver.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/drivers/limits.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"

namespace titan::agent {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kFileNames = {
    "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"};
constexpr const char* kProjectLabel = "com.docker.compose.project";
constexpr const char* kServiceLabel = "com.docker.compose.service";

// Those at the top of the template.
std::vector<const model::RenderedFile*> compose_files(const Generation& generation) {
  std::vector<const model::RenderedFile*> found;
  for (const model::RenderedFile& file : generation.files) {
    if (std::find(kFileNames.begin(), kFileNames.end(), file.path) != kFileNames.end()) {
      found.push_back(&file);
    }
  }
  return found;
}

// What compose reads: placed files are no part of it but where it mounts them.
bool same_project(const Generation& left, const Generation& right) {
  const auto free = [](const Generation& generation) {
    std::vector<model::RenderedFile> files;
    std::copy_if(generation.files.begin(), generation.files.end(), std::back_inserter(files),
                 [](const model::RenderedFile& file) { return model::is_free_path(file.path); });
    return files;
  };
  return left.folder == right.folder && free(left) == free(right);
}

bool is_zero(const json& number) {
  return number.is_number() && number.get<double>() == 0.0;
}

bool has_none(const json& service) {
  if (!service.is_object()) return false;
  const auto profiles = service.find("profiles");
  if (profiles != service.end() && profiles->is_array() && !profiles->empty()) return true;
  const auto scale = service.find("scale");
  if (scale != service.end() && is_zero(*scale)) return true;
  const auto deploy = service.find("deploy");
  if (deploy == service.end() || !deploy->is_object()) return false;
  const auto replicas = deploy->find("replicas");
  return replicas != deploy->end() && is_zero(*replicas);
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "Exited (137) 2 minutes ago", as docker says it.
int exit_code_in(const std::string& status) {
  const auto open = status.find('(');
  int code = 0;
  if (open != std::string::npos) {
    std::from_chars(status.data() + open + 1, status.data() + status.size(), code);
  }
  return code;
}

std::string without_blanks(const std::string& text) {
  return std::string(trim(text));
}

}  // namespace

std::string compose_project(const model::Key& deployment) {
  std::string name = "titan-" + deployment.workspace + "_" + deployment.name;
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot)) {
    name.replace(dot, 1, "__");
  }
  return name;
}

Result<std::set<std::string>> compose_services(std::string_view text) {
  TITAN_ASSIGN(const std::vector<json> documents, parse_yaml(text));
  const bool good = documents.size() == 1 && documents[0].is_object() &&
                    documents[0].contains("services") && documents[0]["services"].is_object();
  if (!good)
    return invalid_field("services", "expected an object with the services, and found none");
  std::set<std::string> names;
  for (const auto& [name, service] : documents[0]["services"].items()) {
    if (!has_none(service)) names.insert(name);
  }
  return names;
}

ComposeDriver::ComposeDriver(ProcessRunner& runner, Options options)
    : runner_(runner), options_(std::move(options)) {}

Result<void> ComposeDriver::available() {
  tool_.reset();
  TITAN_TRY(tool());
  return {};
}

Result<ComposeDriver::Tool> ComposeDriver::tool() {
  if (tool_) return *tool_;
  const std::array<Tool, 4> tools = {{{{options_.docker, "compose"}, options_.docker, false},
                                      {{options_.docker_compose}, options_.docker, false},
                                      {{options_.podman_compose}, options_.podman, true},
                                      {{options_.podman, "compose"}, options_.podman, true}}};
  std::map<std::string, bool> engines;  // whether it is there
  for (const Tool& tool : tools) {
    Command probe = {.arguments = {tool.engine, "--version"},
                     .environment = options_.environment,
                     .clean_environment = true,
                     .timeout = kProbeTimeout,
                     .output_bytes_max = kProgramOutputBytesMax};
    OutputTail output(kProgramLineBytesMax);
    const auto known = engines.find(tool.engine);
    if (known == engines.end()) {
      engines[tool.engine] = run_to_success(runner_, probe, output).ok();
    }
    if (!engines[tool.engine]) continue;
    probe.arguments = tool.compose;
    probe.arguments.emplace_back("version");
    if (!run_to_success(runner_, probe, output)) continue;
    tool_ = tool;
    return tool;
  }
  const bool docker = engines[options_.docker];
  const bool podman = engines[options_.podman];
  if (!docker && !podman) return unavailable("docker and podman are not installed");
  std::string engine = docker ? "docker" : "podman";
  if (docker && podman) engine = "docker and podman";
  return unavailable(engine + (docker && podman ? " have" : " has") + " no compose: none of " +
                     "docker compose, docker-compose, podman-compose and podman compose works");
}

Result<void> ComposeDriver::check(const Generation& generation) {
  const auto files = compose_files(generation);
  if (files.empty()) {
    return invalid(
        "the driver \"compose\" needs one of compose.yaml, compose.yml, "
        "docker-compose.yaml and docker-compose.yml, and there is none");
  }
  if (files.size() > 1) {
    return invalid("there are both " + files[0]->path + " and " + files[1]->path +
                   "; expected one compose file");
  }
  if (!parse_yaml(files[0]->content)) return {};
  const auto services = compose_services(files[0]->content);
  if (services) return {};
  Error error = services.error();
  error.subject = files[0]->path;
  return error;
}

Command ComposeDriver::command(const Tool& tool, const Generation& generation,
                               std::vector<std::string> arguments) const {
  Command command = {.arguments = tool.compose,
                     .environment = options_.environment,
                     .clean_environment = true,
                     .directory = generation.folder,
                     .timeout = options_.timeout,
                     .output_bytes_max = kProgramOutputBytesMax};
  const std::string file = compose_files(generation).front()->path;
  for (const std::string& argument :
       {std::string("--project-name"), compose_project(generation.key), std::string("--file"),
        file}) {
    command.arguments.push_back(argument);
  }
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return command;
}

Result<void> ComposeDriver::down(const Tool& tool, const Generation& generation,
                                 OutputTail& output) {
  std::vector<std::string> arguments = {"down"};
  // podman-compose does not know the flag, and an unknown one makes it do nothing at all.
  if (!tool.is_podman) arguments.emplace_back("--remove-orphans");
  Command down = command(tool, generation, std::move(arguments));
  down.timeout = options_.down_timeout;
  const auto done = run_to_success(runner_, down, output);
  if (!done) return done.error().context("taking down " + compose_project(generation.key));
  return {};
}

Result<void> ComposeDriver::before_files(const DriverChange& change, OutputTail& output) {
  if (change.after != nullptr || change.before.empty()) return {};
  TITAN_ASSIGN(const Tool tool, this->tool());
  for (auto generation = change.before.rbegin(); generation != change.before.rend(); ++generation) {
    if (compose_files(**generation).empty()) continue;
    TITAN_TRY(down(tool, **generation, output));
  }
  // podman-compose says that all went well whatever happened.
  const Generation& any = *change.before.front();
  TITAN_ASSIGN(const auto left, containers_of(tool, any, output));
  if (!left.empty()) {
    return internal("containers of " + compose_project(any.key) +
                    " are still there: " + left.front().service);
  }
  return {};
}

Result<void> ComposeDriver::after_files(const DriverChange& change, OutputTail& output) {
  if (change.after == nullptr) return {};
  const Generation& after = *change.after;
  TITAN_ASSIGN(const Tool tool, this->tool());
  for (auto old = change.before.rbegin(); tool.is_podman && old != change.before.rend(); ++old) {
    if (compose_files(**old).empty() || same_project(**old, after)) continue;
    TITAN_TRY(down(tool, **old, output));
  }
  Command up = command(tool, after, {"up", "--detach", "--remove-orphans"});
  up.timeout = options_.up_timeout;
  const auto done = run_to_success(runner_, up, output);
  if (!done) return done.error().context("starting " + compose_project(after.key));
  TITAN_ASSIGN(const auto texts, missing(tool, after, output));
  if (texts.empty()) return {};
  // Of what podman-compose does only its output tells why.
  const bool passing = sounds_passing(output.text());
  return Error{.code = passing ? ErrorCode::unavailable : ErrorCode::internal,
               .message = texts.front()};
}

Result<std::vector<std::string>> ComposeDriver::drift(const Generation& generation) {
  TITAN_ASSIGN(const Tool tool, this->tool());
  OutputTail output(kProgramLineBytesMax);
  TITAN_ASSIGN(auto texts, missing(tool, generation, output));
  return limited_drift(std::move(texts));
}

Result<std::vector<std::string>> ComposeDriver::missing(const Tool& tool,
                                                        const Generation& generation,
                                                        OutputTail& output) {
  TITAN_ASSIGN(const std::set<std::string> services, services_of(tool, generation, output));
  TITAN_ASSIGN(const std::vector<Container> containers, containers_of(tool, generation, output));
  std::vector<std::string> texts;
  for (const std::string& service : services) {
    const bool there =
        std::any_of(containers.begin(), containers.end(),
                    [&](const Container& container) { return container.service == service; });
    if (!there) texts.push_back(service + " is not running (it has no container)");
  }
  for (const Container& container : containers) {
    const bool done = container.state == "exited" && container.exit_code == 0;
    if (container.state == "running" || done) continue;
    std::string text = container.service + " is not running (" + container.state;
    if (container.state == "exited") text += ", " + std::to_string(container.exit_code);
    texts.push_back(text + ")");
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

// docker reads its own file, with all that our reader of YAML does not know; podman-compose has no
// such command, and of a file that cannot be read here only its containers are looked at.
Result<std::set<std::string>> ComposeDriver::services_of(const Tool& tool,
                                                         const Generation& generation,
                                                         OutputTail& output) {
  if (tool.is_podman) {
    const auto services = compose_services(compose_files(generation).front()->content);
    return services.value_or(std::set<std::string>{});
  }
  TITAN_ASSIGN(
      const Outcome outcome,
      run_to_success(runner_, command(tool, generation, {"config", "--services"}), output, false));
  std::set<std::string> services;
  for (const std::string& line : split(outcome.output, '\n')) {
    if (!trim(line).empty()) services.insert(without_blanks(line));
  }
  return services;
}

Result<std::vector<ComposeDriver::Container>> ComposeDriver::containers_of(
    const Tool& tool, const Generation& generation, OutputTail& output) {
  const std::string filter =
      std::string("label=") + kProjectLabel + "=" + compose_project(generation.key);
  const std::string format =
      tool.is_podman ? "json"
                     : std::string("{{.Label \"") + kServiceLabel + "\"}}\t{{.State}}\t{{.Status}}";
  const Command ps = {
      .arguments = {tool.engine, "ps", "--all", "--filter", filter, "--format", format},
      .environment = options_.environment,
      .clean_environment = true,
      .timeout = options_.timeout,
      .output_bytes_max = kContainersBytesMax};
  TITAN_ASSIGN(const Outcome outcome, run_to_success(runner_, ps, output, false));
  std::vector<Container> containers;
  if (!tool.is_podman) {
    for (const std::string& line : split(outcome.output, '\n')) {
      const auto parts = split(line, '\t');
      if (parts.size() != 3) continue;
      containers.push_back({parts[0], parts[1], exit_code_in(parts[2])});
    }
    return containers;
  }
  const auto listed =
      parse_json(trim(outcome.output).empty() ? "[]" : outcome.output, kContainersBytesMax);
  if (!listed || !listed->is_array()) {
    return internal("\"podman ps\" did not answer with a list in JSON");
  }
  for (const json& entry : *listed) {
    if (!entry.is_object()) continue;
    const auto labels = entry.find("Labels");
    const auto code = entry.find("ExitCode");
    const bool labelled = labels != entry.end() && labels->is_object();
    containers.push_back({labelled ? text_of(*labels, kServiceLabel) : "", text_of(entry, "State"),
                          code != entry.end() && code->is_number_integer() ? code->get<int>() : 0});
  }
  return containers;
}

}  // namespace titan::agent

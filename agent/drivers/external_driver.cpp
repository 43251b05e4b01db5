#include "agent/drivers/external_driver.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/drivers/limits.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace titan::agent {
namespace {

using nlohmann::json;

constexpr std::uint64_t kProtocol = 1;
constexpr std::string_view kPrefix = "titan-driver-";
constexpr std::array<std::string_view, 5> kOwnNames = {"files", "git", "systemd", "compose",
                                                       "kubernetes"};
constexpr int kSignalExitBase = 128;  // as ProcessRunner says it

json json_of(const Generation& generation) {
  json files = json::array();
  std::array<char, 8> mode{};
  for (const model::RenderedFile& file : generation.files) {
    std::snprintf(mode.data(), mode.size(), "%04o", file.mode & 07777U);
    files.push_back(
        {{"digest", Digest::of(file.content).text()}, {"mode", mode.data()}, {"path", file.path}});
  }
  return {{"digest", generation.digest.text()},
          {"files", files},
          {"folder", generation.folder},
          {"version", generation.version}};
}

// Whose it is: the first of them that is known.
const Generation* any_of(const DriverChange& change) {
  if (change.after != nullptr) return change.after;
  return change.before.empty() ? nullptr : change.before.back();
}

json request_of(const std::string& operation, const DriverChange& change, const std::string& host) {
  json request = {{"protocol", kProtocol}, {"operation", operation}, {"host", host}};
  const Generation* known = any_of(change);
  if (known == nullptr) return request;
  request["deployment"] = {{"workspace", known->key.workspace}, {"name", known->key.name}};
  if (change.after != nullptr) request["generation"] = json_of(*change.after);
  request["previous"] = json::array();
  for (const Generation* generation : change.before) {
    request["previous"].push_back(json_of(*generation));
  }
  request["written"] = change.written;
  request["removed"] = change.removed;
  return request;
}

// For shells: what most drivers need, without a reader of JSON.
ProgramEnvironment variables_of(const std::string& operation, const DriverChange& change,
                                const std::string& host) {
  ProgramEnvironment variables = {{"TITAN_PROTOCOL", std::to_string(kProtocol)},
                                  {"TITAN_OPERATION", operation},
                                  {"TITAN_HOST", host}};
  const Generation* known = any_of(change);
  if (known == nullptr) return variables;
  variables["TITAN_WORKSPACE"] = known->key.workspace;
  variables["TITAN_DEPLOYMENT"] = known->key.name;
  if (change.after != nullptr) {
    variables["TITAN_VERSION"] = std::to_string(change.after->version);
    variables["TITAN_DIGEST"] = change.after->digest.text();
    variables["TITAN_FOLDER"] = change.after->folder;
  }
  if (!change.before.empty()) {
    variables["TITAN_PREVIOUS_FOLDER"] = change.before.back()->folder;
  }
  return variables;
}

bool flag_in(const json& answer, const char* name, bool otherwise) {
  const auto found = answer.find(name);
  return found != answer.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

std::string limited_text(const json& answer, const char* name) {
  const auto found = answer.find(name);
  return found != answer.end() && found->is_string()
             ? clip(found->get<std::string>(), kExternalTextBytesMax)
             : std::string();
}

Result<std::vector<std::string>> texts_in(const json& answer, const char* name) {
  std::vector<std::string> texts;
  const auto found = answer.find(name);
  if (found == answer.end()) return texts;
  const bool good = found->is_array() && std::all_of(found->begin(), found->end(),
                                                     [](const json& t) { return t.is_string(); });
  if (!good)
    return internal(std::string("its answer has another \"") + name + "\" than a list of texts");
  for (const json& text : *found) {
    if (texts.size() == kExternalActionsMax) break;
    texts.push_back(clip(text.get<std::string>(), kExternalTextBytesMax));
  }
  return texts;
}

Error trust_error(const std::string& path, const std::string& what) {
  return denied(quote(path) + " is not used: " + what);
}

Result<void> check_owner(const std::string& path, const std::string& shown, bool is_file) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return system_error(errno, "looking at " + quote(path));
  if (is_file && !S_ISREG(found.st_mode)) return trust_error(shown, "it is no regular file");
  if (is_file && (found.st_mode & 0111U) == 0) {
    return trust_error(shown, "it may not be executed; expected mode 0755");
  }
  const std::string thing = is_file ? "it" : "its folder";
  if (found.st_uid != 0 && found.st_uid != ::geteuid()) {
    return trust_error(shown, thing + " belongs to user " + std::to_string(found.st_uid) +
                                  "; expected root or the agent's own user");
  }
  if ((found.st_mode & 0022U) != 0) {
    return trust_error(shown, "others may write to " + std::string(is_file ? "it" : thing) +
                                  "; expected mode 0755");
  }
  return {};
}

}  // namespace

Result<void> check_external_driver(const std::string& path) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(path, failed);
  if (failed) return system_error(failed.value(), "looking at " + quote(path));
  for (const auto& place : {std::filesystem::path(path), real}) {
    TITAN_TRY(check_owner(place.parent_path().string(), path, false));
  }
  return check_owner(real.string(), path, true);
}

ExternalDrivers discover_external_drivers(const std::vector<std::string>& folders) {
  ExternalDrivers drivers;
  for (const std::string& folder : folders) {
    std::error_code failed;
    std::set<std::string> names;  // sorted
    for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
      const std::string name = entry->path().filename().string();
      if (name.starts_with(kPrefix)) names.insert(name.substr(kPrefix.size()));
    }
    for (const std::string& name : names) {
      const std::string path = folder + "/" + std::string(kPrefix) + name;
      const bool own = std::find(kOwnNames.begin(), kOwnNames.end(), name) != kOwnNames.end();
      auto good =
          own ? Result<void>(trust_error(path, "the agent has a driver " + quote(name) + " itself"))
              : model::check_name("driver", name);
      if (good) good = check_external_driver(path);
      if (good && !drivers.paths.contains(name) && drivers.paths.size() == kExternalDriversMax) {
        good = trust_error(path, "there are " + std::to_string(kExternalDriversMax) + " already");
      }
      if (good) {
        drivers.paths.emplace(name, path);
      } else {
        drivers.refused.push_back(good.error().text());
      }
    }
  }
  return drivers;
}

ExternalDriver::ExternalDriver(ProcessRunner& runner, Options options)
    : runner_(runner), options_(std::move(options)) {}

Result<ExternalDriver::Answer> ExternalDriver::ask(const std::string& operation,
                                                   const DriverChange& change, OutputTail& output) {
  // The file may have changed hands since it was found.
  TITAN_TRY(check_external_driver(options_.path));
  Command command = {.arguments = {options_.path, operation},
                     .input = canonical_json(request_of(operation, change, options_.host)),
                     .environment = options_.environment,
                     .clean_environment = true,
                     .directory = "/",
                     .timeout = options_.timeout,
                     .output_bytes_max = kExternalAnswerBytesMax + 1};
  ProgramEnvironment variables = variables_of(operation, change, options_.host);
  variables.merge(command.environment);
  command.environment = std::move(variables);
  if (operation == "apply" || operation == "remove") command.timeout = options_.apply_timeout;
  TITAN_ASSIGN(const Outcome outcome, run_program(runner_, command, output, false));

  const std::string title = quote(title_of(command));
  if (outcome.exit_code > kSignalExitBase) {
    return internal(title + " was ended by signal " +
                    std::to_string(outcome.exit_code - kSignalExitBase));
  }
  if (outcome.output.size() > kExternalAnswerBytesMax) {
    return exhausted(title + " wrote more than " + std::to_string(kExternalAnswerBytesMax) +
                     " bytes on its standard output");
  }
  const auto answer = parse_json(outcome.output, kExternalAnswerBytesMax);
  if (!answer || !answer->is_object()) {
    if (outcome.exit_code != 0) return failure_of(command, {outcome.exit_code, "", outcome.errors});
    const std::string why = answer ? "it is no object" : answer.error().message;
    return internal(title + " did not answer with an object in JSON: " + why);
  }
  const auto ok = answer->find("ok");
  if (ok == answer->end() || !ok->is_boolean()) {
    return internal(title + " answered without \"ok\": true or false");
  }
  if (!ok->get<bool>()) {
    std::string reason = limited_text(*answer, "reason");
    if (reason.empty()) reason = title + " failed, and gave no reason";
    return flag_in(*answer, "retry", false) ? unavailable(reason) : invalid(reason);
  }
  if (outcome.exit_code != 0) {
    return internal(title + " said that all is well, but ended with exit code " +
                    std::to_string(outcome.exit_code));
  }
  Answer understood;
  const auto protocol = answer->find("protocol");
  if (protocol != answer->end() && protocol->is_number_unsigned()) {
    understood.protocol = protocol->get<std::uint64_t>();
  }
  understood.places_files = flag_in(*answer, "placesFiles", true);
  understood.unpacks = flag_in(*answer, "unpacks", true);
  auto texts = texts_in(*answer, operation == "status" ? "drift" : "actions");
  if (!texts) return texts.error().context(title);
  understood.texts = std::move(*texts);
  return understood;
}

Result<void> ExternalDriver::available() {
  OutputTail output(kProgramLineBytesMax);
  auto answer = ask("capabilities", {}, output);
  if (!answer) return unavailable(answer.error().message);
  if (answer->protocol != kProtocol) {
    return unavailable(quote(options_.path) + " speaks version " +
                       std::to_string(answer->protocol) + " of the protocol, and this agent " +
                       std::to_string(kProtocol));
  }
  places_files_ = answer->places_files;
  unpacks_ = answer->unpacks;
  return {};
}

Result<void> ExternalDriver::before_files(const DriverChange& change, OutputTail& output) {
  if (any_of(change) == nullptr) return {};
  TITAN_ASSIGN(const Answer answer,
               ask(change.after == nullptr ? "remove" : "plan", change, output));
  for (const std::string& action : answer.texts) output.add(action + "\n");
  return {};
}

Result<void> ExternalDriver::after_files(const DriverChange& change, OutputTail& output) {
  if (change.after == nullptr) return {};
  TITAN_TRY(ask("apply", change, output));
  return {};
}

Result<std::vector<std::string>> ExternalDriver::drift(const Generation& generation) {
  OutputTail output(kProgramLineBytesMax);
  TITAN_ASSIGN(Answer answer, ask("status", {.after = &generation}, output));
  return limited_drift(std::move(answer.texts));
}

}  // namespace titan::agent

#include "tests/agent/drivers/fake_kubectl.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"

namespace titan::agent::testing {
namespace {

using nlohmann::json;

const std::set<std::string> kWithoutNamespace = {"Namespace", "CustomResourceDefinition"};

std::string key_of(const json& object) {
  const std::string kind = object.value("kind", "");
  std::string space = object["metadata"].value("namespace", "");
  if (space.empty() && !kWithoutNamespace.contains(kind)) space = "default";
  return kind + "/" + space + "/" + object["metadata"].value("name", "");
}

bool has_flag(const Command& command, const std::string& flag) {
  return std::find(command.arguments.begin(), command.arguments.end(), flag) !=
         command.arguments.end();
}

std::string value_of(const Command& command, const std::string& flag) {
  for (const std::string& argument : command.arguments) {
    if (argument.starts_with(flag + "=")) return argument.substr(flag.size() + 1);
  }
  return {};
}

json items_of(const std::string& input) {
  const auto list = parse_json(input);
  return list ? (*list)["items"] : json::array();
}

std::string answer(const json& found) {
  if (found.empty()) return {};
  return pretty_json({{"apiVersion", "v1"}, {"kind", "List"}, {"items", found}}) + "\n";
}

Outcome failed(const std::string& errors) {
  return {.exit_code = 1, .errors = errors + "\n"};
}

Outcome unknown_kind(const json& item) {
  return failed(
      "error: resource mapping not found for name: \"x\" namespace: \"\" from \"STDIN\": "
      "no matches for kind \"" +
      item.value("kind", "") + "\" in version \"" + item.value("apiVersion", "") + "\"");
}

}  // namespace

void FakeKubectl::put(const std::string& json_text) {
  json object = parse_json(json_text).value();
  object["metadata"]["uid"] = "u" + std::to_string(next_uid_++);
  objects[key_of(object)] = object;
}

std::string FakeKubectl::state() const {
  std::string text;
  for (const auto& [key, object] : objects) {
    json shown = object;
    shown["metadata"].erase("uid");
    shown["metadata"].erase("resourceVersion");
    text += key + " " + shown.dump() + "\n";
  }
  return text;
}

std::string FakeKubectl::names() const {
  std::vector<std::string> names;
  for (const auto& [key, object] : objects) {
    if (key.find("titan-system") == std::string::npos) names.push_back(key);
  }
  return join(names, " ");
}

std::string FakeKubectl::inventory() const {
  std::vector<std::string> names;
  for (const auto& [key, object] : objects) {
    if (!key.starts_with("ConfigMap/titan-system/")) continue;
    const auto listed = parse_json(object["data"].value("objects", ""));
    for (const json& entry : listed.value_or(json::array())) {
      names.push_back(entry.value("kind", "") + "/" + entry.value("name", ""));
    }
  }
  return join(names, " ");
}

Outcome FakeKubectl::run(const Command& command) {
  std::vector<std::string> words;
  for (std::size_t i = 1; i < command.arguments.size(); ++i) {
    if (!command.arguments[i].starts_with("-")) words.push_back(command.arguments[i]);
  }
  const std::string& verb = words.front();
  if (verb == "version") return {.output = "Client Version: v1\n"};
  if (verb == "annotate") return annotate(command);
  if (verb == "kustomize") return {.output = folders[command.directory]["made"]};
  if (!reachable) {
    return failed("Unable to connect to the server: dial tcp 127.0.0.1:6443: connection refused");
  }
  if (verb == "get") return get(command, words);
  if (verb == "apply") return apply(command);
  if (verb == "delete") return remove(command, words);
  return {};
}

Outcome FakeKubectl::annotate(const Command& command) {
  std::vector<std::string> texts;
  for (const std::string& argument : command.arguments) {
    if (argument == "--filename=-") {
      texts.push_back(command.input);
    } else if (argument.starts_with("--filename=./")) {
      texts.push_back(folders[command.directory][argument.substr(13)]);
    }
  }
  const std::string& last = *std::find_if(
      command.arguments.begin(), command.arguments.end(),
      [](const std::string& argument) { return argument.starts_with("titan/deployment="); });
  Outcome outcome;
  for (const std::string& text : texts) {
    const auto documents = parse_yaml(text);
    if (!documents) return failed("error: error parsing STDIN: " + documents.error().message);
    for (json object : *documents) {
      object["metadata"]["annotations"]["titan/deployment"] = last.substr(17);
      outcome.output += pretty_json(object) + "\n";
    }
  }
  return outcome;
}

Outcome FakeKubectl::get(const Command& command, const std::vector<std::string>& words) {
  json found = json::array();
  if (has_flag(command, "--filename=-")) {
    for (const json& item : items_of(command.input)) {
      if (!kinds.contains(item.value("kind", ""))) return unknown_kind(item);
      const auto object = objects.find(key_of(item));
      if (object != objects.end()) found.push_back(object->second);
    }
    return {.output = answer(found)};
  }
  std::string kind = words.at(1).substr(0, words.at(1).find('.'));
  if (kind == "configmap") kind = "ConfigMap";
  if (!kinds.contains(kind)) {
    return failed("error: the server doesn't have a resource type \"" + kind + "\"");
  }
  json wanted = {{"kind", kind}, {"metadata", {{"name", words.at(2)}}}};
  const std::string space = value_of(command, "--namespace");
  if (!space.empty() && !kWithoutNamespace.contains(kind)) wanted["metadata"]["namespace"] = space;
  const auto object = objects.find(key_of(wanted));
  if (object == objects.end()) return {};
  return {.output = pretty_json(object->second) + "\n"};
}

Outcome FakeKubectl::apply(const Command& command) {
  const bool dry = has_flag(command, "--dry-run=server");
  Outcome outcome;
  json made = json::array();
  for (json item : items_of(command.input)) {
    if (!kinds.contains(item.value("kind", ""))) return unknown_kind(item);
    const std::string key = key_of(item);
    const std::string space = key.substr(key.find('/') + 1, key.rfind('/') - key.find('/') - 1);
    if (!space.empty()) {
      item["metadata"]["namespace"] = space;
      if (space != "default" && !objects.contains("Namespace//" + space)) {
        outcome.exit_code = 1;
        outcome.errors += "Error from server (NotFound): namespaces \"" + space + "\" not found\n";
        continue;
      }
    }
    if (taken.contains(key)) {
      outcome.exit_code = 1;
      outcome.errors +=
          "error: Apply failed with 1 conflict: conflict with \"kubectl-edit\"\n"
          "See https://kubernetes.io/docs/reference/using-api/server-side-apply/\n";
      continue;
    }
    const auto old = objects.find(key);
    item["metadata"]["uid"] = old != objects.end() ? old->second["metadata"]["uid"]
                                                   : json("u" + std::to_string(next_uid_++));
    item["metadata"]["resourceVersion"] = dry ? "9" : "1";
    if (!dry) objects[key] = item;
    made.push_back(item);
  }
  // Of what went well, nothing is told when something did not.
  if (outcome.exit_code == 0 && !has_flag(command, "--output=name")) outcome.output = answer(made);
  return outcome;
}

Outcome FakeKubectl::remove(const Command& command, const std::vector<std::string>& words) {
  if (!has_flag(command, "--filename=-")) {
    objects.erase("ConfigMap/" + value_of(command, "--namespace") + "/" + words.at(2));
    return {};
  }
  for (const json& item : items_of(command.input)) {
    if (stuck.contains(item["metadata"].value("name", ""))) {
      return failed("error: timed out waiting for the condition on configmaps/x");
    }
    objects.erase(key_of(item));
    if (item.value("kind", "") != "Namespace") continue;
    const std::string space = "/" + item["metadata"].value("name", "") + "/";
    std::erase_if(objects,
                  [&](const auto& entry) { return entry.first.find(space) != std::string::npos; });
  }
  return {};
}

}  // namespace titan::agent::testing

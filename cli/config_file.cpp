#include "cli/config_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/limits.hpp"
#include "cli/local_file.hpp"
#include "cli/token.hpp"
#include "model/field_reader.hpp"
#include "model/key.hpp"

namespace titan::cli {
namespace {

using model::FieldReader;
using nlohmann::json;

Result<Context> parse_context(const json& item, const std::string& path) {
  FieldReader reader(item, path);
  Context context{.name = reader.required_text("name"),
                  .server = reader.required_text("server"),
                  .ca_file = reader.text("caFile"),
                  .token = reader.text("token"),
                  .token_expires = reader.timestamp("tokenExpires"),
                  .token_file = reader.text("tokenFile"),
                  .workspace = reader.text("workspace")};
  TITAN_TRY(reader.finish());
  TITAN_TRY(model::check_name(path + ".name", context.name));
  TITAN_TRY(check_path(path + ".caFile", context.ca_file));
  TITAN_TRY(check_path(path + ".tokenFile", context.token_file));
  if (!context.token.empty()) {
    TITAN_TRY(check_token(path + ".token", context.token));
    if (!context.token_file.empty()) {
      return invalid_field(path + ".tokenFile", "cannot stand beside token");
    }
  }
  if (!context.workspace.empty()) {
    TITAN_TRY(model::check_name(path + ".workspace", context.workspace));
  }
  return context;
}

Result<Config> parse_config(const std::string& text) {
  TITAN_ASSIGN(const auto documents, parse_yaml(text));
  Config config;
  if (documents.empty()) return config;
  if (documents.size() > 1) return invalid("holds more than one document; expected one");
  FieldReader reader(documents.front(), "");
  config.current_context = reader.text("currentContext");
  if (const json* contexts = reader.array("contexts", kContextsMax); contexts != nullptr) {
    for (const json& item : *contexts) {
      const std::string path = "contexts[" + std::to_string(config.contexts.size()) + "]";
      TITAN_ASSIGN(Context context, parse_context(item, path));
      if (config.find(context.name) != nullptr) {
        return invalid_field(path + ".name", quote(context.name) + " stands there twice");
      }
      config.contexts.push_back(std::move(context));
    }
  }
  TITAN_TRY(reader.finish());
  if (!config.current_context.empty() && config.find(config.current_context) == nullptr) {
    return invalid_field("currentContext",
                         "there is no context " + quote(config.current_context) +
                             did_you_mean(config.current_context, config.names()));
  }
  return config;
}

json json_of(const Config& config) {
  json document = {{"contexts", json::array()}};
  if (!config.current_context.empty()) document["currentContext"] = config.current_context;
  for (const Context& context : config.contexts) {
    json item = {{"name", context.name}, {"server", context.server}};
    if (!context.ca_file.empty()) item["caFile"] = context.ca_file;
    if (!context.token.empty()) item["token"] = context.token;
    if (context.token_expires != Timestamp()) item["tokenExpires"] = context.token_expires.text();
    if (!context.token_file.empty()) item["tokenFile"] = context.token_file;
    if (!context.workspace.empty()) item["workspace"] = context.workspace;
    document["contexts"].push_back(std::move(item));
  }
  return document;
}

// A token that others can read is theirs, too.
Result<void> check_mode(const Config& config, const std::string& path, const Env& env) {
  constexpr std::uint32_t kOthers = 077;
  if (std::ranges::all_of(config.contexts, &std::string::empty, &Context::token)) return {};
  const LocalPath place = take_apart(path);
  TITAN_ASSIGN(const auto folder, env.open_folder(place.folder));
  TITAN_ASSIGN(const FileSystem::Info info, folder->info(place.name));
  if ((info.mode & kOthers) == 0) return {};
  return denied("holds a token, and others than you may read it; chmod 600 it, and ask for a new " +
                std::string("token if others were here"));
}

std::string variable_or_empty(const Env& env, const char* name) {
  return env.variable(name).value_or("");
}

}  // namespace

const Context* Config::find(std::string_view name) const {
  const auto found = std::ranges::find(contexts, name, &Context::name);
  return found == contexts.end() ? nullptr : &*found;
}

std::vector<std::string> Config::names() const {
  std::vector<std::string> names;
  for (const Context& context : contexts) names.push_back(context.name);
  return names;
}

Result<void> check_path(const std::string& field, const std::string& path) {
  if (path.empty() || path.starts_with('/')) return {};
  return invalid_field(
      field, quote(path) + " is not an absolute path, as a context is used from " + "every folder");
}

Result<std::string> config_path(const Env& env) {
  if (const auto path = variable_or_empty(env, "TITAN_CONFIG"); !path.empty()) return path;
  if (const auto base = variable_or_empty(env, "XDG_CONFIG_HOME"); !base.empty()) {
    return base + "/titan/config.yaml";
  }
  if (const auto home = variable_or_empty(env, "HOME"); !home.empty()) {
    return home + "/.config/titan/config.yaml";
  }
  return not_found(
      "there is no place for the configuration: none of TITAN_CONFIG, XDG_CONFIG_HOME and HOME "
      "is set");
}

Result<Config> load_config(const Env& env) {
  const auto path = config_path(env);
  if (!path) return Config{};
  const auto text = read_local_file(env, *path, kConfigBytesMax);
  if (!text && text.error().code == ErrorCode::not_found) return Config{};
  if (!text) return text.error();
  auto config = parse_config(*text);
  const auto usable = config ? check_mode(*config, *path, env) : Result<void>(config.error());
  if (usable) return config;
  Error error = usable.error();
  error.subject = *path;
  return error;
}

Result<void> save_config(const Env& env, const Config& config) {
  TITAN_ASSIGN(const std::string path, config_path(env));
  const LocalPath place = take_apart(path);
  auto folder = env.create_folder(place.folder);
  auto written = folder ? write_atomically(**folder, place.name, yaml_text(json_of(config)), 0600)
                        : Result<void>(folder.error());
  if (!written) written.error().subject = path;
  return written;
}

}  // namespace titan::cli

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

Response whoami(const Request& request) {
  const Identity& who = *request.who;
  json body = {{"actor", who.actor},
               {"organization", who.organization},
               {"grants", model::json_of(who.grants)}};
  if (!who.host.empty()) body["host"] = who.host;
  if (who.expires != Timestamp()) body["expires"] = who.expires.text();
  return json_response(200, body);
}

Result<Act> act_of(const std::string& verb) {
  for (const char* reading : {"get", "list", "watch"}) {
    if (verb == reading) return Act::read;
  }
  for (const char* writing : {"create", "update", "apply", "delete"}) {
    if (verb == writing) return Act::write;
  }
  return invalid_field(
      "verb", "expected get, list, watch, create, update, apply or delete, found " + quote(verb));
}

// What a permission asks about, and where.
struct PermissionQuestion {
  Access access = {};
  std::string workspace = {};
};

Result<PermissionQuestion> question_of(const Request& request) {
  const auto said = [&](const char* name) {
    const auto found = request.parameters.find(name);
    return found == request.parameters.end() ? std::string() : found->second;
  };
  PermissionQuestion question{.workspace = said("workspace")};
  TITAN_ASSIGN(question.access.act, act_of(said("verb")));
  const auto kind = model::parse_kind_word(said("kind"));
  if (!kind) return invalid_field("kind", kind.error().message);
  question.access.area = area_of(*kind);
  const bool has_workspace = model::in_workspace(*kind) || *kind == model::Kind::workspace;
  if (!has_workspace && !question.workspace.empty()) {
    return invalid_field("workspace", "entities of this kind are in none");
  }
  if (has_workspace && question.workspace.empty() && question.access.act == Act::write) {
    question.workspace = model::kDefaultWorkspace;
  }
  return question;
}

Response permission(const Request& request) {
  const auto question = question_of(request);
  if (!question) return unreadable(question.error(), request.id);
  const bool allowed =
      decide(*request.who, question->access, question->workspace) == Verdict::allowed;
  json body = {{"allowed", allowed}};
  if (!allowed) {
    body["reason"] = refusal_of(*request.who, question->access, question->workspace).message;
  }
  return json_response(200, body);
}

}  // namespace

void add_identity_routes(Router& router) {
  router.add({.method = "GET",
              .path = "/v1/whoami",
              .operation = "getIdentity",
              .tag = "Identity",
              .summary = "Who you are to the server",
              .access = Access{Area::signed_in, Act::read},
              .answers = {{200, "Your name, organization and roles.", "Identity"}},
              .handler = &whoami});
  router.add({.method = "GET",
              .path = "/v1/permissions",
              .operation = "getPermission",
              .tag = "Identity",
              .summary = "Whether you may do something",
              .access = Access{Area::signed_in, Act::read},
              .parameters = {{"verb", "Verb", "What is to be done."},
                             {"kind", "KindWord", "With which kind of entities."},
                             {"workspace", "Name",
                              "Where; `default` for what is written, when left out."}},
              .answers = {{200, "Whether, and why not.", "Permission"}},
              .handler = &permission});
}

}  // namespace titan::server_lite

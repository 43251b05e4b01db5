// Who may do what, for every route that there is: the verdicts are worked out here a second time,
// by a table that knows nothing of server-lite/identity/.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "tests/server-lite/test_device.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::TestServer;

constexpr const char* kBlob = "a file of the template\n";

// ---- the table -------------------------------------------------------------------------------

enum class Where {
  anybody,       // no token is needed
  known,         // any token that counts
  anywhere,      // the role may hold in any one workspace
  organization,  // the role must hold in the whole organization
  workspace,     // the role must hold in the workspace of the path
  operators,     // in the whole organization `default`
};

enum Rank { nobody = 99, viewer = 0, developer = 1, platform = 2, admin = 3 };

struct RouteRow {
  const char* route;
  Where where;
  Rank least;
};

constexpr RouteRow kTable[] = {
    {"GET /openapi.json", Where::anybody, viewer},
    {"GET /docs", Where::anybody, viewer},
    {"GET /docs/{file}", Where::anybody, viewer},
    {"GET /redocs", Where::anybody, viewer},
    {"GET /v1/status", Where::anybody, viewer},
    {"GET /v1/identity", Where::anybody, viewer},
    {"GET /v1/login", Where::anybody, viewer},
    {"POST /v1/login", Where::anybody, viewer},
    {"POST /v1/enroll", Where::anybody, viewer},
    {"POST /v1/lobby", Where::anybody, viewer},
    {"POST /v1/rotate", Where::anybody, viewer},
    {"POST /v1/sessions", Where::anybody, viewer},
    {"POST /v1/sessions/challenge", Where::anybody, viewer},

    {"GET /v1/whoami", Where::known, viewer},
    {"GET /v1/permissions", Where::known, viewer},
    {"GET /v1/changes", Where::known, viewer},
    {"POST /v1/changes", Where::known, viewer},  // each of its changes is judged
    {"POST /v1/preview", Where::known, viewer},  // likewise
    {"GET /v1/changes/{id}", Where::known, viewer},

    {"GET /v1/metrics", Where::operators, viewer},

    {"GET /v1/workspaces", Where::anywhere, viewer},
    {"GET /v1/workspaces/{name}", Where::workspace, viewer},
    {"PUT /v1/workspaces/{name}", Where::workspace, platform},
    {"DELETE /v1/workspaces/{name}", Where::workspace, platform},

    {"GET /v1/hosts", Where::anywhere, viewer},
    {"GET /v1/hosts/{name}", Where::anywhere, viewer},
    {"GET /v1/hosts/{name}/state", Where::anywhere, viewer},
    {"GET /v1/hosts/{name}/render", Where::anywhere, viewer},
    {"GET /v1/hosts/{name}/why", Where::anywhere, viewer},
    {"POST /v1/hosts", Where::organization, platform},
    {"PUT /v1/hosts/{name}", Where::organization, platform},
    {"DELETE /v1/hosts/{name}", Where::organization, platform},
    {"GET /v1/hosts/{name}/changes", Where::organization, viewer},
    {"GET /v1/hosts/{name}/report", Where::organization, viewer},
    {"POST /v1/hosts/{name}/sync", Where::organization, admin},

    {"GET /v1/templates", Where::anywhere, viewer},
    {"GET /v1/templates/{name}", Where::anywhere, viewer},
    {"POST /v1/templates", Where::organization, platform},
    {"PUT /v1/templates/{name}", Where::organization, platform},
    {"DELETE /v1/templates/{name}", Where::organization, platform},
    {"POST /v1/templates/{name}/sync", Where::organization, platform},
    {"GET /v1/blobs/{digest}", Where::anywhere, viewer},
    {"PUT /v1/blobs/{digest}", Where::organization, platform},

    {"GET /v1/workloads", Where::anywhere, viewer},
    {"GET /v1/workspaces/{workspace}/workloads", Where::workspace, viewer},
    {"GET /v1/workspaces/{workspace}/workloads/{name}", Where::workspace, viewer},
    {"POST /v1/workspaces/{workspace}/workloads", Where::workspace, developer},
    {"PUT /v1/workspaces/{workspace}/workloads/{name}", Where::workspace, developer},
    {"DELETE /v1/workspaces/{workspace}/workloads/{name}", Where::workspace, developer},

    {"GET /v1/targets", Where::anywhere, viewer},
    {"GET /v1/workspaces/{workspace}/targets", Where::workspace, viewer},
    {"GET /v1/workspaces/{workspace}/targets/{name}", Where::workspace, viewer},
    {"POST /v1/workspaces/{workspace}/targets", Where::workspace, developer},
    {"PUT /v1/workspaces/{workspace}/targets/{name}", Where::workspace, developer},
    {"DELETE /v1/workspaces/{workspace}/targets/{name}", Where::workspace, developer},

    {"GET /v1/deployments", Where::anywhere, viewer},
    {"GET /v1/workspaces/{workspace}/deployments", Where::workspace, viewer},
    {"GET /v1/workspaces/{workspace}/deployments/{name}", Where::workspace, viewer},
    {"GET /v1/workspaces/{workspace}/deployments/{name}/hosts", Where::workspace, viewer},
    {"GET /v1/workspaces/{workspace}/deployments/{name}/render", Where::workspace, viewer},
    {"GET /v1/workspaces/{workspace}/deployments/{name}/trace", Where::workspace, viewer},
    {"POST /v1/workspaces/{workspace}/deployments/{name}/stages", Where::workspace, developer},
    {"POST /v1/workspaces/{workspace}/deployments", Where::workspace, developer},
    {"PUT /v1/workspaces/{workspace}/deployments/{name}", Where::workspace, developer},
    {"DELETE /v1/workspaces/{workspace}/deployments/{name}", Where::workspace, developer},

    {"GET /v1/assignments", Where::anywhere, viewer},
    {"GET /v1/workspaces/{workspace}/assignments", Where::workspace, viewer},
    {"GET /v1/workspaces/{workspace}/assignments/{name}", Where::workspace, viewer},

    {"GET /v1/secrets", Where::anywhere, viewer},
    {"GET /v1/workspaces/{workspace}/secrets", Where::workspace, viewer},
    {"GET /v1/workspaces/{workspace}/secrets/{name}", Where::workspace, viewer},
    {"POST /v1/workspaces/{workspace}/secrets", Where::workspace, developer},
    {"PUT /v1/workspaces/{workspace}/secrets/{name}", Where::workspace, developer},
    {"DELETE /v1/workspaces/{workspace}/secrets/{name}", Where::workspace, developer},

    {"GET /v1/tokens", Where::organization, admin},
    {"GET /v1/tokens/{name}", Where::organization, admin},
    {"POST /v1/tokens", Where::organization, admin},
    {"PUT /v1/tokens/{name}", Where::organization, admin},
    {"DELETE /v1/tokens/{name}", Where::organization, admin},

    {"GET /v1/enrollments", Where::organization, platform},
    {"GET /v1/enrollments/{name}", Where::organization, platform},
    {"POST /v1/enrollments", Where::organization, platform},
    {"PUT /v1/enrollments/{name}", Where::organization, platform},
    {"DELETE /v1/enrollments/{name}", Where::organization, platform},
    {"GET /v1/lobby", Where::organization, platform},

    {"GET /v1/devices", Where::anywhere, viewer},
    {"GET /v1/devices/{name}", Where::anywhere, viewer},
    {"POST /v1/devices", Where::organization, platform},
    {"PUT /v1/devices/{name}", Where::organization, platform},
    {"DELETE /v1/devices/{name}", Where::organization, platform},
};

// A workspace is made by whoever may write it, and its name stands in the body: see below.
constexpr const char* kMakesWorkspaces = "POST /v1/workspaces";

const RouteRow* row_of(const std::string& route) {
  const auto* const row =
      std::ranges::find_if(kTable, [&](const RouteRow& one) { return one.route == route; });
  return row == std::end(kTable) ? nullptr : row;
}

// ---- who asks --------------------------------------------------------------------------------

struct Person {
  std::string token;              // empty: none is shown
  std::optional<Rank> rank = {};  // none: nobody that is known
  std::string workspace = {};     // where the role holds; empty: in the whole organization
  std::string organization = "default";
};

enum class Verdict { allowed, unknown, hidden, denied };

Verdict expected(const RouteRow& row, const Person& who, const std::string& workspace) {
  if (row.where == Where::anybody) return Verdict::allowed;
  if (!who.rank) return Verdict::unknown;
  const bool everywhere = who.workspace.empty();
  const bool enough = *who.rank >= row.least;
  const auto if_so = [](bool allowed) { return allowed ? Verdict::allowed : Verdict::denied; };
  switch (row.where) {
    case Where::anywhere:
      return if_so(enough);
    case Where::organization:
      return if_so(enough && everywhere);
    case Where::operators:
      return if_so(enough && everywhere && who.organization == "default");
    case Where::workspace:
      if (!everywhere && who.workspace != workspace) return Verdict::hidden;
      return if_so(enough);
    default:
      return Verdict::allowed;
  }
}

// What the server made of it. What it answers to those who may is not looked at.
Verdict verdict_of(const HttpResponse& response) {
  if (response.status == 401) return Verdict::unknown;
  if (response.status == 403) return Verdict::denied;
  const bool hidden = response.status == 404 &&
                      response.body.find("does not exist, or is not yours") != std::string::npos;
  return hidden ? Verdict::hidden : Verdict::allowed;
}

std::string bearer(const std::string& token) {
  return "Bearer " + token;
}

class Authorization : public ::testing::Test {
 protected:
  // A token that is written as only the store can: of any organization, and expired if need be.
  void put_token(const Person& who, Timestamp expires = {}) {
    constexpr model::Role kRoles[] = {model::Role::viewer, model::Role::developer,
                                      model::Role::platform, model::Role::admin};
    model::Entity token{.name = "t" + Digest::of(who.token).hex().substr(0, 20),
                        .organization = who.organization,
                        .spec = model::TokenSpec{.grants = {{kRoles[*who.rank], who.workspace}},
                                                 .digest = Digest::of(who.token),
                                                 .expires = expires}};
    token.status = model::Status::ready;
    store::Batch batch{.mutations = {{token.key(), {}, token}}, .actor = "test"};
    ASSERT_TRUE(server_.store().commit(batch));
  }
  HttpResponse ask(const std::string& method, const std::string& target, const std::string& token,
                   const std::string& body = "") {
    // A deletion that nobody can mean: who may delete gets a conflict.
    HttpHeaders headers = {{"Authorization", token.empty() ? std::string() : bearer(token)}};
    if (method == "DELETE") headers["If-Match"] = "\"999\"";
    return server_.call(method, target, body, headers);
  }
  // "GET /v1/hosts/{name}", of all that the server takes.
  std::vector<std::string> routes() {
    std::vector<std::string> routes;
    const json document = server_.json("GET", "/openapi.json");
    for (const auto& [path, methods] : document["paths"].items()) {
      for (const auto& [method, about] : methods.items()) {
        if (method == "parameters" || method == "head") continue;
        std::string upper = method;
        std::ranges::transform(upper, upper.begin(), [](char c) { return std::toupper(c); });
        routes.push_back(upper + " " + path);
      }
    }
    return routes;
  }

  TestServer server_;
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// The path of a route, with a workspace and a name in the braces.
std::string target_of(const std::string& path, const std::string& workspace,
                      const std::string& name, const std::string& blob) {
  std::string target = replaced(path, "{workspace}", workspace);
  target = replaced(target, "{digest}", Digest::of(blob).text());
  target = replaced(target, "{id}", "no-such-change");
  target = replaced(target, "{file}", "none.js");
  return replaced(target, "{name}", path == "/v1/workspaces/{name}" ? workspace : name);
}

TEST_F(Authorization, OfEveryRouteIsAsTheTableSays) {
  std::vector<Person> people = {{.token = ""},
                                {.token = "titan_never_made"},
                                {.token = "titan_expired"},
                                {.token = "titan_other", .rank = admin, .organization = "other"}};
  Person expired{.token = "titan_expired", .rank = admin};
  put_token(expired, server_.clock().wall());
  put_token(people.back());
  for (const Rank rank : {viewer, developer, platform, admin}) {
    for (const char* workspace : {"", "iot"}) {
      people.push_back({.token = "titan_" + std::to_string(rank) + workspace,
                        .rank = rank,
                        .workspace = workspace});
      put_token(people.back());
    }
  }
  for (const char* workspace : {"iot", "attic"}) {
    server_.put({.name = workspace, .spec = model::WorkspaceSpec{}});
  }
  std::size_t asked = 0;
  for (const std::string& route : routes()) {
    if (route == kMakesWorkspaces) continue;
    const RouteRow* row = row_of(route);
    ASSERT_NE(row, nullptr) << route << " is not in the table of this test";
    const auto space = route.find(' ');
    const std::string method = route.substr(0, space);
    const std::string path = route.substr(space + 1);
    for (const char* workspace : {"iot", "attic", "nowhere"}) {
      const std::string target = target_of(path, workspace, "pi", kBlob);
      for (const Person& who : people) {
        const HttpResponse answered = ask(method, target, who.token);
        const Verdict wanted = expected(*row, who, workspace);
        EXPECT_EQ(verdict_of(answered), wanted) << method << ' ' << target << " as " << who.token
                                                << ": " << answered.status << ' ' << answered.body;
        if (wanted == Verdict::unknown) {
          EXPECT_EQ(answered.header("WWW-Authenticate"), "Bearer") << target;
        }
        if (method == "GET" && ++asked % 3 == 0) {
          EXPECT_EQ(ask("HEAD", target, who.token).status, answered.status) << target;
        }
      }
    }
  }
  EXPECT_GT(asked, 1000U);
}

// It may speak for its own host, and read blobs; nothing else that takes a role.
TEST_F(Authorization, OfADeviceIsItsHostAndBlobs) {
  testing::TestDevice device(server_, 1);
  device.become("pi");
  server_.put_host("nuc", {});
  const auto expected_of_device = [](const std::string& route, const RouteRow& row,
                                     const std::string& host) {
    if (row.where == Where::anybody || row.where == Where::known) return Verdict::allowed;
    if (route == "GET /v1/blobs/{digest}") return Verdict::allowed;
    if (route == "POST /v1/hosts/{name}/sync") {
      return host == "pi" ? Verdict::allowed : Verdict::denied;
    }
    return row.where == Where::workspace ? Verdict::hidden : Verdict::denied;
  };
  for (const std::string& route : routes()) {
    if (route == kMakesWorkspaces) continue;
    const RouteRow* row = row_of(route);
    ASSERT_NE(row, nullptr) << route;
    const auto space = route.find(' ');
    const std::string method = route.substr(0, space);
    for (const char* host : {"pi", "nuc", "none"}) {
      const std::string target = target_of(route.substr(space + 1), "default", host, kBlob);
      const HttpResponse answered = ask(method, target, device.token());
      EXPECT_EQ(verdict_of(answered), expected_of_device(route, *row, host))
          << method << ' ' << target << ": " << answered.status << ' ' << answered.body;
    }
  }
  const json log = parse_json(ask("GET", "/v1/changes", device.token()).body).value();
  EXPECT_TRUE(log["items"].empty()) << log.dump();
}

// Each change of a batch is judged as if it came alone.
TEST_F(Authorization, OfABatchIsThatOfEachOfItsChanges) {
  std::vector<Person> people;
  for (const Rank rank : {viewer, developer, platform, admin}) {
    for (const char* workspace : {"", "iot"}) {
      people.push_back({.token = "titan_" + std::to_string(rank) + workspace,
                        .rank = rank,
                        .workspace = workspace});
      put_token(people.back());
    }
  }
  for (const model::Kind kind : model::kKinds) {
    if (kind == model::Kind::assignment) continue;
    const std::string plural(model::plural_of(kind));
    const bool inside = model::in_workspace(kind);
    const RouteRow* row = row_of(inside ? "DELETE /v1/workspaces/{workspace}/" + plural + "/{name}"
                                        : "DELETE /v1/" + plural + "/{name}");
    ASSERT_NE(row, nullptr) << plural;
    for (const std::string workspace : {"iot", "attic"}) {
      json change = {{"operation", "DELETE"},
                     {"kind", model::name_of(kind)},
                     {"name", kind == model::Kind::workspace ? workspace : "pi"}};
      if (inside) change["workspace"] = workspace;
      const std::string body = json({{"changes", json::array({change})}}).dump();
      for (const Person& who : people) {
        const HttpResponse answered = ask("POST", "/v1/changes", who.token, body);
        EXPECT_EQ(verdict_of(answered), expected(*row, who, workspace))
            << plural << ' ' << workspace << " as " << who.token << ": " << answered.status << ' '
            << answered.body;
      }
    }
  }
}

TEST_F(Authorization, OfMakingAWorkspaceIsThatOfWritingIt) {
  for (const Rank rank : {viewer, developer, platform, admin}) {
    for (const std::string held_in : {"", "iot"}) {
      const Person who{
          .token = "titan_" + std::to_string(rank) + held_in, .rank = rank, .workspace = held_in};
      put_token(who);
      for (const std::string workspace : {"iot", "attic"}) {
        const std::string body = json({{"kind", "Workspace"}, {"name", workspace}}).dump();
        const HttpResponse answered = ask("POST", "/v1/workspaces", who.token, body);
        const Verdict wanted = expected({"", Where::workspace, platform}, who, workspace);
        EXPECT_EQ(verdict_of(answered) == Verdict::allowed, wanted == Verdict::allowed)
            << workspace << " as " << who.token << ": " << answered.status << ' ' << answered.body;
        static_cast<void>(server_.call("DELETE", "/v1/workspaces/" + workspace));
      }
    }
  }
}

TEST_F(Authorization, HidesAWorkspaceLikeOneThatDoesNotExist) {
  put_token({.token = "titan_iot", .rank = admin, .workspace = "iot"});
  for (const char* workspace : {"iot", "attic"}) {
    server_.put({.name = workspace, .spec = model::WorkspaceSpec{}});
    server_.put({.name = "sensor", .workspace = workspace, .spec = model::WorkloadSpec{}});
  }
  for (const std::string& route : routes()) {
    const auto space = route.find(' ');
    const RouteRow* row = row_of(route);
    if (row == nullptr || row->where != Where::workspace) continue;
    const std::string method = route.substr(0, space);
    const std::string path = route.substr(space + 1);
    const auto body_about = [&](const std::string& workspace) {
      const HttpResponse answered =
          ask(method, target_of(path, workspace, "sensor", kBlob), "titan_iot");
      EXPECT_EQ(answered.status, 404) << route;
      const std::string id(answered.header("Titan-Request-Id"));
      return replaced(replaced(answered.body, id, "ID"), workspace, "WORKSPACE");
    };
    EXPECT_EQ(body_about("attic"), body_about("nowhere")) << route;
  }
}

// ---- two organizations -----------------------------------------------------------------------

class Organizations : public Authorization {
 protected:
  Organizations() {
    put_token({.token = "titan_other", .rank = admin, .organization = "other"});
    fill("default", TestServer::kAdminToken);
    fill("other", "titan_other");
  }
  static std::string sign_of(const std::string& organization) { return "sign-of-" + organization; }
  // The same names in each, and one name that the other does not have; all of it signed.
  void fill(const std::string& organization, const std::string& token) {
    const std::string sign = sign_of(organization);
    const std::string blob = sign + " in a file\n";
    const auto write = [&](const std::string& path, const json& spec) {
      const HttpResponse answered =
          ask("PUT", path + "?createWorkspace=true", token, json({{"spec", spec}}).dump());
      ASSERT_TRUE(answered.status == 200 || answered.status == 201) << path << answered.body;
      changes_[organization].push_back(std::string(answered.header("Titan-Change")));
    };
    ask("PUT", "/v1/blobs/" + Digest::of(blob).text(), token, blob);
    for (const std::string& name : {std::string("pi"), "only-" + organization}) {
      write("/v1/workspaces/" + name, {{"description", sign}});
      write("/v1/hosts/" + name, {{"labels", {{"sign", sign}}}});
      write("/v1/templates/" + name, {{"driver", "files"},
                                      {"files",
                                       {{{"path", "root/etc/a"},
                                         {"digest", Digest::of(blob).text()},
                                         {"size", blob.size()}}}}});
      const std::string inside = "/v1/workspaces/" + name;
      write(inside + "/workloads/" + name, {{"repo", sign}});
      write(inside + "/targets/" + name, {{"labels", {{"sign", sign}}}});
      write(inside + "/deployments/" + name,
            {{"workload", name}, {"target", name}, {"template", name}, {"replicas", 1}});
      write("/v1/tokens/" + name, {{"grants", json::array({{{"role", "viewer"}}})},
                                   {"digest", Digest::of(sign + name).text()},
                                   {"description", sign}});
      write("/v1/enrollments/" + name, {{"host", name},
                                        {"digest", Digest::of(sign + name).text()},
                                        {"labels", {{"sign", sign}}},
                                        {"expires", "2027-01-01T00:00:00Z"}});
      const HttpResponse said =
          ask("POST", "/v1/hosts/" + name + "/sync", token,
              json({{"report", {{"agentVersion", sign}, {"deployments", json::array()}}}}).dump());
      EXPECT_TRUE(said.status == 200 || said.status == 204) << said.status << said.body;
    }
  }
  // All GETs, with this name everywhere.
  std::vector<std::string> questions(const std::string& name, const std::string& blob) {
    std::vector<std::string> targets;
    for (const std::string& route : routes()) {
      if (!route.starts_with("GET /v1/")) continue;
      std::string target = target_of(route.substr(4), name, name, blob);
      if (target.find("/permissions") != std::string::npos) continue;
      if (target == "/v1/metrics" || target == "/v1/status") continue;  // of the server itself
      targets.push_back(target);
    }
    return targets;
  }

  std::map<std::string, std::vector<std::string>> changes_;
};

TEST_F(Organizations, SeeNothingOfEachOther) {
  const std::map<std::string, std::string> tokens = {{"default", TestServer::kAdminToken},
                                                     {"other", "titan_other"}};
  std::set<std::string> seen;
  // Twice, and in turn: what is kept for one must not be given to the other.
  for (int round = 0; round < 2; ++round) {
    for (const std::string& target : questions("pi", sign_of("default") + " in a file\n")) {
      for (const auto& [organization, token] : tokens) {
        const std::string foreign = organization == "other" ? "default" : "other";
        const HttpResponse answered = ask("GET", target, token);
        EXPECT_EQ(answered.body.find(sign_of(foreign)), std::string::npos)
            << organization << ": " << target << '\n'
            << answered.body;
        EXPECT_EQ(answered.body.find("only-" + foreign), std::string::npos) << target;
        EXPECT_EQ(answered.body.find("\"organizationId\":\"" + foreign), std::string::npos)
            << target;
        if (answered.body.find(sign_of(organization)) != std::string::npos) seen.insert(target);
      }
    }
  }
  // The test would be worth nothing if the signs were nowhere.
  for (const char* target :
       {"/v1/changes", "/v1/hosts", "/v1/hosts/pi", "/v1/hosts/pi/report", "/v1/tokens",
        "/v1/workloads", "/v1/workspaces/pi/targets/pi", "/v1/hosts/pi/changes"}) {
    EXPECT_TRUE(seen.contains(target)) << target;
  }
}

TEST_F(Organizations, AnswerOfEachOthersThingsAsOfThoseThatDoNotExist) {
  const auto answer = [&](const std::string& target, const std::string& name) {
    const HttpResponse answered = ask("GET", target, "titan_other");
    const std::string id(answered.header("Titan-Request-Id"));
    return std::to_string(answered.status) +
           replaced(replaced(answered.body, id, "ID"), name, "NAME");
  };
  const auto theirs = questions("only-default", sign_of("default") + " in a file\n");
  const auto nobodys = questions("only-nothing", "no such blob");
  ASSERT_EQ(theirs.size(), nobodys.size());
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const std::string about_blob = Digest::of(sign_of("default") + " in a file\n").text();
    const std::string no_blob = Digest::of("no such blob").text();
    EXPECT_EQ(replaced(answer(theirs[i], "only-default"), about_blob, "DIGEST"),
              replaced(answer(nobodys[i], "only-nothing"), no_blob, "DIGEST"))
        << theirs[i];
  }
  ASSERT_FALSE(changes_["default"].empty());
  for (const std::string& id : changes_["default"]) {
    ASSERT_FALSE(id.empty());
    EXPECT_EQ(answer("/v1/changes/" + id, id), answer("/v1/changes/req-none", "req-none"));
  }
}

TEST_F(Organizations, CannotUseEachOthersThings) {
  const auto refused = [&](const std::string& path, const json& spec) {
    const HttpResponse answered = ask("PUT", path, "titan_other", json({{"spec", spec}}).dump());
    EXPECT_EQ(answered.status, 422) << path << answered.body;
    EXPECT_NE(answered.body.find("does not exist"), std::string::npos) << path << answered.body;
  };
  refused("/v1/workspaces/pi/deployments/new",
          {{"workload", "only-default"}, {"target", "pi"}, {"template", "pi"}});
  refused("/v1/workspaces/pi/deployments/new",
          {{"workload", "pi"}, {"target", "pi"}, {"template", "only-default"}});
  // Another one's file, of which one knows the digest.
  const std::string blob = sign_of("default") + " in a file\n";
  const json file = {
      {"path", "root/etc/a"}, {"digest", Digest::of(blob).text()}, {"size", blob.size()}};
  const HttpResponse answered =
      ask("PUT", "/v1/templates/new", "titan_other",
          json({{"spec", {{"driver", "files"}, {"files", {file}}}}}).dump());
  EXPECT_EQ(answered.status, 422) << answered.body;
  EXPECT_EQ(ask("HEAD", "/v1/blobs/" + Digest::of(blob).text(), "titan_other").status, 404);
}

TEST_F(Organizations, WriteTheirOwnThingsOfOneName) {
  EXPECT_EQ(ask("PUT", "/v1/hosts/pi", "titan_other",
                json({{"spec", {{"labels", {{"changed", "by-other"}}}}}}).dump())
                .status,
            200);
  const json ours = server_.json("GET", "/v1/hosts/pi");
  EXPECT_EQ(ours["spec"]["labels"], json({{"sign", "sign-of-default"}}));
  // An organization in a body is not that of who writes.
  const HttpResponse answered =
      ask("PUT", "/v1/hosts/pi", "titan_other",
          json({{"organizationId", "default"}, {"spec", {{"labels", {{"a", "b"}}}}}}).dump());
  EXPECT_TRUE(answered.status == 200 || answered.status == 422 || answered.status == 400)
      << answered.status;
  EXPECT_EQ(server_.json("GET", "/v1/hosts/pi")["spec"]["labels"],
            json({{"sign", "sign-of-default"}}));
}

}  // namespace
}  // namespace titan::server_lite

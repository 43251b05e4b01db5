// What changes would do on hosts: docs/spec/provenance.md, "Preview".
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/server-lite/random_fleet.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::RandomFleet;
using titan::testing::TestServer;

json put_change(const char* kind, const std::string& name, json spec) {
  json entity = {{"kind", kind}, {"name", name}, {"spec", std::move(spec)}};
  if (std::string(kind) != "Host" && std::string(kind) != "Template") {
    entity["workspace"] = "default";
  }
  return {{"operation", "APPLY"}, {"entity", std::move(entity)}};
}

json removal(const char* kind, const std::string& name) {
  json change = {{"operation", "DELETE"}, {"kind", kind}, {"name", name}};
  if (std::string(kind) != "Host") change["workspace"] = "default";
  return change;
}

class PreviewRoute : public ::testing::Test {
 protected:
  json preview(const std::vector<json>& changes, int status = 200, const std::string& token = "") {
    HttpHeaders headers;
    if (!token.empty()) headers["Authorization"] = "Bearer " + token;
    const HttpResponse response =
        server_.call("POST", "/v1/preview", json({{"changes", changes}}).dump(), headers);
    EXPECT_EQ(response.status, status) << response.body;
    return parse_json(response.body).value_or(json());
  }
  json deployment(json values, const char* name = "prod") {
    return put_change("Deployment", name,
                      {{"workload", "sensor"},
                       {"template", "service"},
                       {"target", "lab"},
                       {"values", std::move(values)}});
  }
  // A template with one file of this content, uploaded.
  json source(const std::string& content, const std::string& driver = "files",
              const std::string& path = "root/etc/{{deployment.name}}.conf") {
    const Digest digest = server_.client().put_blob(content).value();
    return put_change(
        "Template", "service",
        {{"driver", driver},
         {"files",
          json::array({{{"path", path}, {"digest", digest.text()}, {"size", content.size()}}})}});
  }
  std::uint64_t head() { return server_.store().head().value().seq; }

  TestServer server_;
};

TEST_F(PreviewRoute, ShowsTheLinesThatWouldChangeAndWritesNothing) {
  server_.put_prod();
  const std::uint64_t before = head();
  const json seen = preview({source("host {{host.name}}\nport 1\n")});
  ASSERT_EQ(seen["groups"].size(), 1U) << seen;
  const json& group = seen["groups"][0];
  EXPECT_EQ(group["deployment"], "default/prod");
  EXPECT_EQ(group["change"], "changed");
  EXPECT_EQ(group["hosts"], json({"pi"}));
  EXPECT_EQ(group["version"], json({{"before", 1}, {"after", 1}}));
  const json& file = group["files"][0];
  EXPECT_EQ(file["path"], "root/etc/prod.conf");
  EXPECT_EQ(file["change"], "changed");
  EXPECT_EQ(file["diff"], "@@ -1 +1,2 @@\n host pi\n+port 1\n");
  EXPECT_EQ(file["digest"]["after"], Digest::of("host pi\nport 1\n").text());
  EXPECT_EQ(seen["hosts"], 1);
  EXPECT_EQ(seen["changedHosts"], 1);
  EXPECT_EQ(seen["moreHosts"], 0);
  EXPECT_EQ(head(), before);
}

TEST_F(PreviewRoute, GroupsHostsOnWhichTheSameLinesChange) {
  server_.put_prod();
  for (int i = 0; i < 36; ++i) server_.put_host("h" + std::to_string(i), {{"site", "lab"}});
  server_.put({.name = "odd",
               .spec = model::HostSpec{.labels = {{"site", "lab"}},
                                       .values = model::Values::from({{"port", 7}}).value()}});
  server_.put_host("other", {{"site", "sea"}});
  json change = source("{{host.name}} {{values.port}}\n");
  change["entity"]["spec"]["defaults"] = {{"port", 1}};
  server_.client();
  ASSERT_EQ(server_.call("PUT", "/v1/templates/service", change["entity"].dump()).status, 200);
  json next = source("{{host.name}} {{values.port}}\nmore {{values.port}}\n");
  next["entity"]["spec"]["defaults"] = {{"port", 1}};
  const json seen = preview({next});
  ASSERT_EQ(seen["groups"].size(), 2U) << seen;
  std::map<std::size_t, std::string> diffs;
  for (const json& group : seen["groups"]) {
    diffs[group["hosts"].size()] = group["files"][0]["diff"];
  }
  EXPECT_EQ(diffs[37], "@@ -1 +1,2 @@\n h0 1\n+more 1\n");
  EXPECT_EQ(diffs[1], "@@ -1 +1,2 @@\n odd 7\n+more 7\n");
  EXPECT_EQ(seen["changedHosts"], 38);
}

TEST_F(PreviewRoute, TellsOfHostsThatComeAndGo) {
  server_.put_prod();
  server_.put_host("db", {{"site", "sea"}});
  const json target = put_change("Target", "lab", {{"selector", "site in (sea)"}});
  const json seen = preview({target});
  ASSERT_EQ(seen["groups"].size(), 2U) << seen;
  std::map<std::string, std::string> changes;
  for (const json& group : seen["groups"]) changes[group["hosts"][0]] = group["change"];
  EXPECT_EQ(changes, (std::map<std::string, std::string>{{"db", "added"}, {"pi", "removed"}}));
  const json gone = preview({removal("Deployment", "prod")});
  EXPECT_EQ(gone["groups"][0]["change"], "removed");
  EXPECT_EQ(gone["groups"][0]["files"][0]["diff"], "@@ -1 +0,0 @@\n-host pi\n");
}

TEST_F(PreviewRoute, SeesSeveralChangesAsOne) {
  const json template_change = source("host {{host.name}}\n");
  const json seen = preview({put_change("Host", "pi", {{"labels", {{"site", "lab"}}}}),
                             template_change, put_change("Workload", "sensor", {{"repo", "repo"}}),
                             put_change("Target", "lab", {{"labels", {{"site", "lab"}}}}),
                             deployment(json::object())});
  ASSERT_EQ(seen["groups"].size(), 1U) << seen;
  EXPECT_EQ(seen["groups"][0]["change"], "added");
  EXPECT_EQ(seen["groups"][0]["files"][0]["diff"], "@@ -0,0 +1 @@\n+host pi\n");
  EXPECT_TRUE(server_.json("GET", "/v1/hosts")["items"].empty());
}

TEST_F(PreviewRoute, TellsWhereItCouldNotBeRendered) {
  server_.put_prod();
  const json seen = preview({source("{{values.missing}}\n")});
  ASSERT_EQ(seen["groups"].size(), 1U) << seen;
  EXPECT_EQ(seen["groups"][0]["change"], "failing");
  EXPECT_NE(seen["groups"][0]["error"].get<std::string>().find("missing"), std::string::npos);
  EXPECT_TRUE(seen["groups"][0]["files"].empty());
}

TEST_F(PreviewRoute, TellsWhatWouldRestart) {
  server_.put_prod();
  const std::string unit = "[Service]\nExecStart=/bin/app {{values.port}}\n[Install]\nWantedBy=a\n";
  const std::string path = "root/etc/systemd/system/{{deployment.name}}.service";
  const json first = source(unit, "systemd", path);
  ASSERT_EQ(server_.call("PUT", "/v1/templates/service", first["entity"].dump()).status, 200);
  const json put = deployment({{"port", 1}});
  ASSERT_LT(
      server_.call("PUT", "/v1/workspaces/default/deployments/prod", put["entity"].dump()).status,
      300);
  const json seen = preview({deployment({{"port", 2}})});
  ASSERT_EQ(seen["groups"].size(), 1U) << seen;
  EXPECT_EQ(seen["groups"][0]["effects"],
            json({{{"action", "reload"}, {"subject", "systemd"}},
                  {{"action", "restart"}, {"subject", "prod.service"}}}));
  EXPECT_EQ(seen["groups"][0]["version"], json({{"before", 2}, {"after", 3}}));
}

TEST_F(PreviewRoute, RefusesWhatTheWriteWouldRefuse) {
  server_.put_prod();
  const std::vector<std::vector<json>> rows = {
      {deployment({{"port", 1}}), put_change("Target", "lab", json::object())},
      {put_change("Deployment", "prod", {{"workload", "none"}, {"target", "lab"}})},
      {put_change("Template", "service",
                  {{"driver", "files"},
                   {"files", json::array({{{"path", "root/a"},
                                           {"digest", Digest::of("absent").text()},
                                           {"size", 6}}})}})},
      {removal("Target", "lab")},
      {removal("Host", "none")},
      {json({{"operation", "CREATE"},
             {"entity", {{"kind", "Host"}, {"name", "pi"}, {"spec", json::object()}}}})}};
  for (const std::vector<json>& changes : rows) {
    const std::string body = json({{"changes", changes}}).dump();
    const HttpResponse seen = server_.call("POST", "/v1/preview", body);
    const HttpResponse written = server_.call("POST", "/v1/changes", body);
    EXPECT_GE(written.status, 400) << body;
    EXPECT_EQ(seen.status, written.status) << seen.body << written.body;
    const json one = parse_json(seen.body).value()["error"];
    const json other = parse_json(written.body).value()["error"];
    for (const char* field : {"code", "message", "field", "subject"}) {
      EXPECT_EQ(one[field], other[field]) << body;
    }
  }
}

TEST_F(PreviewRoute, IsForWhoeverMayWriteAndShowsWhatTheyMaySee) {
  server_.put_prod();
  const auto put_token = [&](const std::string& name, model::Role role,
                             const std::string& workspace) {
    server_.put({.name = name,
                 .spec = model::TokenSpec{.grants = {{.role = role, .workspace = workspace}},
                                          .digest = Digest::of("titan_" + name)}});
  };
  put_token("dev", model::Role::developer, "default");
  put_token("view", model::Role::viewer, "");
  put_token("iot", model::Role::developer, "iot");
  const std::vector<json> own = {deployment({{"port", 2}})};
  EXPECT_EQ(preview(own, 200, "titan_dev")["groups"].size(), 0U);  // the template asks for no port
  preview(own, 403, "titan_view");
  preview(own, 404, "titan_iot");  // which knows of no such workspace
  preview({source("x\n")}, 403, "titan_dev");
  preview({put_change("Host", "pi", json::object())}, 403, "titan_dev");
}

TEST_F(PreviewRoute, ShowsOfSecretsTheDigestsAlone) {
  server_.put_prod();
  const model::Key key{.kind = model::Kind::secret, .workspace = "default", .name = "db"};
  const auto secret = [&](const std::string& value) {
    return put_change("Secret", "db",
                      {{"data",
                        {{"password",
                          {{"sealed", model::seal_secret_value(server_.keys().key(), key,
                                                               "password", value)}}}}}});
  };
  const auto write = [&](const std::vector<json>& changes) {
    const auto written = server_.call("POST", "/v1/changes", json({{"changes", changes}}).dump());
    ASSERT_EQ(written.status, 200) << written.body;
  };
  write({secret("canary-one"), source("password {{values.password}}\n"),
         deployment({{"password", {{"$secret", "db"}, {"key", "password"}}}})});
  const json seen = preview({secret("canary-two")});
  ASSERT_EQ(seen["groups"].size(), 1U) << seen;
  const std::string diff = seen["groups"][0]["files"][0]["diff"];
  EXPECT_NE(diff.find("-password secret:db/password@sha256:"), std::string::npos) << diff;
  EXPECT_NE(diff.find("+password secret:db/password@sha256:"), std::string::npos) << diff;
  EXPECT_EQ(seen.dump().find("canary"), std::string::npos);
  EXPECT_TRUE(preview({secret("canary-one")})["groups"].empty());
  const std::string rendered = server_.call("GET", "/v1/hosts/pi/render").body;
  EXPECT_NE(rendered.find("secret:db/password@sha256:"), std::string::npos);
  EXPECT_EQ(rendered.find("canary"), std::string::npos);
}

// ---- whatever is written, the preview said it ---------------------------------------------------

// "host deployment" to digest or error.
using Forms = std::map<std::string, std::string>;

Forms forms_of(TestServer& server) {
  Forms forms;
  for (const std::string& host : RandomFleet::hosts()) {
    const auto rendered = server.client().render_host(host, "");
    if (!rendered) continue;
    for (const client::Rendering& one : rendered->deployments) {
      forms[host + " " + one.deployment] = one.error.empty() ? one.digest.text() : one.error;
    }
  }
  return forms;
}

TEST(PreviewOfRandomWrites, NamesExactlyTheHostsOnWhichSomethingChanges) {
  TestServer server;
  RandomFleet fleet(server, 5);
  fleet.replicas = false;  // where others go then is told by the placement's own tests
  fleet.begin();
  std::size_t told = 0;
  for (int i = 0; i < 250; ++i) {
    const RandomFleet::Write write = fleet.next();
    const std::string body =
        json({{"changes", json::array({RandomFleet::change_of(write)})}}).dump();
    const Forms before = forms_of(server);
    const HttpResponse seen = server.call("POST", "/v1/preview", body);
    const HttpResponse written = server.call("POST", "/v1/changes", body);
    ASSERT_EQ(seen.status, written.status) << body << seen.body << written.body;
    if (written.status != 200) continue;
    const Forms after = forms_of(server);
    std::set<std::string> changed;
    for (const auto& [one, other] : {std::pair(&before, &after), std::pair(&after, &before)}) {
      for (const auto& [place, form] : *one) {
        const auto found = other->find(place);
        if (found == other->end() || found->second != form) changed.insert(place);
      }
    }
    std::set<std::string> named;
    const json answer = parse_json(seen.body).value();
    for (const json& group : answer["groups"]) {
      for (const json& host : group["hosts"]) {
        const std::string place =
            host.get<std::string>() + " " + group["deployment"].get<std::string>();
        ASSERT_TRUE(named.insert(place).second) << place;
        const bool was = before.contains(place);
        const bool is = after.contains(place);
        const std::string change = group["change"];
        ASSERT_EQ(change == "added", !was && is && !group.contains("error")) << i << group;
        ASSERT_EQ(change == "removed", was && !is) << i << group;
      }
    }
    ASSERT_EQ(named, changed) << i << ": " << body << "\n" << answer;
    told += named.size();
  }
  EXPECT_GT(told, 100U);
}

}  // namespace
}  // namespace titan::server_lite

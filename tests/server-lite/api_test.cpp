#include <gtest/gtest.h>

#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::TestServer;

class Api : public ::testing::Test {
 protected:
  static std::string message_of(const HttpResponse& response) {
    return parse_json(response.body).value()["error"]["message"].get<std::string>();
  }

  TestServer server_;
};

TEST_F(Api, TheDefaultWorkspaceAlwaysExists) {
  const json list = server_.json("GET", "/v1/workspaces");
  ASSERT_EQ(list["items"].size(), 1U);
  EXPECT_EQ(list["items"][0]["name"], "default");
  EXPECT_EQ(list["items"][0]["status"], "READY");
  const HttpResponse refused = server_.call("DELETE", "/v1/workspaces/default");
  EXPECT_EQ(refused.status, 409);
}

TEST_F(Api, PostCreatesOnceAndSaysWhereItStands) {
  const std::string body = R"({"name":"pi","spec":{"labels":{"site":"lab"}}})";
  const HttpResponse created = server_.call("POST", "/v1/hosts", body);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.header("ETag"), "\"1\"");
  EXPECT_EQ(created.header("Titan-Outcome"), "created");
  const json entity = parse_json(created.body).value();
  EXPECT_EQ(entity["kind"], "Host");
  EXPECT_EQ(entity["status"], "INITIALIZED");
  EXPECT_EQ(entity["createdTime"], entity["modifiedTime"]);

  const HttpResponse again = server_.call("POST", "/v1/hosts", body);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(message_of(again), "it exists already, at revision 1");
}

TEST_F(Api, PutCreatesThenReplacesAndWritesNothingWhenNothingChanged) {
  const auto put = [&](const char* site) {
    return server_.call("PUT", "/v1/hosts/pi",
                        json{{"spec", {{"labels", {{"site", site}}}}}}.dump());
  };
  EXPECT_EQ(put("lab").header("Titan-Outcome"), "created");
  const std::string head = server_.store().head().value().text();
  EXPECT_EQ(put("lab").header("Titan-Outcome"), "unchanged");
  EXPECT_EQ(server_.store().head().value().text(), head);
  const HttpResponse updated = put("shop");
  EXPECT_EQ(updated.status, 200);
  EXPECT_EQ(updated.header("Titan-Outcome"), "updated");
  EXPECT_EQ(updated.header("ETag"), "\"2\"");
}

TEST_F(Api, WhatGetGaveCanBeSentBack) {
  server_.put_host("pi", {{"site", "lab"}});
  const HttpResponse got = server_.call("GET", "/v1/hosts/pi");
  EXPECT_EQ(got.header("ETag"), "\"1\"");
  EXPECT_EQ(server_.call("PUT", "/v1/hosts/pi", got.body).header("Titan-Outcome"), "unchanged");
}

TEST_F(Api, IfMatchRefusesAStaleWriteAndNamesTheCurrentRevision) {
  server_.put_host("pi", {{"site", "lab"}});
  server_.put_host("pi", {{"site", "shop"}});
  const std::string body = R"({"spec":{"labels":{"site":"roof"}}})";
  const HttpResponse stale = server_.call("PUT", "/v1/hosts/pi", body, {{"If-Match", "\"1\""}});
  EXPECT_EQ(stale.status, 409);
  EXPECT_NE(message_of(stale).find('2'), std::string::npos) << message_of(stale);
  EXPECT_EQ(server_.call("DELETE", "/v1/hosts/pi", "", {{"If-Match", "\"1\""}}).status, 409);
  EXPECT_EQ(server_.call("PUT", "/v1/hosts/pi", body, {{"If-Match", "2"}}).status, 400);
  EXPECT_EQ(server_.call("POST", "/v1/hosts", body, {{"If-Match", "\"2\""}}).status, 400);
  EXPECT_EQ(server_.call("PUT", "/v1/hosts/pi", body, {{"If-Match", "\"2\""}}).status, 200);
}

TEST_F(Api, AnUnknownWorkspaceIsRefusedUnlessItShallBeCreated) {
  const std::string path = "/v1/workspaces/iot/workloads";
  const std::string body = R"({"name":"sensor","spec":{"repo":"r"}})";
  const HttpResponse refused = server_.call("POST", path, body);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(message_of(refused), "workspace \"iot\" does not exist");
  const HttpResponse created = server_.call("POST", path + "?createWorkspace=true", body);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.header("Titan-Workspace-Created"), "true");
  EXPECT_EQ(server_.call("GET", "/v1/workspaces/iot").status, 200);
}

// Beside the folders of workspaces, each host has a kustomization in Git.
TEST_F(Api, AWorkspaceIsNotNamedAsAFileThatHostsHaveInGit) {
  for (const std::string name : {"kustomization.yaml", "kustomization.yml"}) {
    const std::string expected = "a workspace cannot be named \"" + name +
                                 "\", as each host has a file of this name in Git; expected "
                                 "another name";
    const HttpResponse refused = server_.call("PUT", "/v1/workspaces/" + name, "{}");
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(message_of(refused), expected);
    const HttpResponse with_it =
        server_.call("PUT", "/v1/workspaces/" + name + "/workloads/w?createWorkspace=true", "{}");
    EXPECT_EQ(with_it.status, 422);
    EXPECT_EQ(message_of(with_it), expected);
  }
  EXPECT_EQ(server_.call("PUT", "/v1/workspaces/kustomization", "{}").status, 201);
}

TEST_F(Api, ListsGoPageByPageAcrossWorkspaces) {
  for (const char* path : {"default/workloads/b", "default/workloads/a", "iot/workloads/a"}) {
    ASSERT_EQ(
        server_.call("PUT", "/v1/workspaces/" + std::string(path) + "?createWorkspace=true", "{}")
            .status,
        201);
  }
  std::string names;
  std::string token;
  for (int page = 0; page < 5; ++page) {
    const json list = server_.json("GET", "/v1/workloads?limit=1" + token);
    for (const json& item : list["items"]) {
      names += item["workspace"].get<std::string>() + "/" + item["name"].get<std::string>() + " ";
    }
    if (!list.contains("continue")) break;
    token = "&continue=" + percent_encode(list["continue"].get<std::string>());
  }
  EXPECT_EQ(names, "default/a default/b iot/a ");
  EXPECT_EQ(server_.json("GET", "/v1/workspaces/iot/workloads")["items"].size(), 1U);
}

TEST_F(Api, ATemplateNeedsItsBlobsAndMustCompile) {
  const std::string good = "x {{host.name}}";
  const std::string bad = "x {{host.name";
  const auto put = [&](const std::string& content) {
    return server_.call("PUT", "/v1/templates/t",
                        json{{"spec",
                              {{"files",
                                {{{"path", "root/a"},
                                  {"digest", Digest::of(content).text()},
                                  {"size", content.size()}}}}}}}
                            .dump());
  };
  const HttpResponse missing = put(good);
  EXPECT_EQ(missing.status, 422);
  EXPECT_NE(message_of(missing).find("PUT /v1/blobs/"), std::string::npos);
  ASSERT_TRUE(server_.client().put_blob(good));
  ASSERT_TRUE(server_.client().put_blob(bad));
  EXPECT_EQ(put(good).status, 201);
  const HttpResponse broken = put(bad);
  EXPECT_EQ(broken.status, 422);
  EXPECT_NE(message_of(broken).find("root/a:1:3"), std::string::npos) << broken.body;
}

TEST_F(Api, BlobsAreKeptUnderTheirDigest) {
  const std::string path = "/v1/blobs/" + Digest::of("bytes").text();
  EXPECT_EQ(server_.call("HEAD", path).status, 404);
  EXPECT_EQ(server_.call("PUT", path, "bytes").status, 201);
  EXPECT_EQ(server_.call("PUT", path, "bytes").status, 200);
  EXPECT_EQ(server_.call("PUT", path, "other").status, 400);
  EXPECT_EQ(server_.call("GET", path).body, "bytes");
  EXPECT_EQ(server_.call("HEAD", path).status, 200);
  EXPECT_EQ(server_.call("GET", "/v1/blobs/sha256:12").status, 400);
}

TEST_F(Api, LargeBlobsAreReadOnceForAllWhoWaitForThem) {
  const std::string content(300'000, 'x');
  const std::string path = "/v1/blobs/" + Digest::of(content).text();
  ASSERT_EQ(server_.call("PUT", path, content).status, 201);
  const auto ask = [&] {
    return std::get<front_door::ResponseInFile>(server_.answer({.target = path}));
  };
  const auto first = ask();
  const auto second = ask();
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(first.body->size(), content.size());
  EXPECT_EQ(second.head.header("ETag"), '"' + Digest::of(content).text() + '"');
  EXPECT_NE(first.head.header("Titan-Request-Id"), second.head.header("Titan-Request-Id"));
  EXPECT_TRUE(server_.call("GET", path).body == content);
}

TEST_F(Api, PartsOfBlobsAreGivenToWhoAsksForARange) {
  std::string large;
  for (int i = 0; large.size() < 600'000; ++i) large += std::to_string(i) + " ";
  for (const std::string& content : {std::string("0123456789"), large}) {
    const std::string path = "/v1/blobs/" + Digest::of(content).text();
    const std::string size = std::to_string(content.size());
    ASSERT_EQ(server_.call("PUT", path, content).status, 201);
    const auto ask = [&](const std::string& range, const std::string& if_range = "",
                         const std::string& method = "GET") {
      HttpHeaders headers = {{"Range", range}};
      if (!if_range.empty()) headers["If-Range"] = if_range;
      return server_.call(method, path, "", headers);
    };
    const HttpResponse part = ask("bytes=2-5");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, content.substr(2, 4));
    EXPECT_EQ(part.header("Content-Range"), "bytes 2-5/" + size);
    EXPECT_EQ(part.header("ETag"), '"' + Digest::of(content).text() + '"');
    const HttpResponse rest = ask("bytes=3-");
    EXPECT_EQ(rest.status, 206);
    EXPECT_TRUE(rest.body == content.substr(3));
    EXPECT_EQ(rest.header("Content-Range"),
              "bytes 3-" + std::to_string(content.size() - 1) + "/" + size);

    const HttpResponse beyond = ask("bytes=" + size + "-");
    EXPECT_EQ(beyond.status, 416);
    EXPECT_EQ(beyond.header("Content-Range"), "bytes */" + size);
    EXPECT_EQ(message_of(beyond), "the blob has " + size + " bytes");

    EXPECT_EQ(ask("bytes=2-5", '"' + Digest::of(content).text() + '"').status, 206);
    for (const HttpResponse& whole : {ask("bytes=-3"), ask("bytes=0-1,3-4"),
                                      ask("bytes=2-5", "\"other\""), server_.call("GET", path)}) {
      EXPECT_EQ(whole.status, 200);
      EXPECT_TRUE(whole.body == content);
      EXPECT_EQ(whole.header("Accept-Ranges"), "bytes");
      EXPECT_EQ(whole.header("Content-Range"), "");
    }
    EXPECT_EQ(ask("bytes=2-5", "", "HEAD").status, 200);
  }
  // Whatever there is, no more is told of what is not there.
  EXPECT_EQ(
      server_.call("GET", "/v1/blobs/" + Digest::of("nothing").text(), "", {{"Range", "bytes=0-"}})
          .status,
      404);
  EXPECT_EQ(server_.call("GET", "/v1/status", "", {{"Range", "bytes=0-1"}}).status, 200);
}

TEST_F(Api, ReferencesMustExistUnlessTheyMayBeMissing) {
  server_.put_prod();
  const json body = {{"name", "test"},
                     {"spec", {{"workload", "sensr"}, {"template", "service"}, {"target", "lab"}}}};
  const std::string path = "/v1/workspaces/default/deployments";
  const HttpResponse refused = server_.call("POST", path, body.dump());
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(message_of(refused), "workload \"sensr\" does not exist (did you mean \"sensor\"?)");
  EXPECT_EQ(parse_json(refused.body).value()["error"]["field"], "spec.workload");
  EXPECT_EQ(parse_json(refused.body).value()["error"]["subject"], "deployment default/test");

  const HttpResponse accepted = server_.call("POST", path + "?allowMissing=true", body.dump());
  EXPECT_EQ(accepted.status, 201);
  EXPECT_EQ(server_.deployment("test").status, model::Status::missing);
  EXPECT_EQ(server_.deployment("test").reason,
            std::vector<std::string>{"workload \"sensr\" does not exist"});
  server_.put({.name = "sensr", .workspace = "default", .spec = model::WorkloadSpec{}});
  EXPECT_EQ(server_.deployment("test").status, model::Status::updating);
}

TEST_F(Api, WhatIsInUseCannotBeDeletedAndTheUsersAreNamed) {
  server_.put_prod();
  for (const char* path : {"/v1/templates/service", "/v1/workspaces/default/workloads/sensor",
                           "/v1/workspaces/default/targets/lab"}) {
    const HttpResponse refused = server_.call("DELETE", path);
    EXPECT_EQ(refused.status, 409) << path;
    EXPECT_EQ(message_of(refused), "it is used by deployment default/prod") << path;
  }
  server_.call("PUT", "/v1/workspaces/iot/workloads/w?createWorkspace=true", "{}");
  const HttpResponse holds = server_.call("DELETE", "/v1/workspaces/iot");
  EXPECT_EQ(message_of(holds), "it holds workload iot/w");
  EXPECT_EQ(server_.call("DELETE", "/v1/workspaces/iot/workloads/w").status, 200);
  EXPECT_EQ(server_.call("DELETE", "/v1/workspaces/iot").status, 200);
}

TEST_F(Api, ADeletedNameIsFreeAgainWithAnotherId) {
  const std::string first = server_.put_host("pi", {}).entity.id;
  EXPECT_EQ(server_.call("DELETE", "/v1/hosts/pi").header("Titan-Outcome"), "deleted");
  EXPECT_EQ(server_.call("GET", "/v1/hosts/pi").status, 404);
  EXPECT_EQ(server_.call("DELETE", "/v1/hosts/pi").status, 404);
  EXPECT_NE(server_.put_host("pi", {}).entity.id, first);
}

TEST_F(Api, TheChangeLogTellsEveryWriteInOrder) {
  server_.put_host("pi", {{"site", "lab"}});
  server_.put_host("pi", {{"site", "shop"}});
  server_.call("DELETE", "/v1/hosts/pi");
  const json all = server_.json("GET", "/v1/changes");
  std::string told;
  for (const json& change : all["items"]) {
    told += change["operation"].get<std::string>() + " " + change["key"].get<std::string>() + "; ";
  }
  EXPECT_EQ(told,
            "CREATED default/workspace/default; CREATED default/token/admin; "
            "CREATED default/host/pi; "
            "UPDATED default/host/pi; DELETED default/host/pi; ");
  EXPECT_EQ(all["items"][3]["before"]["spec"]["labels"]["site"], "lab");
  EXPECT_EQ(all["items"][3]["after"]["spec"]["labels"]["site"], "shop");
  EXPECT_EQ(all["items"][2]["actor"], "token/admin");
  EXPECT_EQ(all["full"], false);

  const json first = server_.json("GET", "/v1/changes?limit=3");
  const std::string since = first["bookmark"].get<std::string>();
  EXPECT_EQ(server_.json("GET", "/v1/changes?since=" + since)["items"].size(), 2U);
  EXPECT_EQ(server_.json("GET", "/v1/changes?kind=workspace")["items"].size(), 1U);
  const json foreign = server_.json("GET", "/v1/changes?since=0123456789abcdef.2");
  EXPECT_EQ(foreign["full"], true);
  EXPECT_EQ(foreign["items"].size(), 5U);
  const std::string time = all["items"][3]["time"].get<std::string>();
  EXPECT_EQ(server_.json("GET", "/v1/changes?since=" + percent_encode(time))["items"].size(), 2U);
}

TEST_F(Api, StatusTellsOfTheStore) {
  const json status = server_.json("GET", "/v1/status");
  EXPECT_EQ(status["status"], "ok");
  EXPECT_EQ(status["dependencies"]["store"]["status"], "ok");
  EXPECT_EQ(status["bookmark"], server_.store().head().value().text());
}

}  // namespace
}  // namespace titan::server_lite

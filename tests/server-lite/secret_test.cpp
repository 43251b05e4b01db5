// Secrets, through the API: docs/spec/secret.md.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/sealing.hpp"
#include "model/limits.hpp"
#include "model/secret_value.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_device.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestDevice;
using titan::testing::TestServer;

constexpr const char* kDb = "/v1/workspaces/default/secrets/db";
constexpr const char* kProd = "/v1/workspaces/default/deployments/prod";
constexpr const char* kValue = "hunter2 is the value";

Key secret_key(const std::string& name = "db") {
  return {.kind = Kind::secret, .workspace = "default", .name = name};
}

json reference(const std::string& name = "db", const std::string& key = "password") {
  return {{"$secret", name}, {"key", key}};
}

class Secrets : public ::testing::Test {
 protected:
  // As a client writes a value.
  json sealed(const std::string& value, const std::string& key = "password",
              const std::string& name = "db") {
    return {
        {"sealed", model::seal_secret_value(server_.keys().key(), secret_key(name), key, value)}};
  }
  HttpResponse put(const json& data, const std::string& query = "") {
    return server_.call("PUT", kDb + query, json{{"spec", {{"data", data}}}}.dump());
  }
  json stored() { return server_.json("GET", kDb)["spec"]["data"]; }
  std::string outcome(const HttpResponse& response) {
    return std::to_string(response.status) + " " + std::string(response.header("Titan-Outcome"));
  }
  // "422 spec.data.k: what is wrong"
  static std::string refusal(const HttpResponse& response) {
    const json error = parse_json(response.body).value()["error"];
    return std::to_string(response.status) + " " + error["field"].get<std::string>() + ": " +
           error["message"].get<std::string>();
  }
  static void expect_refused(const HttpResponse& response, const std::string& start) {
    EXPECT_EQ(refusal(response).substr(0, start.size()), start);
    EXPECT_EQ(response.body.find("hunter2"), std::string::npos) << response.body;
  }
  // put_prod(), with a template that shows a password and a deployment that has it from the secret.
  void put_prod_with_secret() {
    server_.put_prod();
    server_.put_template("service", "password {{{values.password}}} on {{host.name}}\n");
    put({{"password", sealed(kValue)}});
    ASSERT_EQ(put_values({{"password", reference()}}).status, 200);
  }
  HttpResponse put_values(const json& values, const std::string& query = "") {
    return server_.call("PUT", kProd + query,
                        json{{"spec",
                              {{"workload", "sensor"},
                               {"template", "service"},
                               {"target", "lab"},
                               {"values", values}}}}
                            .dump());
  }
  std::string state(const std::string& path = kProd) {
    const json entity = server_.json("GET", path);
    std::string text = entity["status"];
    for (const auto& reason : entity["reason"]) text += " " + reason.get<std::string>();
    return text;
  }

  TestServer server_;
};

// ---- writing -----------------------------------------------------------------------------------

TEST_F(Secrets, AreTakenSealedAndShownAsDigestsAlone) {
  const HttpResponse written = put({{"password", sealed(kValue)}, {"user", sealed("u", "user")}});
  EXPECT_EQ(outcome(written), "201 created");
  const json data = stored();
  EXPECT_EQ(data.size(), 2U);
  for (const auto& [key, entry] : data.items()) {
    EXPECT_EQ(entry.size(), 2U);
    EXPECT_TRUE(Digest::parse(entry["digest"].get<std::string>()).ok());
    EXPECT_TRUE(Digest::parse(entry["blob"].get<std::string>()).ok());
  }
  EXPECT_EQ(state(kDb), "READY");
  EXPECT_EQ(parse_json(written.body).value()["spec"]["data"], data);
}

TEST_F(Secrets, SentBackAsTheyWereGotAreNoChange) {
  put({{"password", sealed(kValue)}});
  const json before = server_.json("GET", kDb);
  EXPECT_EQ(outcome(server_.call("PUT", kDb, before.dump())), "200 unchanged");
  EXPECT_EQ(server_.json("GET", kDb), before);
}

TEST_F(Secrets, WithTheValueThatIsStoredAreNoChange) {
  put({{"password", sealed(kValue)}});
  const json before = server_.json("GET", kDb);
  EXPECT_EQ(outcome(put({{"password", sealed(kValue)}})), "200 unchanged");
  EXPECT_EQ(server_.json("GET", kDb), before);
  server_.restart();
  EXPECT_EQ(outcome(put({{"password", sealed(kValue)}})), "200 unchanged");
  EXPECT_EQ(outcome(put({{"password", sealed("another")}})), "200 updated");
  EXPECT_NE(stored()["password"]["digest"], before["spec"]["data"]["password"]["digest"]);
}

TEST_F(Secrets, KeepTheKeysThatAWriteSendsBackBesideANewValue) {
  put({{"password", sealed(kValue)}, {"user", sealed("u", "user")}});
  const json before = stored();
  EXPECT_EQ(outcome(put({{"password", sealed("new")}, {"user", before["user"]}})), "200 updated");
  EXPECT_EQ(stored()["user"], before["user"]);
  EXPECT_EQ(outcome(put({{"user", before["user"]}})), "200 updated");
  EXPECT_EQ(stored(), json({{"user", before["user"]}}));
}

TEST_F(Secrets, OfEqualValuesHaveDigestsThatDoNotSaySo) {
  put({{"a", sealed(kValue, "a")}, {"b", sealed(kValue, "b")}});
  EXPECT_NE(stored()["a"]["digest"], stored()["b"]["digest"]);
  EXPECT_NE(stored()["a"]["digest"], Digest::of(kValue).text());
  const json entry = sealed(kValue, "a", "other");
  server_.call("PUT", "/v1/workspaces/default/secrets/other",
               json{{"spec", {{"data", {{"a", entry}}}}}}.dump());
  const json other = server_.json("GET", "/v1/workspaces/default/secrets/other");
  EXPECT_NE(stored()["a"]["digest"], other["spec"]["data"]["a"]["digest"]);
}

TEST_F(Secrets, AreRefusedWithTheFieldAndLeaveNothingBehind) {
  put({{"password", sealed(kValue)}, {"user", sealed("u", "user")}});
  const json good = stored();
  const std::string none = Digest::of("none").text();
  titan::testing::SeededRandom random(5);
  const PublicKey stranger = SigningKey::make(random).public_key();
  const json for_stranger = {
      {"sealed", model::seal_secret_value(stranger, secret_key(), "password", "hunter2")}};
  const std::string no_pair =
      "422 spec.data.password: digest and blob are not those that are stored";
  const std::string elsewhere =
      "422 spec.data.password.sealed: it was sealed for another workspace";
  const struct {
    json password;
    std::string refusal;
  } rows[] = {
      {"hunter2", "422 spec.data.password: expected an object with sealed"},
      {{{"value", "hunter2"}},
       "422 spec.data.password.value: a value is not taken as it is: seal it for the server's key"},
      {{{"sealed", "hunter2 !"}}, "422 spec.data.password.sealed: "},
      {{{"sealed", "AAAA"}},
       "409 spec.data.password.sealed: it is not sealed for the server's key"},
      {for_stranger, "409 spec.data.password.sealed: it is not sealed for the server's key"},
      {sealed("hunter2", "user"), elsewhere},
      {sealed("hunter2", "password", "other"), elsewhere},
      {sealed(""), "422 spec.data.password.sealed: a value has 1 to 16384 bytes; this one has 0"},
      {sealed(std::string(16385, 'x')), "422 spec.data.password.sealed: a value has 1 to 16384"},
      {sealed(std::string("hunter2\0", 8)), "422 spec.data.password.sealed: a value has no NUL"},
      {sealed("hunter2\xff"), "422 spec.data.password.sealed: a value is UTF-8"},
      {{{"digest", good["password"]["digest"]}}, "422 spec.data.password: expected either sealed"},
      {{{"digest", none}, {"blob", good["password"]["blob"]}}, no_pair},
      {{{"digest", good["password"]["digest"]}, {"blob", none}}, no_pair},
      {good["user"], no_pair},
  };
  const std::string head = server_.store().head()->text();
  for (const auto& [password, refusal] : rows) {
    // A good value beside it is not written either.
    expect_refused(put({{"aaa", sealed("good", "aaa")}, {"password", password}}), refusal);
    EXPECT_EQ(server_.store().head()->text(), head) << refusal;
  }
  EXPECT_EQ(stored(), good);
  EXPECT_EQ(server_.log_text().find("hunter2"), std::string::npos);
}

TEST_F(Secrets, AreKeptApartByWorkspace) {
  put({{"password", sealed(kValue)}});
  const json pair = stored()["password"];
  const HttpResponse stolen =
      server_.call("PUT", "/v1/workspaces/iot/secrets/db?createWorkspace=true",
                   json{{"spec", {{"data", {{"password", pair}}}}}}.dump());
  expect_refused(stolen, "422 spec.data.password: digest and blob are not those");
  const HttpResponse replayed =
      server_.call("PUT", "/v1/workspaces/iot/secrets/db?createWorkspace=true",
                   json{{"spec", {{"data", {{"password", sealed(kValue)}}}}}}.dump());
  expect_refused(replayed, "422 spec.data.password.sealed: it was sealed for another workspace");
  EXPECT_EQ(server_.call("GET", "/v1/workspaces/iot").status, 404) << "nothing is half-written";
}

TEST_F(Secrets, SealedBeforeTheServerGotANewKeyHaveToBeSealedAnew) {
  const json before = sealed(kValue);
  server_.rekey([&](ServerKeys& keys) { return keys.rotate(server_.random()); });
  expect_refused(put({{"password", before}}),
                 "409 spec.data.password.sealed: it is not sealed for the server's key of now, " +
                     server_.keys().key().text());
  EXPECT_EQ(outcome(put({{"password", sealed(kValue)}})), "201 created");
}

TEST_F(Secrets, StayTheSameWhenTheServerGetsANewKey) {
  put({{"password", sealed(kValue)}});
  server_.rekey([&](ServerKeys& keys) { return keys.rotate(server_.random()); });
  EXPECT_EQ(outcome(put({{"password", sealed(kValue)}})), "200 unchanged");
}

TEST_F(Secrets, AreWrittenInABatchWithWhatUsesThem) {
  server_.put_prod();
  const json batch = {{"changes",
                       {{{"operation", "APPLY"},
                         {"entity",
                          {{"kind", "Deployment"},
                           {"name", "prod"},
                           {"spec",
                            {{"workload", "sensor"},
                             {"template", "service"},
                             {"target", "lab"},
                             {"values", {{"password", reference()}}}}}}}},
                        {{"operation", "CREATE"},
                         {"entity",
                          {{"kind", "Secret"},
                           {"name", "db"},
                           {"spec", {{"data", {{"password", sealed(kValue)}}}}}}}}}}};
  const HttpResponse written = server_.call("POST", "/v1/changes", batch.dump());
  EXPECT_EQ(written.status, 200) << written.body;
  EXPECT_EQ(stored().size(), 1U);

  json refused = batch;
  refused["changes"][0]["operation"] = "APPLY";
  refused["changes"][1]["operation"] = "APPLY";
  refused["changes"][1]["entity"]["spec"]["data"] = {{"other", sealed("x", "other")}};
  const std::string head = server_.store().head()->text();
  expect_refused(server_.call("POST", "/v1/changes", refused.dump()),
                 "422 changes[0].entity.spec.values: secret \"db\" has no key \"password\"");
  EXPECT_EQ(server_.store().head()->text(), head);
}

TEST_F(Secrets, MayBeWrittenWithoutWaiting) {
  EXPECT_EQ(put({{"password", sealed(kValue)}}, "?wait=false").status, 202);
  server_.settle();
  EXPECT_EQ(stored().size(), 1U);
}

TEST_F(Secrets, AreNotWrittenWhenTheirBytesCannotBe) {
  server_.faults().fail_when([](const std::string& call) { return call.starts_with("put_blob"); },
                             unavailable("told to fail"));
  EXPECT_EQ(put({{"password", sealed(kValue)}}).status, 503);
  server_.faults().reset();
  EXPECT_EQ(server_.call("GET", kDb).status, 404);
  EXPECT_EQ(outcome(put({{"password", sealed(kValue)}})), "201 created");
}

// ---- references --------------------------------------------------------------------------------

TEST_F(Secrets, ThatValuesReferToMustExistWithTheirKey) {
  server_.put_prod();
  const std::string workload = "/v1/workspaces/default/workloads/sensor";
  const auto put_workload = [&](const json& values, const std::string& query = "") {
    return server_.call("PUT", workload + query, json{{"spec", {{"values", values}}}}.dump());
  };
  const json values = {{"password", reference()}};
  expect_refused(put_values(values), "422 spec.values: secret \"db\" does not exist");
  expect_refused(put_workload(values), "422 spec.values: secret \"db\" does not exist");
  put({{"passwort", sealed(kValue, "passwort")}});
  const std::string no_key =
      "422 spec.values: secret \"db\" has no key \"password\" (did you mean \"passwort\"?)";
  expect_refused(put_values(values), no_key);
  expect_refused(put_workload(values), no_key);
  put({{"password", sealed(kValue)}});
  EXPECT_EQ(put_values(values).status, 200);
  EXPECT_EQ(put_workload(values).status, 200);
  expect_refused(put_values({{"password", {{"$secret", "db"}}}}),
                 "422 spec.values.password: a ref");
  expect_refused(put_values({{"password", reference("dc")}}),
                 "422 spec.values: secret \"dc\" does not exist (did you mean \"db\"?)");
}

TEST_F(Secrets, MayBeReferredToByWorkloadsAndDeploymentsAlone) {
  put({{"password", sealed(kValue)}});
  expect_refused(
      server_.call("PUT", "/v1/hosts/pi",
                   json{{"spec", {{"values", {{"a", {{"b", reference()}}}}}}}}.dump()),
      "422 spec.values.a.b: only the values of workloads and deployments may refer to secrets");
  expect_refused(
      server_.call("PUT", "/v1/templates/t",
                   json{{"spec", {{"defaults", {{"a", reference()}}}}}}.dump()),
      "422 spec.defaults.a: only the values of workloads and deployments may refer to secrets");
}

TEST_F(Secrets, ThatAreMissingAreToldUntilTheyExist) {
  server_.put_prod();
  const json values = {{"password", reference()}};
  EXPECT_EQ(put_values(values, "?allowMissing=true").status, 200);
  EXPECT_EQ(state(), "MISSING secret \"db\" does not exist");
  const std::string workload = "/v1/workspaces/default/workloads/sensor";
  server_.call("PUT", workload + "?allowMissing=true",
               json{{"spec", {{"values", {{"user", reference("db", "user")}}}}}}.dump());
  EXPECT_EQ(state(workload), "MISSING secret \"db\" does not exist");
  put({{"password", sealed(kValue)}});
  EXPECT_EQ(state(), "MISSING secret \"db\" has no key \"user\"");
  EXPECT_EQ(state(workload), "MISSING secret \"db\" has no key \"user\"");
  put({{"password", sealed(kValue)}, {"user", sealed("u", "user")}});
  EXPECT_EQ(state(), "UPDATING waiting for 1 of 1 hosts: pi");
  EXPECT_EQ(state(workload), "READY");
}

TEST_F(Secrets, InUseAreNotDeletedAndLoseNoKeyThatIsUsed) {
  put_prod_with_secret();
  expect_refused(server_.call("DELETE", kDb), "409 : it is used by deployment default/prod");
  const json before = stored();
  const HttpResponse lost = put({{"user", sealed("u", "user")}});
  expect_refused(lost, "409 spec.data: the key \"password\" is used by deployment default/prod");
  EXPECT_EQ(parse_json(lost.body).value()["error"]["users"],
            json::array({"deployment default/prod"}));
  EXPECT_EQ(stored(), before);
  EXPECT_EQ(put({{"user", sealed("u", "user")}}, "?allowMissing=true").status, 200);
  EXPECT_EQ(state(), "MISSING secret \"db\" has no key \"password\"");
  put_values(json::object());
  EXPECT_EQ(server_.call("DELETE", kDb).status, 200);
}

// ---- delivery ----------------------------------------------------------------------------------

TEST_F(Secrets, GoToADeviceSealedForItsKeyAndToNobodyElse) {
  put_prod_with_secret();
  TestDevice pi(server_, 3);
  pi.become("pi");
  const json manifest = parse_json(pi.sync("pi").body).value();
  const json desired = manifest["deployments"][0];
  EXPECT_EQ(desired["inputs"]["values"], json({{"password", reference()}}));
  ASSERT_EQ(desired["secrets"].size(), 1U);
  const json use = desired["secrets"][0];
  EXPECT_EQ(use["digest"], stored()["password"]["digest"]);
  EXPECT_EQ(pi.open(use["sealed"]),
            signable("titan-secret-2", {"default", "default", "db", "password",
                                        use["digest"].get<std::string>(), kValue}));
  const auto other = TestDevice(server_, 4).open(use["sealed"]);
  EXPECT_EQ(other, "does not open");

  // An admin who speaks for the host, and people who look.
  const json by_admin = server_.json("POST", "/v1/hosts/pi/sync", json::object());
  const json looked = server_.json("GET", "/v1/hosts/pi/changes");
  for (const json& told : {by_admin, looked}) {
    ASSERT_EQ(told["deployments"][0]["secrets"].size(), 1U);
    json without = use;
    without.erase("sealed");
    EXPECT_EQ(told["deployments"][0]["secrets"][0], without);
  }
  EXPECT_EQ(by_admin["digest"], manifest["digest"]);
}

TEST_F(Secrets, AreCountedWhenTheyAreSealed) {
  put_prod_with_secret();
  TestDevice pi(server_, 3);
  pi.become("pi");
  const auto counted = [&] {
    const std::string text = server_.call("GET", "/v1/metrics").body;
    const auto at = text.find("\ntitan_secrets_sealed_total ");
    return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  };
  EXPECT_EQ(counted(), "titan_secrets_sealed_total 0");
  server_.json("GET", "/v1/hosts/pi/changes");
  EXPECT_EQ(counted(), "titan_secrets_sealed_total 0");
  pi.sync("pi");
  EXPECT_EQ(counted(), "titan_secrets_sealed_total 1");
}

TEST_F(Secrets, ComeToADeviceThatWaitsForNews) {
  put_prod_with_secret();
  TestDevice pi(server_, 3);
  pi.become("pi");
  const std::string bookmark(pi.sync("pi").header("Titan-Bookmark"));
  Reply waits = server_.answer(pi.sync_request("pi", {{"bookmark", bookmark}}, "?wait=30s"));
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<front_door::Parked>>(waits));
  put({{"password", sealed("rotated")}});
  const HttpResponse told = wait_for(std::move(waits));
  const json use = parse_json(told.body).value()["deployments"][0]["secrets"][0];
  EXPECT_EQ(pi.open(use["sealed"]),
            signable("titan-secret-2", {"default", "default", "db", "password",
                                        use["digest"].get<std::string>(), "rotated"}));
}

TEST_F(Secrets, OfANewValueMakeADeploymentUpdateOnItsHosts) {
  put_prod_with_secret();
  server_.put_host("nuc", {{"site", "shop"}});
  ObedientHost pi(server_, "pi");
  ObedientHost nuc(server_, "nuc");
  pi.sync_and_report();
  nuc.sync_and_report();
  EXPECT_EQ(state(), "READY");
  put({{"password", sealed("rotated")}, {"unused", sealed("x", "unused")}});
  EXPECT_TRUE(state().starts_with("UPDATING")) << state();
  EXPECT_EQ(nuc.sync_and_report(), "nothing");
  EXPECT_EQ(pi.sync_and_report(), " +prod");
  EXPECT_EQ(state(), "READY");
  put({{"password", stored()["password"]}, {"unused", sealed("y", "unused")}});
  EXPECT_EQ(state(), "READY");
  EXPECT_EQ(pi.sync_and_report(), "nothing");
}

TEST_F(Secrets, AreRenderedAsPlaceholdersForPeople) {
  put_prod_with_secret();
  const std::string digest = stored()["password"]["digest"];
  const json told = server_.json("GET", "/v1/hosts/pi/changes?render=true");
  EXPECT_EQ(told["rendered"][0]["files"][0]["content"],
            "password secret:db/password@" + digest + " on pi\n");
  EXPECT_EQ(told["rendered"][0]["digest"], told["deployments"][0]["renderedDigest"]);
  const std::string before = told["rendered"][0]["digest"];
  put({{"password", sealed("rotated")}});
  const json rotated = server_.json("GET", "/v1/hosts/pi/changes?render=true");
  EXPECT_NE(rotated["rendered"][0]["digest"], before);
}

TEST_F(Secrets, ThatDoNotOpenHoldBackTheirDeploymentAlone) {
  put_prod_with_secret();
  server_.put_template("plain", "plain\n", "root/etc/{{deployment.name}}.plain");
  server_.put_deployment("also", "plain");
  TestDevice pi(server_, 3);
  pi.become("pi");
  const std::string blob = stored()["password"]["blob"];
  server_.faults().fail_when([](const std::string& call) { return call.starts_with("get_blob"); },
                             internal("the bytes are damaged"));
  const HttpResponse answered = pi.sync("pi");
  const json told = parse_json(answered.body).value();
  ASSERT_EQ(told["deployments"].size(), 2U) << answered.body;
  EXPECT_FALSE(told["deployments"][0].contains("error"));
  EXPECT_EQ(told["deployments"][1]["error"], "the bytes are damaged");
  EXPECT_FALSE(told["deployments"][1].contains("renderedDigest"));
  EXPECT_FALSE(told["deployments"][1]["secrets"][0].contains("sealed"));
  EXPECT_TRUE(model::parse_manifest(told).ok());
}

TEST_F(Secrets, WaitWhenTheStoreFailsForAMoment) {
  put_prod_with_secret();
  TestDevice pi(server_, 3);
  pi.become("pi");
  server_.faults().fail_when([](const std::string& call) { return call.starts_with("get_blob"); },
                             unavailable("busy"));
  EXPECT_EQ(pi.sync("pi").status, 503);
  server_.faults().reset();
  EXPECT_EQ(pi.sync("pi").status, 200);
}

// ---- the master key ----------------------------------------------------------------------------

TEST_F(Secrets, OpenAfterARestart) {
  put_prod_with_secret();
  server_.restart();
  TestDevice pi(server_, 3);
  pi.become("pi");
  const json told = parse_json(pi.sync("pi").body).value();
  EXPECT_NE(pi.open(told["deployments"][0]["secrets"][0]["sealed"]), "does not open");
}

TEST_F(Secrets, KeepTheServerFromStartingWithAnotherMasterKey) {
  put({{"password", sealed(kValue)}});
  titan::testing::MemoryFileSystem other_files;
  titan::testing::SeededRandom random(9);
  titan::testing::FakeClock clock;
  std::ostringstream text;
  Log log(text, clock, Log::Format::json);
  ServerKeys keys = ServerKeys::open(other_files, random).value();
  const MasterKey other = MasterKey::open(other_files, {}, false, random).value();
  const auto opened = Server::open({server_.store(), clock, random, log, keys, other});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::invalid);
  EXPECT_EQ(opened.error().message,
            "the master key does not open the secrets that are stored: it is not the one that "
            "they were stored under");
  server_.restart();  // its own still does
  EXPECT_EQ(outcome(put({{"password", sealed(kValue)}})), "200 unchanged");
}

// ---- where a value may not be ------------------------------------------------------------------

TEST_F(Secrets, AreNowhereInWhatTheServerStoresLogsOrAnswers) {
  const std::string canary = "canary-5d41402abc4b2a76";
  server_.put_prod();
  server_.put_template("service", "password {{{values.password}}}\n");
  put({{"password", sealed(canary)}});
  put_values({{"password", reference()}});
  TestDevice pi(server_, 3);
  pi.become("pi");
  std::string answers = pi.sync("pi").body;
  for (const char* path :
       {kDb, kProd, "/v1/secrets", "/v1/changes", "/v1/hosts/pi/changes?render=true", "/v1/metrics",
        "/v1/hosts/pi/state", "/openapi.json"}) {
    answers += server_.call("GET", path).body;
  }
  put({{"password", sealed("rotated")}});
  server_.call("DELETE", kDb);
  answers += server_.call("GET", "/v1/changes").body + server_.log_text();
  EXPECT_EQ(answers.find(canary), std::string::npos);
  std::string files;
  for (const auto& file : std::filesystem::directory_iterator(server_.directory())) {
    std::ostringstream bytes;
    bytes << std::ifstream(file.path(), std::ios::binary).rdbuf();
    files += bytes.str();
  }
  EXPECT_GT(files.size(), 1000U);
  EXPECT_EQ(files.find(canary), std::string::npos);
  EXPECT_EQ(files.find(base64url(canary)), std::string::npos);
}

}  // namespace
}  // namespace titan::server_lite

// Many writers at once, and processors beside them, on a real store.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "model/secret_use.hpp"
#include "model/secret_value.hpp"
#include "reconciler/cycle_search.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;
using titan::testing::SeededRandom;
using titan::testing::TestServer;

constexpr int kThreads = 8;
constexpr int kNames = 3;  // few, so that writers meet

// One thing that a writer may do to the few entities there are.
HttpRequest random_request(SeededRandom& random) {
  const std::string number = std::to_string(random.below(kNames));
  const std::string other = std::to_string(random.below(kNames));
  const std::string workspace = "w" + std::to_string(random.below(2));
  const std::string base = "/v1/workspaces/" + workspace;
  const auto one = [&](const std::string& method, const std::string& target, json body) {
    return HttpRequest{
        .method = method, .target = target, .body = body.is_null() ? "" : body.dump()};
  };
  switch (random.below(8)) {
    case 0:
      return one("PUT", base + "/workloads/s" + number, json::object());
    case 1:
      return one("PUT", base + "/targets/t" + number, {{"spec", {{"selector", "site"}}}});
    case 2:
      return one(
          "POST", base + "/deployments",
          {{"name", "d" + number},
           {"spec",
            {{"workload", "s" + other}, {"target", "t" + number}, {"template", "service"}}}});
    case 3:
      return one("DELETE", base + "/workloads/s" + number, nullptr);
    case 4:
      return one("DELETE", base + "/targets/t" + number, nullptr);
    case 5:
      return one("DELETE", base + "/deployments/d" + number, nullptr);
    case 6:
      return one("DELETE", base, nullptr);
    default:
      return one("PUT", base + "?createWorkspace=true", json::object());
  }
}

// The same of secrets and who refers to them: a secret has one of two keys, or both.
HttpRequest random_secret_request(SeededRandom& random, const PublicKey& server) {
  const std::string number = std::to_string(random.below(kNames));
  const std::string name = "k" + number;
  const std::string base = "/v1/workspaces/default";
  const Key secret{.kind = Kind::secret, .workspace = "default", .name = name};
  json data = json::object();
  for (const char* key : {"a", "b"}) {
    if (random.below(3) == 0) continue;
    const std::string value = "value" + std::to_string(random.below(2));
    data[key] = {{"sealed", model::seal_secret_value(server, secret, key, value)}};
  }
  const json reference = {{"$secret", name}, {"key", random.below(2) == 0 ? "a" : "b"}};
  const json workload = {{"spec", {{"values", {{"v", reference}}}}}};
  switch (random.below(4)) {
    case 0:
      return {.method = "DELETE", .target = base + "/secrets/" + name};
    case 1:
      return {.method = "PUT", .target = base + "/workloads/w" + number, .body = workload.dump()};
    case 2:
      return {.method = "PUT", .target = base + "/workloads/w" + number, .body = "{}"};
    default:
      return {.method = "PUT",
              .target = base + "/secrets/" + name,
              .body = json{{"spec", {{"data", data}}}}.dump()};
  }
}

// Whether each value of a secret that the workload refers to is there.
bool has_its_secrets(const model::Entity& workload, const std::map<Key, model::Entity>& there) {
  const auto* spec = std::get_if<model::WorkloadSpec>(&workload.spec);
  if (spec == nullptr) return true;
  const auto references = model::secret_references(spec->values).value();
  return std::ranges::all_of(references, [&](const model::SecretReference& reference) {
    const auto secret =
        there.find({.kind = Kind::secret, .workspace = workload.workspace, .name = reference.name});
    return secret != there.end() &&
           std::get<model::SecretSpec>(secret->second.spec).data.contains(reference.key);
  });
}

Key target_key(const std::string& name) {
  return {.kind = Kind::target, .workspace = "default", .name = name};
}

// A deployment that can be reached from itself, by the deployments that each depends on; empty:
// none.
std::string first_in_a_cycle(const std::map<Key, model::Entity>& there) {
  const reconciler::CycleSearch::Dependencies dependencies = [&](const Key& key) {
    std::vector<Key> keys;
    const auto found = there.find(key);
    if (found == there.end()) return keys;
    const auto* spec = std::get_if<model::DeploymentSpec>(&found->second.spec);
    if (spec == nullptr || found->second.deleting) return keys;
    for (const std::string& name : spec->depends_on) {
      Key other = key;
      other.name = name;
      keys.push_back(other);
    }
    return keys;
  };
  reconciler::CycleSearch search(dependencies);
  for (const auto& [key, entity] : there) {
    if (const auto cycle = search.from(key); !cycle.empty()) return cycle.front().text();
  }
  return "";
}

// What a reader of the feed finds wrong at any moment of the history.
std::string first_fault(store::Store& store) {
  std::map<Key, model::Entity> there;
  std::uint64_t after = 0;
  while (true) {
    const auto page = store.changes(after, 1000).value();
    for (const model::Change& change : page) {
      const std::string at = " at seq " + std::to_string(change.seq);
      if (change.operation == model::Operation::created && there.contains(change.key)) {
        return change.key.text() + " was created twice" + at;
      }
      if (change.operation != model::Operation::created && !there.contains(change.key)) {
        return change.key.text() + " was written without being there" + at;
      }
      if (change.after) {
        there[change.key] = *change.after;
      } else {
        there.erase(change.key);
      }
      for (const auto& [key, entity] : there) {
        const Key workspace{.kind = Kind::workspace, .name = key.workspace};
        if (model::in_workspace(key.kind) && !there.contains(workspace)) {
          return key.text() + " is in no workspace" + at;
        }
        if (entity.deleting) continue;
        for (const auto& reference : model::references_of(entity)) {
          if (!there.contains(reference.key)) {
            return key.text() + " names " + reference.key.text() + ", which is gone," + at;
          }
        }
      }
      for (const auto& [key, entity] : there) {
        if (!has_its_secrets(entity, there)) return key.text() + " lost a value" + at;
      }
      after = change.seq;
    }
    if (page.size() < 1000) return "";
  }
}

TEST(WriteRace, KeepsEveryReferenceAndCreatesNothingTwice) {
  TestServer server;
  server.put_template("service", "x\n");
  std::atomic<int> unexpected = 0;
  std::atomic<int> written = 0;
  std::atomic<bool> stop = false;
  std::thread processors([&] {
    while (!stop) server.step();
  });
  std::vector<std::thread> writers;
  for (int i = 0; i < kThreads; ++i) {
    writers.emplace_back([&, i] {
      SeededRandom random(1000 + i);
      for (int n = 0; n < 150; ++n) {
        const int status = server.handle_alone(random_request(random)).status;
        if (status == 200 || status == 201) ++written;
        const std::set<int> fine = {200, 201, 404, 409, 422};
        if (!fine.contains(status)) ++unexpected;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  processors.join();
  EXPECT_EQ(unexpected, 0);
  EXPECT_GT(written, 100);
  EXPECT_EQ(first_fault(server.store()), "");
}

TEST(WriteRace, KeepsEveryValueOfASecretThatSomethingRefersTo) {
  TestServer server;
  const PublicKey key = server.keys().key();
  std::atomic<int> unexpected = 0;
  std::atomic<int> written = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < kThreads; ++i) {
    writers.emplace_back([&, i] {
      SeededRandom random(2000 + i);
      for (int n = 0; n < 100; ++n) {
        const int status = server.handle_alone(random_secret_request(random, key)).status;
        if (status == 200 || status == 201) ++written;
        const std::set<int> fine = {200, 201, 404, 409, 422};
        if (!fine.contains(status)) ++unexpected;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(unexpected, 0);
  EXPECT_GT(written, 100);
  EXPECT_EQ(first_fault(server.store()), "");
}

// One that depends on others, or two at once; what they lead to is written by others meanwhile.
HttpRequest random_dependency_request(SeededRandom& random) {
  constexpr int kDeployments = 6;
  const auto name = [&] { return "d" + std::to_string(random.below(kDeployments)); };
  const auto entity = [&](const std::string& deployment) {
    json spec = {{"workload", "sensor"}, {"target", "lab"}, {"template", "service"}};
    if (random.below(4) != 0) spec["dependsOn"] = {name()};
    return json{{"kind", "Deployment"}, {"name", deployment}, {"spec", spec}};
  };
  if (random.below(3) != 0) {
    const std::string deployment = name();
    return {.method = "PUT",
            .target = "/v1/workspaces/default/deployments/" + deployment + "?allowMissing=true",
            .body = entity(deployment).dump()};
  }
  json changes = json::array();
  const std::uint64_t first = random.below(kDeployments);
  for (const std::uint64_t i :
       {first, (first + 1 + random.below(kDeployments - 1)) % kDeployments}) {
    changes.push_back({{"operation", "APPLY"}, {"entity", entity("d" + std::to_string(i))}});
  }
  return {.method = "POST",
          .target = "/v1/changes?allowMissing=true",
          .body = json{{"changes", changes}}.dump()};
}

TEST(WriteRace, NeverLetsDeploymentsWaitForEachOtherInACircle) {
  TestServer server;
  server.put_prod();
  std::atomic<int> unexpected = 0;
  std::atomic<int> written = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < kThreads; ++i) {
    writers.emplace_back([&, i] {
      SeededRandom random(3000 + i);
      for (int n = 0; n < 100; ++n) {
        const int status = server.handle_alone(random_dependency_request(random)).status;
        if (status == 200 || status == 201) {
          ++written;
        } else if (status == 422) {
          ++refused;
        } else {
          ++unexpected;
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(unexpected, 0);
  EXPECT_GT(written, 100);
  EXPECT_GT(refused, 100);
  std::map<Key, model::Entity> there;
  const auto changes = server.store().changes(0, 10'000).value();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const model::Change& change = changes[i];
    if (!change.after || change.key.kind != Kind::deployment) continue;
    there[change.key] = *change.after;
    // What was written at once counts as a whole.
    const bool is_whole = i + 1 == changes.size() || changes[i + 1].request_id != change.request_id;
    if (!is_whole) continue;
    ASSERT_EQ(first_in_a_cycle(there), "") << "at seq " << change.seq;
  }
}

TEST(WriteRace, OfManyCreatorsOneSucceeds) {
  TestServer server;
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> created = 0;
    std::vector<std::thread> creators;
    for (int i = 0; i < kThreads; ++i) {
      creators.emplace_back([&] {
        const HttpResponse response =
            server.handle_alone({.method = "POST",
                                 .target = "/v1/workspaces/w" + std::to_string(round) +
                                           "/workloads?createWorkspace=true",
                                 .body = R"({"name":"s"})"});
        if (response.status == 201) ++created;
      });
    }
    for (std::thread& creator : creators) creator.join();
    EXPECT_EQ(created, 1);
  }
  EXPECT_EQ(first_fault(server.store()), "");
}

TEST(WriteRace, OfManyWithTheSameIfMatchOneSucceeds) {
  TestServer server;
  server.put_host("pi", {});
  for (int round = 1; round <= 20; ++round) {
    std::atomic<int> written = 0;
    std::vector<std::thread> writers;
    for (int i = 0; i < kThreads; ++i) {
      writers.emplace_back([&, i] {
        const json body = {{"tags", {{"by", std::to_string(round) + "." + std::to_string(i)}}}};
        const HttpResponse response =
            server.handle_alone({.method = "PUT",
                                 .target = "/v1/hosts/pi",
                                 .headers = {{"If-Match", '"' + std::to_string(round) + '"'}},
                                 .body = body.dump()});
        if (response.status == 200) ++written;
      });
    }
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(written, 1);
  }
}

// Statuses move the revision; a write without If-Match is tried again then.
TEST(WriteRace, WritersAreNotDisturbedByTheStatusesOfWhatTheyWrite) {
  TestServer server;
  server.put_prod();
  std::atomic<bool> stop = false;
  std::thread processors([&] {
    while (!stop) server.step();
  });
  // Whether the target exists decides between MISSING and INITIALIZED: each write moves a status.
  std::vector<std::thread> writers;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < 40; ++n) {
        const json body = {{"spec",
                            {{"workload", "sensor"},
                             {"template", "service"},
                             {"target", n % 2 == 0 ? "lab" : "none"},
                             {"values", {{"by", i}, {"n", n}}}}}};
        const HttpResponse response =
            server.handle_alone({.method = "PUT",
                                 .target = "/v1/workspaces/default/deployments/prod"
                                           "?allowMissing=true",
                                 .body = body.dump()});
        if (response.status != 200) ++refused;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  processors.join();
  server.settle();
  EXPECT_EQ(refused, 0);
  const model::Entity prod = server.deployment("prod");
  const bool has_target = std::get<model::DeploymentSpec>(prod.spec).target == "lab";
  EXPECT_EQ(prod.status, has_target ? model::Status::updating : model::Status::missing);
}

// A commit is durable, and can be read, a moment before the fleet in memory knows of it.
TEST(WriteRace, JudgesByWhatIsStoredWhenTheFleetIsAMomentBehind) {
  const std::string target = "/v1/workspaces/default/targets/lab";
  const std::string other = "/v1/workspaces/default/targets/other";
  struct Row {
    const char* method;
    std::string path;
    std::string if_match;
    int status;
  };
  const std::vector<Row> rows = {
      {"PUT", target, "\"2\"", 200},     // as somebody read it
      {"PUT", target, "\"1\"", 409},     // as the fleet knows it
      {"PUT", target, "", 200},          //
      {"DELETE", target, "\"2\"", 200},  //
      {"DELETE", target, "\"1\"", 409},  //
      {"PUT", other, "\"1\"", 200},      // the fleet does not know it at all
      {"PUT", other, "", 200},           //
      {"DELETE", other, "", 200},        //
  };
  for (const Row& row : rows) {
    TestServer server;
    ASSERT_EQ(server.call("PUT", target, R"({"spec":{"selector":"a"}})").status, 201);
    const model::Entity stored = server.store().get(target_key("lab")).value();
    server.faults().hold_news_back();
    model::Entity edited = stored;
    edited.tags = {{"by", "somebody"}};
    model::Entity made = stored;
    made.name = "other";
    ASSERT_TRUE(server.store().commit({.mutations = {{.key = stored.key(), .entity = edited},
                                                     {.key = made.key(), .entity = made}}}));
    const HttpResponse response = server.handle_alone(
        {.method = row.method,
         .target = row.path,
         .headers = row.if_match.empty() ? HttpHeaders() : HttpHeaders{{"If-Match", row.if_match}},
         .body = std::string(row.method) == "PUT" ? R"({"spec":{"selector":"b"}})" : ""});
    EXPECT_EQ(response.status, row.status)
        << row.method << " " << row.path << " " << row.if_match << "\n"
        << response.body;
    server.faults().let_news_pass();
    EXPECT_EQ(first_fault(server.store()), "");
  }
}

TEST(WriteRace, AnAcceptedProposalNeverFallsBackToAccepted) {
  TestServer server;
  std::atomic<bool> stop = false;
  std::thread processors([&] {
    while (!stop) server.step();
  });
  std::vector<std::string> ids;
  for (int i = 0; i < 500; ++i) {
    ids.push_back(server
                      .handle_alone({.method = "PUT",
                                     .target = "/v1/hosts/pi?wait=false",
                                     .body = json{{"tags", {{"n", std::to_string(i)}}}}.dump()})
                      .header("Titan-Change"));
  }
  stop = true;
  processors.join();
  server.settle();
  for (const std::string& id : ids) {
    EXPECT_EQ(server.json("GET", "/v1/changes/" + id)["state"], "COMMITTED");
  }
}

}  // namespace
}  // namespace titan::server_lite

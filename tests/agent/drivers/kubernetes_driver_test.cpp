#include "agent/drivers/kubernetes_driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/drivers/limits.hpp"
#include "model/limits.hpp"
#include "tests/agent/drivers/fake_kubectl.hpp"
#include "tests/agent/drivers/generations.hpp"
#include "tests/support/fake_process_runner.hpp"

namespace titan::agent {
namespace {

using testing::FileTexts;
using Calls = std::vector<std::string>;

const std::string kInventory = "titan-default-prod-2e159cc5a46c6434";
const std::string kEnd = " --request-timeout=30s";
const std::string kParse =
    "annotate --local --overwrite --output=json --filename=./all.yaml "
    "titan/deployment=default/prod" +
    kEnd;
const std::string kGetInventory =
    "get --ignore-not-found --output=json --namespace=titan-system "
    "configmap " +
    kInventory + kEnd;
const std::string kWriteInventory =
    "apply --server-side --field-manager=titan --force-conflicts=true --output=name "
    "--filename=-" +
    kEnd;
const std::string kGet = "get --ignore-not-found --output=json --filename=-" + kEnd;
const std::string kApply =
    "apply --server-side --field-manager=titan --force-conflicts=false --output=json "
    "--filename=-" +
    kEnd;
const std::string kDelete =
    "delete --ignore-not-found --wait=true --output=name --timeout=60s --filename=-" + kEnd;

// A manifest of one object.
std::string object(const std::string& kind, const std::string& name, const std::string& value = "1",
                   const std::string& metadata = "", const std::string& api = "v1") {
  return "apiVersion: " + api + "\nkind: " + kind + "\nmetadata: {name: " + name + metadata +
         "}\ndata: {v: \"" + value + "\"}\n---\n";
}
std::string map(const std::string& name, const std::string& value = "1",
                const std::string& metadata = "") {
  return object("ConfigMap", name, value, metadata);
}
std::string annotated(const std::string& name) {
  return ", annotations: {titan/" + name + ": \"true\"}";
}

class KubernetesDriverTest : public ::testing::Test {
 protected:
  Generation unpacked(const std::string& text, std::uint64_t version = 1) {
    const std::string folder = "/state/" + std::to_string(version);
    cluster_.folders[folder] = {{"all.yaml", text}};
    return testing::generation({{"all.yaml", text}}, version, folder);
  }
  Result<void> apply(const DriverChange& change) {
    TITAN_TRY(driver_.before_files(change, output_));
    return driver_.after_files(change, output_);
  }
  Result<void> apply(const Generation* before, const Generation* after) {
    return apply(testing::change_between(before, after));
  }
  Calls calls() {
    Calls made;
    for (const std::string& call : runner_.faults().calls()) made.push_back(call.substr(12));
    runner_.faults().reset();
    return made;
  }
  void empty_cluster() {
    const auto folders = cluster_.folders;
    cluster_ = {};
    cluster_.folders = folders;
  }

  testing::FakeKubectl cluster_;
  titan::testing::FakeProcessRunner runner_{
      [this](const Command& command) { return cluster_.run(command); }};
  KubernetesDriver driver_{runner_, {}};
  OutputTail output_{4096};
};

TEST_F(KubernetesDriverTest, RecordsWhatItAppliesBeforeItDoes) {
  const auto first = unpacked(map("a") + map("b"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(calls(), (Calls{kParse, kParse, kGetInventory, kWriteInventory, kGet, kApply}));
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a ConfigMap/default/b");
  EXPECT_EQ(cluster_.inventory(), "ConfigMap/a ConfigMap/b");
  EXPECT_TRUE(cluster_.objects.contains("Namespace//titan-system"));
  for (const Command& command : runner_.commands()) {
    EXPECT_TRUE(command.clean_environment);
    EXPECT_EQ(command.output_bytes_max, kKubernetesAnswerBytesMax);
  }
  EXPECT_EQ(runner_.commands().front().directory, "/state/1");
}

TEST_F(KubernetesDriverTest, WritesNoInventoryWhenTheObjectsAreTheSame) {
  const auto first = unpacked(map("a"));
  const auto second = unpacked(map("a", "2"), 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{kParse, kParse, kGetInventory, kGet, kApply}));
  EXPECT_EQ(cluster_.objects.at("ConfigMap/default/a")["data"]["v"], "2");
}

TEST_F(KubernetesDriverTest, PrunesWhatIsNoLongerWanted) {
  const auto first = unpacked(map("a") + map("b"));
  const auto second = unpacked(map("a") + map("c"), 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{kParse, kParse, kGetInventory, kWriteInventory, kGet, kApply, kGet,
                            kDelete, kWriteInventory}));
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a ConfigMap/default/c");
  EXPECT_EQ(cluster_.inventory(), "ConfigMap/a ConfigMap/c");
}

TEST_F(KubernetesDriverTest, NeverPrunesWhatItDidNotMake) {
  const auto first = unpacked(map("a") + map("b") + map("c") + map("d"));
  const auto second = unpacked(map("a"), 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  // Made anew by somebody else, by another deployment, and gone.
  cluster_.put(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"b"}})");
  cluster_.put(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c","annotations":
                   {"titan/deployment":"default/other"}}})");
  cluster_.objects.erase("ConfigMap/default/d");
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a ConfigMap/default/b ConfigMap/default/c");
  EXPECT_EQ(cluster_.inventory(), "ConfigMap/a");
}

TEST_F(KubernetesDriverTest, KnowsAnObjectAgainByItsUid) {
  // The same object by another version and with its namespace written out.
  cluster_.kinds.insert("Thing");
  const auto first = unpacked(map("a") + object("Thing", "t", "1", "", "example.org/v1beta1"));
  const auto second = unpacked(
      map("a", "1", ", namespace: default") + object("Thing", "t", "1", "", "example.org/v1"), 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  const auto uid = cluster_.objects.at("Thing/default/t")["metadata"]["uid"];
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a Thing/default/t");
  EXPECT_EQ(cluster_.objects.at("Thing/default/t")["metadata"]["uid"], uid);
}

TEST_F(KubernetesDriverTest, PrunesAnObjectThatMovedToAnotherNamespace) {
  const auto first = unpacked(object("Namespace", "far") + map("a", "1", ", namespace: far"));
  const auto second = unpacked(object("Namespace", "far") + map("a"), 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a Namespace//far");
}

TEST_F(KubernetesDriverTest, RefusesToPruneEverythingAtOnce) {
  const auto first = unpacked(map("a") + map("b"));
  const auto second = unpacked(map("c"), 2);
  const auto meant = unpacked(map("c", "1", annotated("replace-all")), 3);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  const auto applied = apply(&first, &second);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::conflict);
  EXPECT_NE(applied.error().message.find("would delete all 2 objects"), std::string::npos);
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a ConfigMap/default/b");
  ASSERT_TRUE(apply(&first, &meant).ok());
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/c");
  // Going back to the last good one needs no leave.
  ASSERT_TRUE(apply({.before = {&first, &meant}, .after = &first}).ok());
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a ConfigMap/default/b");
}

TEST_F(KubernetesDriverTest, TakesNothingOverThatIsSomebodyElses) {
  const auto first = unpacked(map("a"));
  cluster_.put(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}})");
  const auto applied = apply(nullptr, &first);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::conflict);
  EXPECT_EQ(applied.error().message,
            "ConfigMap a is there already, and titan has not made it: annotate it with "
            "titan/adopt: \"true\" to take it over");
  cluster_.put(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","annotations":
                   {"titan/deployment":"default/other"}}})");
  EXPECT_EQ(apply(nullptr, &first).error().message,
            "ConfigMap a belongs to deployment default/other");
  const auto adopting = unpacked(map("a", "1", annotated("adopt")), 2);
  EXPECT_EQ(apply(nullptr, &adopting).error().code, ErrorCode::conflict);
}

TEST_F(KubernetesDriverTest, AdoptsNoNamesakeInAnotherNamespace) {
  const auto first = unpacked(object("Namespace", "far") + map("a", "1", annotated("adopt")) +
                              map("a", "1", ", namespace: far"));
  cluster_.put(R"({"kind":"Namespace","apiVersion":"v1","metadata":{"name":"far","annotations":
                   {"titan/deployment":"default/prod"}}})");
  cluster_.put(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a",
                   "namespace":"far"}})");
  const auto applied = apply(nullptr, &first);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().message,
            "ConfigMap far/a is there already, and titan has not made it: annotate it with "
            "titan/adopt: \"true\" to take it over");
}

TEST_F(KubernetesDriverTest, LeavesWhatItAdopted) {
  const auto first = unpacked(map("a", "1", annotated("adopt")) + map("b"));
  cluster_.put(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}})");
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(cluster_.objects.at("ConfigMap/default/a")["data"]["v"], "1");
  ASSERT_TRUE(apply(&first, nullptr).ok());
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a");
}

TEST_F(KubernetesDriverTest, DeletesAllWhenTheDeploymentLeaves) {
  const auto first = unpacked(map("a") + map("b"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, nullptr).ok());
  EXPECT_EQ(calls(), (Calls{kGetInventory, kGet, kDelete,
                            "delete --ignore-not-found --output=name --namespace=titan-system "
                            "configmap " +
                                kInventory + kEnd}));
  EXPECT_EQ(cluster_.names(), "");
  EXPECT_EQ(cluster_.inventory(), "");
  ASSERT_TRUE(apply(&first, nullptr).ok());
  EXPECT_EQ(calls(), Calls{kGetInventory});
}

TEST_F(KubernetesDriverTest, KeepsNamespacesWithWhatOthersHaveInThem) {
  const auto first =
      unpacked(object("Namespace", "kept") +
               object("Namespace", "ours", "1", annotated("delete-with-contents")) +
               map("a", "1", ", namespace: kept") + map("b", "1", ", namespace: ours"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, nullptr).ok());
  const auto made = calls();
  EXPECT_EQ(std::count(made.begin(), made.end(), kDelete), 2);  // what is in them first
  EXPECT_EQ(cluster_.names(), "Namespace//kept");
}

TEST_F(KubernetesDriverTest, WaitsForDefinitionsBeforeItUsesThem) {
  const auto first = unpacked(map("a") + object("CustomResourceDefinition", "things.example.org",
                                                "1", "", "apiextensions.k8s.io/v1"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(calls(), (Calls{kParse, kParse, kGetInventory, kWriteInventory, kGet, kApply,
                            "wait --for=condition=Established --filename=- --timeout=30s" + kEnd,
                            kGet, kApply}));
}

TEST_F(KubernetesDriverTest, GetsByWithKindsThatAreGone) {
  cluster_.kinds.insert("Thing");
  const auto first =
      unpacked(map("a") + map("b") + object("Thing", "t", "1", "", "example.org/v1"));
  const auto second = unpacked(map("a"), 2);
  ASSERT_TRUE(apply(nullptr, &first).ok());
  cluster_.kinds.erase("Thing");
  cluster_.objects.erase("Thing/default/t");
  EXPECT_EQ(*driver_.drift(first), std::vector<std::string>{"Thing t is gone"});
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  const auto made = calls();
  EXPECT_EQ(std::count(made.begin(), made.end(),
                       "get --ignore-not-found --output=json Thing.example.org t" + kEnd),
            1);
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a");
}

TEST_F(KubernetesDriverTest, ReadsKustomizations) {
  const FileTexts files = {{"kustomization.yaml", "resources: [base.yaml]"},
                           {"base.yaml", map("a")},
                           {"values,odd.yaml", "no manifest"}};
  auto first = testing::generation(files, 1, "/state/k");
  cluster_.folders["/state/k"] = {{"made", map("x")}};
  ASSERT_TRUE(driver_.check(first).ok());
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/x");
  const auto made = calls();
  EXPECT_EQ(made.at(0), "kustomize ." + kEnd);
  EXPECT_EQ(made.at(1),
            "annotate --local --overwrite --output=json --filename=- "
            "titan/deployment=default/prod" +
                kEnd);
  EXPECT_EQ(runner_.commands().front().directory, "/state/k");
  cluster_.folders["/state/k"] = {};
  EXPECT_EQ(apply(nullptr, &first).error().code, ErrorCode::invalid);
}

TEST_F(KubernetesDriverTest, ChecksItsFiles) {
  struct Row {
    FileTexts files;
    bool good;
  };
  const std::vector<Row> rows = {{{{"a.yaml", ""}}, true},
                                 {{{"deep/a.yml", ""}}, true},
                                 {{{"a.json", ""}, {"notes.txt", ""}}, true},
                                 {{{"Kustomization", ""}}, true},
                                 {{{"notes.txt", ""}}, false},
                                 {{{"root/a.yaml", ""}, {"hooks/b.yaml", ""}}, false},
                                 {{}, false},
                                 {{{"a,b.yaml", ""}}, false},
                                 {{{"a\"b.yaml", ""}}, false}};
  for (const Row& row : rows) {
    EXPECT_EQ(driver_.check(testing::generation(row.files)).ok(), row.good)
        << (row.files.empty() ? "" : row.files.begin()->first);
  }
  EXPECT_TRUE(calls().empty());
  EXPECT_TRUE(driver_.unpacks("patches/a.txt"));
  EXPECT_FALSE(driver_.unpacks("root/a.yaml"));
}

TEST_F(KubernetesDriverTest, RefusesWhatCannotBeReadBeforeAnythingIsTouched) {
  for (const char* text : {"a: [", "kind: A\napiVersion: v1\nmetadata: {}\n", "a: 1\n", ""}) {
    const auto bad = unpacked(text);
    const DriverChange change{.after = &bad};
    const auto before = driver_.before_files(change, output_);
    ASSERT_FALSE(before.ok()) << text;
    EXPECT_EQ(before.error().code, ErrorCode::invalid) << text;
  }
  const auto twice = unpacked(map("a") + map("a"));
  const DriverChange change{.after = &twice};
  EXPECT_EQ(driver_.before_files(change, output_).error().message, "ConfigMap a is there twice");
  EXPECT_TRUE(cluster_.objects.empty());
}

TEST_F(KubernetesDriverTest, UnderstandsWhatKubectlSays) {
  const auto first = unpacked(map("a"));
  struct Row {
    const char* errors;
    ErrorCode code;
  };
  for (const auto& [errors, code] :
       {Row{"Unable to connect to the server: dial tcp: i/o timeout", ErrorCode::unavailable},
        Row{"The connection to the server localhost:8080 was refused", ErrorCode::unavailable},
        Row{"no matches for kind \"Thing\" in version \"a/v1\"", ErrorCode::unavailable},
        Row{"Error from server (NotFound): namespaces \"far\" not found", ErrorCode::unavailable},
        Row{"error: Apply failed with 1 conflict: conflict with \"hpa\"", ErrorCode::conflict},
        Row{"Error from server (Forbidden): configmaps is forbidden", ErrorCode::denied},
        Row{"error: You must be logged in to the server (Unauthorized)", ErrorCode::denied},
        Row{"The ConfigMap \"a\" is invalid: data: Too long", ErrorCode::invalid},
        Row{"Error from server: failed to create typed patch object: .data.v: expected string",
            ErrorCode::invalid},
        Row{"error: error validating \"STDIN\": error validating data: unknown field \"no\"",
            ErrorCode::invalid},
        Row{"error validating \"STDIN\": failed to download openapi: connection refused",
            ErrorCode::unavailable},
        Row{"Error from server (BadRequest): strict decoding error", ErrorCode::invalid},
        Row{"panic: something", ErrorCode::internal}}) {
    runner_.answer(Outcome{.exit_code = 1, .errors = errors});
    const auto applied = apply(nullptr, &first);
    ASSERT_FALSE(applied.ok());
    EXPECT_EQ(applied.error().code, code) << errors;
    EXPECT_NE(applied.error().message.find(errors), std::string::npos);
  }
}

TEST_F(KubernetesDriverTest, ReportsConflictsAndForcesNothing) {
  const auto first = unpacked(map("a") + map("b") + map("c"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  cluster_.taken = {"ConfigMap/default/a"};
  cluster_.objects.at("ConfigMap/default/c")["data"]["v"] = "9";
  const auto applied = apply(&first, &first);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::conflict);
  EXPECT_EQ(applied.error().message,
            "\"kubectl apply\" ended with exit code 1: error: Apply failed with 1 conflict: "
            "conflict with \"kubectl-edit\"");
  cluster_.objects.at("ConfigMap/default/c")["data"]["v"] = "9";
  EXPECT_EQ(*driver_.drift(first),
            (std::vector<std::string>{"ConfigMap a has fields that somebody else has taken",
                                      "ConfigMap c differs"}));
}

TEST_F(KubernetesDriverTest, WaitsUntilWhatItDeletesIsGone) {
  const auto first = unpacked(map("a"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  cluster_.stuck = {"a"};
  EXPECT_EQ(apply(&first, nullptr).error().code, ErrorCode::unavailable);
  EXPECT_EQ(cluster_.inventory(), "ConfigMap/a");
  cluster_.stuck.clear();
  ASSERT_TRUE(apply(&first, nullptr).ok());
  EXPECT_EQ(cluster_.names(), "");
}

TEST_F(KubernetesDriverTest, LeavesADamagedInventoryToAPerson) {
  const auto first = unpacked(map("a"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  cluster_.objects.at("ConfigMap/titan-system/" + kInventory)["data"]["objects"] = "?";
  EXPECT_EQ(apply(&first, &first).error().code, ErrorCode::conflict);
  EXPECT_EQ(apply(&first, nullptr).error().code, ErrorCode::conflict);
  EXPECT_EQ(cluster_.names(), "ConfigMap/default/a");
}

TEST_F(KubernetesDriverTest, TellsDrift) {
  const auto first = unpacked(map("a") + map("b") + map("c"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_TRUE(driver_.drift(first)->empty());
  cluster_.objects.erase("ConfigMap/default/a");
  cluster_.objects.at("ConfigMap/default/b")["data"]["v"] = "9";
  const std::string before = cluster_.state();
  EXPECT_EQ(*driver_.drift(first),
            (std::vector<std::string>{"ConfigMap a is gone", "ConfigMap b differs"}));
  EXPECT_EQ(cluster_.state(), before);
  cluster_.reachable = false;
  EXPECT_EQ(driver_.drift(first).error().code, ErrorCode::unavailable);
}

TEST_F(KubernetesDriverTest, TellsDriftOfObjectsThatDifferInTheirNamespaceAlone) {
  const std::string far = map("a", "1", ", namespace: far");
  for (const std::string& both : {map("a") + far, far + map("a")}) {
    empty_cluster();
    const auto first = unpacked(object("Namespace", "far") + both);
    ASSERT_TRUE(apply(nullptr, &first).ok());
    EXPECT_EQ(*driver_.drift(first), std::vector<std::string>{});
    cluster_.objects.at("ConfigMap/default/a")["data"]["v"] = "9";
    EXPECT_EQ(*driver_.drift(first), std::vector<std::string>{"ConfigMap a differs"});
    cluster_.taken = {"ConfigMap/far/a"};
    auto told = *driver_.drift(first);
    std::sort(told.begin(), told.end());
    EXPECT_EQ(told, (std::vector<std::string>{
                        "ConfigMap a differs",
                        "ConfigMap far/a has fields that somebody else has taken"}));
    cluster_.taken = {};
    cluster_.objects.erase("ConfigMap/default/a");
    EXPECT_EQ(*driver_.drift(first), std::vector<std::string>{"ConfigMap a is gone"});
    ASSERT_TRUE(apply(&first, &first).ok());
    cluster_.objects.erase("ConfigMap/far/a");
    EXPECT_EQ(*driver_.drift(first), std::vector<std::string>{"ConfigMap far/a is gone"});
  }
}

TEST_F(KubernetesDriverTest, KeepsSecretsOutOfItsOutput) {
  const auto first = unpacked(object("Secret", "s", "hunter2"));
  ASSERT_TRUE(apply(nullptr, &first).ok());
  ASSERT_TRUE(driver_.drift(first).ok());
  cluster_.taken = {"Secret/default/s"};
  const auto applied = apply(&first, &first);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().text().find("hunter2"), std::string::npos);
  EXPECT_EQ(output_.text().find("hunter2"), std::string::npos);
  for (const Command& command : runner_.commands()) {
    for (const auto& argument : command.arguments) {
      EXPECT_EQ(argument.find("hunter2"), std::string::npos);
    }
  }
}

TEST_F(KubernetesDriverTest, UsesTheKubeconfigThatItIsGiven) {
  KubernetesDriver driver(runner_,
                          {.program = "k", .kubeconfig = "/etc/k.yaml", .cache_folder = "/run/k"});
  ASSERT_TRUE(driver.available().ok());
  EXPECT_EQ(runner_.commands().back().arguments,
            (Calls{"k", "version", "--client", "--request-timeout=30s", "--kubeconfig=/etc/k.yaml",
                   "--cache-dir=/run/k"}));
  runner_.answer(not_found("starting \"k\": no such file"));
  const auto missing = driver.available();
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::unavailable);
}

TEST_F(KubernetesDriverTest, PassesOnHowEachCommandFails) {
  const auto first = unpacked(map("a") + map("b"));
  const auto second = unpacked(map("a", "2") + map("c"), 2);
  for (const Generation* after : {&second, static_cast<const Generation*>(nullptr)}) {
    for (const bool slow : {false, true}) {
      for (std::size_t n = 1;; ++n) {
        empty_cluster();
        runner_.faults().reset();
        ASSERT_TRUE(apply(nullptr, &first).ok());
        const std::size_t start = runner_.faults().count();
        if (slow) {
          // The n-th command from now on does not end.
          std::size_t left = n;
          titan::testing::FakeProcessRunner runner([&](const Command& command) -> Outcome {
            if (--left == 0) return {.exit_code = 137, .timed_out = true};
            return cluster_.run(command);
          });
          KubernetesDriver driver(runner, {});
          const auto change = testing::change_between(&first, after);
          auto applied = driver.before_files(change, output_);
          if (applied) applied = driver.after_files(change, output_);
          if (left > 0) break;
          ASSERT_FALSE(applied.ok()) << n;
          EXPECT_EQ(applied.error().code, ErrorCode::exhausted) << n;
          continue;
        }
        runner_.faults().fail_at(start + n, not_found("starting \"kubectl\": no such file"));
        const auto applied = apply(&first, after);
        if (runner_.faults().count() < start + n) {
          EXPECT_EQ(n, after == nullptr ? 5U : 10U);
          break;
        }
        ASSERT_FALSE(applied.ok()) << n;
        EXPECT_EQ(applied.error().code, ErrorCode::unavailable) << n;
      }
    }
  }
}

// Killed at each command, and begun again from the start with both generations: the same end, and
// nothing that was made is out of the inventory at any moment.
TEST_F(KubernetesDriverTest, EndsTheSameWhereverItWasKilled) {
  const auto first = unpacked(map("a") + map("b"));
  const auto second = unpacked(map("a", "2") + map("c") + object("Namespace", "n"), 2);
  struct Row {
    const Generation* before;
    const Generation* after;
  };
  for (const auto& [before, after] :
       {Row{nullptr, &first}, Row{&first, &second}, Row{&second, &first}, Row{&first, nullptr}}) {
    const auto set_up = [&, from = before] {
      empty_cluster();
      ASSERT_TRUE(from == nullptr || apply(nullptr, from).ok());
      runner_.faults().reset();
    };
    set_up();
    ASSERT_TRUE(apply(before, after).ok());
    const std::size_t commands = runner_.faults().count();
    const std::string expected = cluster_.state();
    for (std::size_t n = 1; n <= commands; ++n) {
      set_up();
      runner_.faults().fail_from(n, unavailable("killed"));
      ASSERT_FALSE(apply(before, after).ok());
      const std::string listed = " " + cluster_.inventory() + " ";
      for (const auto& [key, made] : cluster_.objects) {
        if (!key.starts_with("ConfigMap/default/")) continue;
        EXPECT_NE(listed.find(" ConfigMap/" + key.substr(18) + " "), std::string::npos) << n;
      }
      runner_.faults().reset();
      DriverChange again = testing::change_between(before, after);
      if (after != nullptr) again.before.push_back(after);
      const auto repeated = apply(again);
      ASSERT_TRUE(repeated.ok()) << n << repeated.error().text();
      EXPECT_EQ(cluster_.state(), expected) << n;
    }
  }
}

TEST_F(KubernetesDriverTest, RollsBackFromAHalfAppliedGeneration) {
  const auto good = unpacked(map("a") + map("b"));
  const auto bad = unpacked(map("a", "2") + map("x") + map("lost", "1", ", namespace: no"), 2);
  ASSERT_TRUE(apply(nullptr, &good).ok());
  const std::string expected = cluster_.state();
  EXPECT_EQ(apply(&good, &bad).error().code, ErrorCode::unavailable);
  EXPECT_TRUE(cluster_.objects.contains("ConfigMap/default/x"));
  ASSERT_TRUE(apply({.before = {&good, &bad}, .after = &good}).ok());
  EXPECT_EQ(cluster_.state(), expected);
}

}  // namespace
}  // namespace titan::agent

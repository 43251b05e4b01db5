#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/drivers/kubernetes_driver.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "tests/agent/drivers/generations.hpp"
#include "tests/e2e/drivers/private_space.hpp"

namespace titan::agent {
namespace {

using testing::FileTexts;
using titan::testing::KillableRunner;

std::string map(const std::string& name, const std::string& value, const std::string& more = "") {
  return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + more +
         "}\ndata: {v: \"" + value + "\"}\n";
}

class KubernetesToolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SystemProcessRunner().run({.arguments = {"kubectl", "version", "--client"}})) {
      GTEST_SKIP() << "kubectl is not installed";
    }
  }
  Generation unpacked(const FileTexts& files, std::uint64_t version) {
    const std::string folder = folder_.path() + "/" + std::to_string(version);
    for (const auto& [path, text] : files) {
      std::filesystem::create_directories(std::filesystem::path(folder + "/" + path).parent_path());
      std::ofstream(folder + "/" + path) << text;
    }
    return testing::generation(files, version, folder);
  }
  Result<void> apply(KubernetesDriver& driver, const DriverChange& change) {
    TITAN_TRY(driver.before_files(change, output_));
    return driver.after_files(change, output_);
  }

  titan::testing::TemporaryDirectory folder_;
  KillableRunner runner_;
  OutputTail output_{4096};
};

// Without a cluster: an address where nobody listens.
class KubernetesOfflineTest : public KubernetesToolTest {
 protected:
  void SetUp() override {
    KubernetesToolTest::SetUp();
    std::ofstream(folder_.path() + "/config")
        << "apiVersion: v1\nkind: Config\ncurrent-context: a\n"
           "clusters: [{name: a, cluster: {server: \"http://127.0.0.1:9\"}}]\n"
           "contexts: [{name: a, context: {cluster: a, user: a}}]\nusers: [{name: a}]\n";
  }
  // Keeps what is given to `kubectl get`, which is the first that asks the cluster for objects.
  KubernetesDriver driver_{runner_, {.kubeconfig = folder_.path() + "/config"}};
};

TEST_F(KubernetesOfflineTest, ReadsWhatKubectlReads) {
  ASSERT_TRUE(driver_.available().ok());
  const auto good =
      unpacked({{"a.yaml", "# words\n" + map("a", "1") + map("b", "2")},
                {"deep/b.yml",
                 "x: &x {y: \"1\"}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
                 "data:\n  <<: *x\n"},
                {"c.json",
                 "{\t\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\",\n\t"
                 "\"metadata\": {\"name\": \"d\"}}"},
                {"list.yaml",
                 "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n"
                 "  metadata: {name: e}\n"},
                {"thing.yaml",
                 "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: f}\n"
                 "spec: {mode: 0644, big: 12345678901234567}\n"}},
               1);
  ASSERT_TRUE(driver_.check(good).ok());
  const auto read = driver_.before_files({.after = &good}, output_);
  EXPECT_TRUE(read.ok()) << read.error().text() << output_.text();
}

TEST_F(KubernetesOfflineTest, RefusesWhatKubectlRefuses) {
  std::uint64_t version = 0;
  for (const char* text : {"a: [", "a: 1\n", "kind: ConfigMap\nmetadata: {name: a}\n",
                           "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", ""}) {
    const auto bad = unpacked({{"a.yaml", text}}, ++version);
    const auto read = driver_.before_files({.after = &bad}, output_);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::invalid) << text << read.error().text();
  }
  const auto twice = unpacked({{"a.yaml", map("a", "1")}, {"b.yaml", map("a", "2")}}, ++version);
  EXPECT_EQ(driver_.before_files({.after = &twice}, output_).error().message,
            "ConfigMap a is there twice");
}

TEST_F(KubernetesOfflineTest, ReadsKustomizations) {
  const auto good = unpacked({{"kustomization.yaml", "namePrefix: x-\nresources: [base/a.yaml]\n"},
                              {"base/a.yaml", map("a", "1")}},
                             1);
  const auto read = driver_.before_files({.after = &good}, output_);
  EXPECT_TRUE(read.ok()) << read.error().text() << output_.text();
  const auto bad = unpacked({{"kustomization.yaml", "resources: [none.yaml]\n"}}, 2);
  EXPECT_FALSE(driver_.before_files({.after = &bad}, output_).ok());
}

TEST_F(KubernetesOfflineTest, CallsAClusterThatDoesNotAnswerAPassingFault) {
  const auto good = unpacked({{"a.yaml", map("a", "1")}}, 1);
  EXPECT_EQ(apply(driver_, {.after = &good}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(apply(driver_, {.before = {&good}}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(driver_.drift(good).error().code, ErrorCode::unavailable);
}

// With a cluster that may be written to: TITAN_KUBECONFIG names the file that leads to it.
class KubernetesClusterTest : public KubernetesToolTest {
 protected:
  void SetUp() override {
    KubernetesToolTest::SetUp();
    const char* config = std::getenv("TITAN_KUBECONFIG");
    if (config == nullptr) {
      GTEST_SKIP() << "TITAN_KUBECONFIG names no cluster; its namespaces default and titan-system "
                      "would be written to";
    }
    config_ = config;
    driver_ = std::make_unique<KubernetesDriver>(runner_,
                                                 KubernetesDriver::Options{.kubeconfig = config_});
  }
  void TearDown() override {
    if (driver_ == nullptr) return;
    runner_.reset();
    const auto any = testing::generation({});
    static_cast<void>(apply(*driver_, {.before = {&any}}));
    kubectl({"delete", "configmap", "foreign", "--ignore-not-found"});
  }
  Outcome kubectl(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.begin(), {"kubectl", "--kubeconfig=" + config_});
    const auto outcome = SystemProcessRunner().run({.arguments = arguments, .input = input});
    return outcome.value_or(Outcome{.exit_code = -1});
  }
  std::vector<std::string> drift(const Generation& generation) {
    const auto found = driver_->drift(generation);
    return found ? *found : std::vector<std::string>{found.error().text()};
  }
  // The ConfigMaps of titan in the default namespace, with their values.
  std::string maps() {
    std::string text;
    const Outcome listed = kubectl({"get", "configmaps", "--output=json"});
    const auto answer = parse_json(listed.output);
    if (!answer) return listed.errors;
    for (const auto& item : (*answer)["items"]) {
      const auto& metadata = item["metadata"];
      if (!metadata.contains("annotations") ||
          !metadata["annotations"].contains(kOwnerAnnotation)) {
        continue;
      }
      text += metadata.value("name", "") + "=" + item["data"].value("v", "") + " ";
    }
    return text;
  }
  std::string inventory() {
    std::string text;
    const Outcome listed =
        kubectl({"get", "configmap", "--namespace=titan-system", "--ignore-not-found",
                 "--output=json", inventory_name(testing::deployment_key())});
    const auto answer = parse_json(listed.output);
    if (!answer) return {};
    const auto names = parse_json((*answer)["data"].value("objects", "[]"));
    for (const auto& name : names.value_or(nlohmann::json::array())) {
      text += name.value("name", "") + " ";
    }
    return text;
  }

  std::string config_;
  std::unique_ptr<KubernetesDriver> driver_;
};

TEST_F(KubernetesClusterTest, AppliesPrunesAndRemoves) {
  const auto first = unpacked({{"a.yaml", map("a", "1") + map("b", "1")}}, 1);
  const auto second = unpacked({{"a.yaml", map("a", "2") + map("c", "1")}}, 2);
  auto applied = apply(*driver_, {.after = &first});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(maps(), "a=1 b=1 ");
  EXPECT_EQ(inventory(), "a b ");
  EXPECT_EQ(drift(first), std::vector<std::string>{});
  applied = apply(*driver_, {.before = {&first}, .after = &second});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(maps(), "a=2 c=1 ");
  EXPECT_EQ(inventory(), "a c ");
  kubectl({"delete", "configmap", "c"});
  EXPECT_EQ(drift(second), std::vector<std::string>{"ConfigMap c is gone"});
  applied = apply(*driver_, {.before = {&second}, .after = &second});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  for (int i = 0; i < 2; ++i) {
    applied = apply(*driver_, {.before = {&first, &second}});
    ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
    EXPECT_EQ(maps(), "");
    EXPECT_EQ(inventory(), "");
  }
}

TEST_F(KubernetesClusterTest, TakesNothingByForce) {
  const auto first = unpacked({{"a.yaml", map("a", "1") + map("b", "1")}}, 1);
  const auto greedy = unpacked({{"a.yaml", map("a", "1") + map("foreign", "1")}}, 2);
  ASSERT_TRUE(apply(*driver_, {.after = &first}).ok());
  kubectl({"apply", "--server-side", "--force-conflicts", "--field-manager=person", "--filename=-"},
          map("a", "9"));
  EXPECT_EQ(drift(first),
            std::vector<std::string>{"ConfigMap a has fields that somebody else has taken"});
  auto applied = apply(*driver_, {.before = {&first}, .after = &first});
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::conflict) << applied.error().text();
  EXPECT_EQ(maps(), "a=9 b=1 ");
  kubectl({"apply", "--server-side", "--field-manager=person", "--filename=-"},
          map("foreign", "7"));
  applied = apply(*driver_, {.before = {&first}, .after = &greedy});
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::conflict) << applied.error().text();
  EXPECT_NE(applied.error().message.find("ConfigMap default/foreign is there already"),
            std::string::npos)
      << applied.error().text();
  ASSERT_TRUE(apply(*driver_, {.before = {&first, &greedy}}).ok());
  EXPECT_EQ(kubectl({"get", "configmap", "foreign"}).exit_code, 0);
}

TEST_F(KubernetesClusterTest, ReportsADifference) {
  const auto first = unpacked({{"a.yaml", map("a", "1", ", labels: {x: \"1\"}")}}, 1);
  ASSERT_TRUE(apply(*driver_, {.after = &first}).ok());
  kubectl({"label", "configmap", "a", "x-", "--field-manager=titan"});
  EXPECT_EQ(drift(first), std::vector<std::string>{"ConfigMap a differs"});
  ASSERT_TRUE(apply(*driver_, {.before = {&first}, .after = &first}).ok());
  EXPECT_EQ(drift(first), std::vector<std::string>{});
}

TEST_F(KubernetesClusterTest, FindsNoDriftInWhatTheClusterFillsIn) {
  const std::string pod =
      "{metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i, ports: "
      "[{containerPort: 80, protocol: TCP}], resources: {limits: {cpu: \"0.5\", memory: 1024Mi}}, "
      "env: [{name: E, value: \"1\"}]}]}}";
  const auto first = unpacked(
      {{"a.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: titan-web}\nspec: "
        "{replicas: 0, selector: {matchLabels: {app: web}}, template: " +
            pod +
            "}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: titan-web}\n"
            "spec: {selector: {app: web}, ports: [{port: 80, protocol: TCP}]}\n"},
       {"b.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: titan-key}\nstringData: {k: word}\n---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: titan-x}\n"
        "rules: [{apiGroups: [\"\"], resources: [pods], verbs: [get]}]\n---\n"
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: titan-job}\nspec: {parallelism: 0, "
        "template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}\n"}},
      1);
  auto applied = apply(*driver_, {.after = &first});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(drift(first), std::vector<std::string>{});
  applied = apply(*driver_, {.before = {&first}, .after = &first});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(drift(first), std::vector<std::string>{});
  kubectl({"delete", "clusterrole", "titan-x"});
  EXPECT_EQ(drift(first), std::vector<std::string>{"ClusterRole titan-x is gone"});
  applied = apply(*driver_, {.before = {&first}});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  for (const char* name : {"deployment/titan-web", "service/titan-web", "secret/titan-key",
                           "clusterrole/titan-x", "job/titan-job"}) {
    EXPECT_NE(kubectl({"get", name}).exit_code, 0) << name;
  }
}

TEST_F(KubernetesClusterTest, TellsNamesakesInTwoNamespacesApart) {
  const auto first =
      unpacked({{"a.yaml", map("a", "1", ", namespace: kube-public") + map("a", "1")}}, 1);
  const auto second = unpacked({{"a.yaml", map("a", "1", ", namespace: kube-public")}}, 2);
  auto applied = apply(*driver_, {.after = &first});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(drift(first), std::vector<std::string>{});
  kubectl({"delete", "configmap", "a"});
  EXPECT_EQ(drift(first), std::vector<std::string>{"ConfigMap a is gone"});
  ASSERT_TRUE(apply(*driver_, {.before = {&first}, .after = &first}).ok());
  EXPECT_EQ(maps(), "a=1 ");
  applied = apply(*driver_, {.before = {&first}, .after = &second});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(maps(), "");
  EXPECT_EQ(kubectl({"get", "configmap", "a", "--namespace=kube-public"}).exit_code, 0);
}

TEST_F(KubernetesClusterTest, DeletesANamespaceOnlyWithLeave) {
  const auto space = [](const std::string& name, const std::string& more) {
    return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + more + "}\n";
  };
  const auto first =
      unpacked({{"a.yaml",
                 map("a", "1", ", namespace: titan-kept") + space("titan-kept", "") +
                     map("b", "1", ", namespace: titan-gone") +
                     space("titan-gone", ", annotations: {titan/delete-with-contents: \"true\"}")}},
               1);
  auto applied = apply(*driver_, {.after = &first});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(drift(first), std::vector<std::string>{});
  applied = apply(*driver_, {.before = {&first}});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_NE(kubectl({"get", "namespace", "titan-gone"}).exit_code, 0);
  EXPECT_EQ(kubectl({"get", "namespace", "titan-kept"}).exit_code, 0);
  EXPECT_NE(kubectl({"get", "configmap", "a", "--namespace=titan-kept"}).exit_code, 0);
  kubectl({"delete", "namespace", "titan-kept"});
}

TEST_F(KubernetesClusterTest, TriesAgainWhatIsStillBeingDeleted) {
  KubernetesDriver hasty(runner_,
                         {.kubeconfig = config_, .delete_timeout = std::chrono::seconds(1)});
  const auto first =
      unpacked({{"a.yaml", map("a", "1", ", finalizers: [titan.example.org/x]")}}, 1);
  ASSERT_TRUE(apply(hasty, {.after = &first}).ok());
  const auto removed = apply(hasty, {.before = {&first}});
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().code, ErrorCode::unavailable) << removed.error().text();
  EXPECT_EQ(inventory(), "a ");
  kubectl(
      {"patch", "configmap", "a", "--type=merge", "--patch={\"metadata\":{\"finalizers\":null}}"});
  const auto repeated = apply(hasty, {.before = {&first}});
  ASSERT_TRUE(repeated.ok()) << repeated.error().text();
  EXPECT_EQ(inventory(), "");
}

TEST_F(KubernetesClusterTest, SaysWhatTheClusterRefuses) {
  struct Row {
    const char* text;
    ErrorCode code;
  };
  const char* const role =
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: titan-x}\n"
      "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ";
  std::uint64_t version = 0;
  for (const auto& [text, code] :
       {Row{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_}\n", ErrorCode::invalid},
        Row{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: 1}\n",
            ErrorCode::invalid},
        Row{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nwrong: {v: x}\n",
            ErrorCode::invalid},
        Row{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: titan-none}\n",
            ErrorCode::unavailable},
        Row{"apiVersion: v1\nkind: Thing\nmetadata: {name: a}\n", ErrorCode::unavailable}}) {
    const auto bad = unpacked({{"a.yaml", text}}, ++version);
    const auto applied = apply(*driver_, {.before = {&bad}, .after = &bad});
    ASSERT_FALSE(applied.ok()) << text;
    EXPECT_EQ(applied.error().code, code) << text << applied.error().text() << output_.text();
  }
  // A role that is bound cannot be bound to another.
  const auto first = unpacked({{"a.yaml", std::string(role) + "one}\n"}}, ++version);
  const auto second = unpacked({{"a.yaml", std::string(role) + "two}\n"}}, ++version);
  ASSERT_TRUE(apply(*driver_, {.before = {&first}, .after = &first}).ok());
  const auto applied = apply(*driver_, {.before = {&first}, .after = &second});
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::invalid) << applied.error().text();
}

TEST_F(KubernetesClusterTest, BringsDefinitionsBeforeTheirObjects) {
  const std::string definition =
      "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
      "metadata:\n  name: things.titan.example.org\n"
      "  annotations: {titan/delete-with-contents: \"true\"}\n"
      "spec:\n  group: titan.example.org\n  scope: Namespaced\n"
      "  names: {plural: things, singular: thing, kind: Thing}\n"
      "  versions:\n  - name: v1\n    served: true\n    storage: true\n"
      "    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}\n";
  const std::string thing =
      "---\napiVersion: titan.example.org/v1\nkind: Thing\nmetadata: {name: t}\nspec: {a: 1}\n";
  const auto early = unpacked({{"a.yaml", thing}}, 1);
  const auto first = unpacked({{"a.yaml", thing + definition}}, 2);
  const auto second = unpacked({{"a.yaml", map("a", "1") + definition}}, 3);
  EXPECT_EQ(apply(*driver_, {.after = &early}).error().code, ErrorCode::unavailable);
  auto applied = apply(*driver_, {.before = {&early}, .after = &first});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(drift(first), std::vector<std::string>{});
  applied = apply(*driver_, {.before = {&first}, .after = &second});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_NE(kubectl({"get", "things", "t"}).exit_code, 0);
  // The definition was deleted by a person, and its objects with it.
  ASSERT_TRUE(apply(*driver_, {.before = {&second}, .after = &first}).ok());
  kubectl({"delete", "crd", "things.titan.example.org"});
  EXPECT_EQ(drift(first).size(), 2U);
  applied = apply(*driver_, {.before = {&first}});
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
}

TEST_F(KubernetesClusterTest, EndsTheSameWhereverItWasKilled) {
  const auto first = unpacked({{"a.yaml", map("a", "1") + map("b", "1")}}, 1);
  const auto second = unpacked({{"a.yaml", map("a", "2") + map("c", "1")}}, 2);
  ASSERT_TRUE(apply(*driver_, {.after = &first}).ok());
  runner_.reset();
  ASSERT_TRUE(apply(*driver_, {.before = {&first}, .after = &second}).ok());
  const std::size_t commands = runner_.count();
  for (std::size_t n = 1; n <= commands; ++n) {
    runner_.reset();
    ASSERT_TRUE(apply(*driver_, {.before = {&second}, .after = &first}).ok());
    runner_.reset();
    runner_.fail_from(n);
    ASSERT_FALSE(apply(*driver_, {.before = {&first}, .after = &second}).ok());
    runner_.reset();
    const auto repeated = apply(*driver_, {.before = {&first, &second}, .after = &second});
    ASSERT_TRUE(repeated.ok()) << n << repeated.error().text();
    EXPECT_EQ(maps(), "a=2 c=1 ") << n;
    EXPECT_EQ(inventory(), "a c ") << n;
  }
}

}  // namespace
}  // namespace titan::agent

#include "gitops/kustomization.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/yaml.hpp"

namespace titan::gitops {
namespace {

constexpr const char* kObject = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

TEST(Kustomization, ListsAFileByItsNameAndContent) {
  const std::string object = kObject;
  struct Row {
    std::string what, path, content;
    bool listed;
  };
  const Row rows[] = {
      {"an object", "a.yaml", object, true},
      {"the short ending", "b/a.yml", object, true},
      {"Windows line ends", "a.yaml", "apiVersion: v1\r\nkind: Pod\r\n", true},
      {"a value on the next line", "a.yaml", "kind:\n  Pod\napiVersion:\n  v1\n", true},
      {"no line end at the end", "a.yaml", "apiVersion: v1\nkind: Pod", true},
      {"two objects", "a.yaml", object + "---\n" + object, true},
      {"empty documents between", "a.yaml", "---\n# nothing\n---\n" + object + "...\n---\n", true},
      {"a directive", "a.yaml", "%YAML 1.2\n---\n" + object, true},
      {"one document is no object", "a.yaml", object + "---\na: 1\n", false},
      {"another ending", "a.json", object, false},
      {"an empty file", "a.yaml", "", false},
      {"comments alone", "a.yaml", "# apiVersion: v1\n# kind: Pod\n", false},
      {"values", "values.yaml", "replicas: 3\n", false},
      {"keys inside", "a.yaml", "x:\n  apiVersion: v1\n  kind: Pod\n", false},
      {"no kind", "a.yaml", "apiVersion: v1\nkinds: x\n", false},
      {"no key without a space", "a.yaml", "apiVersion:v1\nkind:Pod\n", false},
      {"for the files driver", "root/etc/a.yaml", object, false},
      {"a folder that only ends in root", "my-root/a.yaml", object, true},
      {"a kustomization", "kustomization.yaml", object, false},
      {"a kustomization below", "base/kustomization.yml", object, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(is_kubernetes_file(row.path, row.content), row.listed) << row.what;
  }
}

TEST(Kustomization, IsValidWithAndWithoutResources) {
  for (const std::vector<std::string>& resources :
       {std::vector<std::string>{}, {"default/prod/a.yaml", "default/prod/yes: #1.yaml"}}) {
    const auto documents = parse_yaml(kustomization_text(resources)).value();
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].at("apiVersion"), "kustomize.config.k8s.io/v1beta1");
    EXPECT_EQ(documents[0].at("kind"), "Kustomization");
    EXPECT_EQ(documents[0].at("resources"), nlohmann::json(resources));
  }
}

}  // namespace
}  // namespace titan::gitops

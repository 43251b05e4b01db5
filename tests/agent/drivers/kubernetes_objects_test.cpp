#include "agent/drivers/kubernetes_objects.hpp"

#include <gtest/gtest.h>

#include "agent/drivers/limits.hpp"
#include "tests/agent/drivers/generations.hpp"

namespace titan::agent {
namespace {

TEST(KubernetesObjects, ReadsWhatKubectlWrites) {
  const auto none = read_objects("\n");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
  const auto objects = read_objects(
      "{\n \"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\",\n"
      " \"metadata\": {\"name\": \"a\", \"namespace\": \"b\", \"uid\": \"1\", \"annotations\":"
      " {\"titan/deployment\": \"default/prod\", \"titan/adopt\": \"true\"}}\n}\n"
      "{\n \"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n"
      " {\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"c\"}}]\n}\n");
  ASSERT_TRUE(objects.ok()) << objects.error().text();
  ASSERT_EQ(objects->size(), 2U);
  EXPECT_EQ(objects->at(0).name, (ObjectName{"apps", "Deployment", "b", "a", "v1"}));
  EXPECT_EQ(objects->at(0).owner, "default/prod");
  EXPECT_TRUE(objects->at(0).is_adopted);
  EXPECT_EQ(objects->at(0).name.text(), "Deployment b/a");
  EXPECT_EQ(objects->at(0).name.api_version(), "apps/v1");
  EXPECT_EQ(objects->at(1).name.text(), "ConfigMap c");
  EXPECT_EQ(list_of(std::vector<ObjectName>{objects->at(0).name}),
            R"({"apiVersion":"v1","items":[{"apiVersion":"apps/v1","kind":"Deployment",)"
            R"("metadata":{"name":"a","namespace":"b"}}],"kind":"List"})");
}

TEST(KubernetesObjects, RefusesWhatIsNoObject) {
  for (const char* text : {"[]", "1", "{", "{\"kind\": \"A\", \"metadata\": {\"name\": \"a\"}}",
                           "{\"apiVersion\": \"v1\", \"metadata\": {\"name\": \"a\"}}",
                           "{\"apiVersion\": \"v1\", \"kind\": \"A\"}",
                           "{\"apiVersion\": \"v1\", \"kind\": \"A\", \"metadata\": 3}",
                           "{\"apiVersion\": 1, \"kind\": \"A\", \"metadata\": {\"name\": \"a\"}}",
                           "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [1]}"}) {
    const auto objects = read_objects(text);
    ASSERT_FALSE(objects.ok()) << text;
    EXPECT_EQ(objects.error().code, ErrorCode::invalid) << text;
  }
}

TEST(KubernetesObjects, HaveALimit) {
  std::string text = "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [";
  for (std::size_t i = 0; i <= kKubernetesObjectsMax; ++i) {
    text += "{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"a\"}},";
  }
  text.back() = ']';
  EXPECT_EQ(read_objects(text + "}").error().code, ErrorCode::exhausted);
}

TEST(KubernetesObjects, CompareWithoutWhatChangesByItself) {
  const auto read = [](const std::string& metadata, const std::string& data) {
    return read_objects("{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"a\"" +
                        metadata + "},\"data\":" + data + "}")
        ->front();
  };
  const auto plain = read("", "1");
  EXPECT_TRUE(plain.says_the_same(
      read(",\"managedFields\":[1],\"resourceVersion\":\"7\",\"generation\":3", "1")));
  EXPECT_FALSE(plain.says_the_same(read("", "2")));
  EXPECT_FALSE(plain.says_the_same(read(",\"labels\":{\"a\":\"b\"}", "1")));
}

TEST(KubernetesObjects, MayBeOneWhenOneDoesNotSayItsNamespace) {
  const ObjectName here = {"", "ConfigMap", "a", "x", "v1"};
  EXPECT_TRUE(here.may_be({"", "ConfigMap", "a", "x", "v2"}));
  EXPECT_TRUE(here.may_be({"", "ConfigMap", "", "x", "v1"}));
  EXPECT_FALSE(here.may_be({"", "ConfigMap", "b", "x", "v1"}));
  EXPECT_FALSE(here.may_be({"apps", "ConfigMap", "a", "x", "v1"}));
  EXPECT_FALSE(here.may_be({"", "Secret", "a", "x", "v1"}));
}

TEST(KubernetesInventory, ReadsWhatItWrites) {
  const auto key = testing::deployment_key();
  const std::vector<ObjectName> names = {{"", "ConfigMap", "a", "x", "v1"},
                                         {"apps", "Deployment", "", "y", "v1"}};
  const auto text = inventory_text(key, "titan-system", names);
  ASSERT_TRUE(text.ok());
  const auto objects = read_objects(*text);
  ASSERT_TRUE(objects.ok());
  ASSERT_EQ(objects->size(), 2U);
  EXPECT_EQ(objects->at(0).name.text(), "Namespace titan-system");
  EXPECT_EQ(objects->at(1).name.name, inventory_name(key));
  const auto read = read_inventory(key, objects->at(1));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, names);
  EXPECT_EQ(read_inventory(testing::deployment_key("other"), objects->at(1)).error().code,
            ErrorCode::conflict);
}

TEST(KubernetesInventory, HasANameThatKubernetesTakes) {
  EXPECT_EQ(inventory_name(testing::deployment_key()), "titan-default-prod-2e159cc5a46c6434");
  const std::string odd = inventory_name(testing::deployment_key("b.-c", "a..d"));
  EXPECT_TRUE(odd.starts_with("titan-a--d-b--c-")) << odd;
  EXPECT_NE(inventory_name(testing::deployment_key("c", "a-b")),
            inventory_name(testing::deployment_key("b-c", "a")));
  const std::string longest(63, 'a');
  EXPECT_LE(inventory_name(testing::deployment_key(longest, longest)).size(), 253U);
}

TEST(KubernetesInventory, NoticesDamage) {
  for (const char* data : {"{}", "{\"objects\": 1}", "{\"objects\": \"{\"}",
                           "{\"objects\": \"[1]\"}", "{\"objects\": \"[{}]\"}"}) {
    const auto objects =
        read_objects(std::string("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":"
                                 "{\"name\":\"a\",\"annotations\":{\"titan/deployment\":"
                                 "\"default/prod\"}},\"data\":") +
                     data + "}");
    ASSERT_TRUE(objects.ok());
    const auto names = read_inventory(testing::deployment_key(), objects->front());
    ASSERT_FALSE(names.ok()) << data;
    EXPECT_EQ(names.error().code, ErrorCode::conflict);
    EXPECT_NE(names.error().message.find("cannot be read"), std::string::npos);
  }
}

TEST(KubernetesInventory, HasALimit) {
  const std::vector<ObjectName> names(
      5000, {"", "ConfigMap", std::string(100, 'a'), std::string(100, 'b'), "v1"});
  EXPECT_EQ(inventory_text(testing::deployment_key(), "a", names).error().code,
            ErrorCode::exhausted);
}

}  // namespace
}  // namespace titan::agent

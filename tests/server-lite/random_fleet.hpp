#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/secret_value.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::testing {

// Random writes of all that decides about files, over few names, through the API of a TestServer:
// templates, layers of values with secrets in them, labels, targets, replicas, and deletions.
class RandomFleet {
 public:
  // What is to be written.
  struct Write {
    std::string method = "PUT";
    std::string path = {};
    nlohmann::json body = nullptr;
  };

  RandomFleet(TestServer& server, std::uint64_t seed) : server_(server), random_(seed) {}

  static std::vector<std::string> hosts() { return {"h0", "h1", "h2", "h3"}; }
  static std::vector<std::string> deployments() { return {"d0", "d1", "d2", "d3"}; }

  // What there has to be for anything to happen.
  void begin() {
    for (const Write& write :
         {secret_write("s0"), secret_write("s1"), template_write("t0"), template_write("t1"),
          workload_write("w0"), target_write("g0"), host_write("h0")}) {
      const auto written = server_.call(write.method, write.path, text_of(write));
      EXPECT_LT(written.status, 300) << write.path << written.body;
    }
  }
  // One that may be refused.
  Write next() {
    const std::uint64_t choice = below(20);
    if (choice < 2) return template_write(name("t", 2));
    if (choice < 4) return workload_write(name("w", 2));
    if (choice < 7) return target_write(name("g", 3));
    if (choice < 9) return secret_write(name("s", 2));
    if (choice < 13) return host_write(name("h", 4));
    if (choice < 18) return deployment_write(name("d", 4));
    return removal();
  }
  // The same as a change of POST /v1/changes, or of a preview.
  static nlohmann::json change_of(const Write& write) {
    if (write.method == "DELETE") {
      const auto slash = write.path.rfind('/');
      std::string name = write.path.substr(slash + 1);
      name = name.substr(0, name.find('?'));
      const bool is_host = write.path.starts_with("/v1/hosts/");
      nlohmann::json change = {
          {"operation", "DELETE"}, {"kind", is_host ? "Host" : "Deployment"}, {"name", name}};
      if (!is_host) change["workspace"] = "default";
      if (!is_host) change["force"] = true;
      return change;
    }
    return {{"operation", "APPLY"}, {"entity", write.body}};
  }
  static std::string text_of(const Write& write) {
    return write.body.is_null() ? std::string() : write.body.dump();
  }

  std::uint64_t below(std::uint64_t end) { return random_.below(end); }
  bool replicas = true;  // deployments may have some

 private:
  static std::string in_workspace(const std::string& plural, const std::string& name) {
    return "/v1/workspaces/default/" + plural + "/" + name;
  }
  std::string name(const std::string& prefix, std::uint64_t count) {
    return prefix + std::to_string(below(count));
  }
  bool percent(std::uint64_t chance) { return below(100) < chance; }

  nlohmann::json values(bool with_secrets) {
    nlohmann::json values = nlohmann::json::object();
    if (percent(40)) values["port"] = 1000 + below(3);
    if (percent(40)) values["db"]["host"] = "db" + std::to_string(below(3));
    if (percent(30)) values["db"]["name"] = "n" + std::to_string(below(2));
    if (percent(30)) values["list"] = {below(2), "x"};
    if (with_secrets && percent(25)) {
      values["password"] = {{"$secret", name("s", 2)}, {"key", "k"}};
    }
    return values;
  }

  Write template_write(const std::string& name) {
    const std::vector<std::string> texts = {
        "port {{values.port}}\n{{#values.db}}db {{host}}/{{name}}\n{{/values.db}}",
        "{{host.name}} {{#host.labels.gpu}}gpu{{/host.labels.gpu}}\n",
        "{{#values.list}}- {{.}}\n{{/values.list}}{{deployment.name}} {{workload.repo}}\n",
        "pw {{values.password}}\n", std::string("\0\1\xff", 3) + "binary"};
    nlohmann::json files = nlohmann::json::array();
    for (const char* path : {"root/etc/{{deployment.name}}.conf", "root/srv/{{deployment.name}}"}) {
      const std::string& text = texts[below(texts.size())];
      files.push_back({{"path", path},
                       {"mode", percent(80) ? "0644" : "0600"},
                       {"digest", server_.client().put_blob(text).value().text()},
                       {"size", text.size()}});
      if (percent(40)) break;
    }
    nlohmann::json defaults = values(false);
    if (!defaults.contains("port")) defaults["port"] = 1;
    defaults["db"]["host"] = "db";
    defaults["db"]["name"] = "n";
    defaults["list"] = {"a"};
    if (percent(90)) defaults["password"] = "none";
    return {.path = "/v1/templates/" + name,
            .body = {{"kind", "Template"},
                     {"name", name},
                     {"spec", {{"driver", "files"}, {"files", files}, {"defaults", defaults}}}}};
  }
  Write workload_write(const std::string& name) {
    return {.path = in_workspace("workloads", name),
            .body = {{"kind", "Workload"},
                     {"name", name},
                     {"workspace", "default"},
                     {"spec",
                      {{"repo", "r" + std::to_string(below(2))},
                       {"template", this->name("t", 2)},
                       {"values", values(true)}}}}};
  }
  Write target_write(const std::string& name) {
    const std::vector<nlohmann::json> rules = {
        {{"labels", {{"site", "lab"}}}},
        {{"selector", "site in (lab,sea)"}},
        {{"selector", "!gpu"}},
        {{"labels", {{"site", "sea"}}}, {"selector", "gpu"}}};
    return {.path = in_workspace("targets", name),
            .body = {{"kind", "Target"},
                     {"name", name},
                     {"workspace", "default"},
                     {"spec", rules[below(rules.size())]}}};
  }
  Write secret_write(const std::string& name) {
    const model::Key key{.kind = model::Kind::secret, .workspace = "default", .name = name};
    const std::string value = "canary-" + std::to_string(below(1000));
    const std::string sealed = model::seal_secret_value(server_.keys().key(), key, "k", value);
    return {.path = in_workspace("secrets", name),
            .body = {{"kind", "Secret"},
                     {"name", name},
                     {"workspace", "default"},
                     {"spec", {{"data", {{"k", {{"sealed", sealed}}}}}}}}};
  }
  Write host_write(const std::string& name) {
    nlohmann::json labels = nlohmann::json::object();
    if (percent(85)) labels["site"] = percent(60) ? "lab" : "sea";
    if (percent(30)) labels["gpu"] = "";
    return {.path = "/v1/hosts/" + name,
            .body = {{"kind", "Host"},
                     {"name", name},
                     {"spec", {{"labels", labels}, {"values", values(false)}}}}};
  }
  Write deployment_write(const std::string& name) {
    nlohmann::json spec = {
        {"workload", this->name("w", 2)}, {"target", this->name("g", 3)}, {"values", values(true)}};
    if (percent(50)) spec["template"] = this->name("t", 2);
    if (replicas && percent(25)) spec["replicas"] = 1 + below(2);
    return {
        .path = in_workspace("deployments", name),
        .body = {{"kind", "Deployment"}, {"name", name}, {"workspace", "default"}, {"spec", spec}}};
  }
  Write removal() {
    if (percent(50)) return {.method = "DELETE", .path = "/v1/hosts/" + name("h", 4)};
    return {.method = "DELETE", .path = in_workspace("deployments", name("d", 4)) + "?force=true"};
  }

  TestServer& server_;
  SeededRandom random_;
};

}  // namespace titan::testing

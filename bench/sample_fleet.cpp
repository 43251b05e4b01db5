#include "bench/sample_fleet.hpp"

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace titan::bench {
namespace {

using model::Entity;
using model::Status;

constexpr std::size_t kCommit = 5'000;

std::string numbered(std::string_view name, std::size_t number) {
  return std::string(name) + "-" + std::to_string(number);
}

// Commits what it is given, many at a time.
class Loader {
 public:
  explicit Loader(store::Store& store) : store_(store) { batch_.actor = "bench"; }
  void add(Entity entity) {
    batch_.mutations.push_back({entity.key(), {}, std::move(entity)});
    if (batch_.mutations.size() == kCommit) flush();
  }
  void flush() {
    must(store_.commit(batch_));
    batch_.mutations.clear();
  }

 private:
  store::Store& store_;
  store::Batch batch_;
};

model::Values values(nlohmann::json object) {
  return must(model::Values::from(std::move(object)));
}

Entity sample_template(store::Store& store, std::size_t number) {
  const std::pair<const char*, std::string> files[] = {
      {"root/etc/{{deployment.name}}/service.conf",
       "# " + std::to_string(number) +
           "\nhost={{host.name}}\ninterval={{values.interval}}\nbroker={{values.broker}}\n"},
      {"root/etc/{{deployment.name}}/site.json",
       "{\"site\": \"{{host.labels.site}}\", \"region\": \"{{host.labels.region}}\"}\n"},
      {"root/etc/systemd/system/{{deployment.name}}.service",
       "[Unit]\nDescription={{deployment.name}} of {{workload.name}}\n\n[Service]\n"
       "ExecStart=/usr/bin/env {{deployment.name}} --interval={{values.interval}}\n"}};
  model::TemplateSpec spec;
  spec.defaults = values({{"broker", "mqtt.example.org"}, {"interval", 5}});
  for (const auto& [path, content] : files) {
    const Digest digest = Digest::of(content);
    must(store.put_blob(digest, content));
    spec.files.push_back({.path = path, .digest = digest, .size = content.size()});
  }
  return {.name = numbered("template", number), .spec = std::move(spec), .status = Status::ready};
}

}  // namespace

void fail(const Error& error) {
  std::cerr << error.text() << "\n";
  std::abort();
}

void must(const Result<void>& result) {
  if (!result) fail(result.error());
}

model::Key SampleFleet::host_key(std::size_t number) {
  return {.kind = model::Kind::host, .name = numbered("host", number)};
}

Entity SampleFleet::host(std::size_t number) const {
  model::HostSpec spec;
  spec.labels = {{"fleet", "main"},
                 {"site", numbered("site", site_of_host(number))},
                 {"region", numbered("region", site_of_host(number) % 20)},
                 {"arch", number % 2 == 0 ? "arm64" : "armhf"},
                 {"tier", numbered("tier", number % 3)}};
  if (number % 50 == 0) spec.values = values({{"broker", numbered("broker", number)}});
  return {.name = numbered("host", number), .spec = std::move(spec)};
}

Entity SampleFleet::deployment(std::size_t number, int interval) const {
  const std::string target = number < deployments ? numbered("target", number) : "all";
  return {.name = numbered("deployment", number),
          .workspace = std::string(model::kDefaultWorkspace),
          .spec = model::DeploymentSpec{.workload = numbered("workload", number % workloads),
                                        .target = target,
                                        .values = values({{"interval", interval}})},
          .tags = {{"owner", numbered("team", number % 7)}}};
}

void SampleFleet::write_to(store::Store& store, Status status) const {
  const std::string workspace(model::kDefaultWorkspace);
  Loader loader(store);
  loader.add({.name = workspace, .spec = model::WorkspaceSpec{}, .status = Status::ready});
  for (std::size_t i = 0; i < templates; ++i) loader.add(sample_template(store, i));
  for (std::size_t i = 0; i < workloads; ++i) {
    loader.add({.name = numbered("workload", i),
                .workspace = workspace,
                .spec = model::WorkloadSpec{.repo = "https://git.example.org/service",
                                            .default_template = numbered("template", i % templates),
                                            .values = values({{"level", i % 5}})},
                .status = Status::ready});
  }
  const auto add_target = [&](std::string name, model::Labels labels) {
    loader.add({.name = std::move(name),
                .workspace = workspace,
                .spec = model::TargetSpec{.labels = std::move(labels)},
                .status = Status::ready});
  };
  add_target("all", {{"fleet", "main"}});
  for (std::size_t i = 0; i < deployments; ++i) {
    add_target(numbered("target", i), {{"site", numbered("site", i % sites())}});
  }
  const auto add = [&](Entity entity) {
    entity.status = status;
    loader.add(std::move(entity));
  };
  for (std::size_t i = 0; i < hosts; ++i) add(host(i));
  for (std::size_t i = 0; i < deployments + kDeploymentsOfAll; ++i) add(deployment(i));
  loader.flush();
}

}  // namespace titan::bench

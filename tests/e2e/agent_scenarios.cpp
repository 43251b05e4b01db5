#include "tests/e2e/agent_world.hpp"

namespace titan::testing {
namespace {

constexpr model::Status kReady = model::Status::ready;
constexpr int kFirstFiles = 30;
constexpr int kPackedFiles = 108;  // of all deployments: more than gitops writes as single objects

// Long enough that a half of it is not the whole.
PlacedFile file(const std::string& what, int version, std::uint32_t mode = 0644) {
  PlacedFile made{.mode = mode};
  while (made.content.size() < 300) {
    made.content += what + " in version " + std::to_string(version) + "\n";
  }
  return made;
}

PlacedFiles numbered(const std::string& folder, int count, int version) {
  PlacedFiles files;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    files[folder + "/" + std::to_string(i % 4) + "/" + number] = file("file " + number, version);
  }
  return files;
}

AgentScenario first_start() {
  return {.name = "first start",
          .deployments = {{"prod", kReady}, {"other", kReady}},
          .first_start = true,
          .before = [](AgentWorld& world) {
            world.put_template("t", numbered("srv/app", kFirstFiles, 0));
            world.put_template("o", {{"etc/other/one", file("one", 0)},
                                     {"etc/other/deep/er/two", file("two", 0, 0600)},
                                     {"usr/bin/other", file("other", 0, 0755)}});
            world.put_deployment("prod", "t");
            world.put_deployment("other", "o");
          }};
}

PlacedFiles app_before() {
  return {{"etc/app/main.conf", file("main", 0)},
          {"etc/app/kept.conf", file("kept", 0)},
          {"etc/app/moved.conf", file("moved", 0)},
          {"srv/old/a", file("a", 0)},
          {"srv/old/b", file("b", 0)},
          {"opt/tool/run", file("run", 0, 0755)},
          {"opt/tool/lib", file("lib", 0)},
          {"var/thing", file("thing", 0)},
          {"usr/bin/start", file("start", 0, 0644)}};
}

// Edited, moved, with another mode, new, gone.
PlacedFiles app_after() {
  return {{"etc/app/main.conf", file("main", 1)},
          {"etc/app/kept.conf", file("kept", 0)},
          {"srv/app/moved.conf", file("moved", 0)},
          {"srv/new/a", file("new a", 1)},
          {"srv/new/b", file("new b", 1, 0600)},
          {"opt/tool", file("tool", 1, 0755)},
          {"var/thing/x", file("x", 1)},
          {"usr/bin/start", file("start", 0, 0755)}};
}

AgentScenario change() {
  return {.name = "change",
          .deployments = {{"prod", kReady}, {"other", model::Status::error}, {"third", kReady}},
          .before =
              [](AgentWorld& world) {
                world.put_template("t", app_before());
                world.put_template(
                    "o", {{"etc/other/one", file("one", 0)}, {"etc/other/two", file("two", 0)}});
                world.put_deployment("prod", "t");
                world.put_deployment("other", "o");
              },
          .change =
              [](AgentWorld& world) {
                world.put_template("t", app_after());
                // It wants what is another's: it fails, and keeps what it has.
                world.put_template("o", {{"etc/other/one", file("one", 1)},
                                         {"etc/app/main.conf", file("not mine", 1)}});
                world.put_template("n", numbered("srv/third", 3, 1));
                world.put_deployment("third", "n");
              }};
}

AgentScenario removal() {
  return {.name = "removal",
          .deployments = {{"prod", kReady}},
          .before =
              [](AgentWorld& world) {
                world.put_template("t", numbered("srv/app", 3, 0));
                PlacedFiles files = numbered("srv/other", 12, 0);
                files["srv/app/0/other"] = file("beside another's", 0);
                world.put_template("o", files);
                world.put_deployment("prod", "t");
                world.put_deployment("other", "o");
              },
          .change = [](AgentWorld& world) { world.remove_deployment("other"); }};
}

AgentScenario commit() {
  return {.name = "commit",
          .deployments = {{"prod", kReady}},
          .pushes = true,
          .before =
              [](AgentWorld& world) {
                world.put_template("t", numbered("srv/app", 6, 0));
                world.put_deployment("prod", "t");
              },
          .change =
              [](AgentWorld& world) {
                PlacedFiles files = numbered("srv/app", 4, 1);
                files["srv/new/one"] = file("one", 1);
                world.put_template("t", files);
              }};
}

// Of few template files, since each has to be fetched.
PlacedFiles packed(int count, int version) {
  PlacedFiles files;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    files["srv/{{deployment.name}}/" + number] =
        file("file " + number + " of {{deployment.name}}", version);
  }
  return files;
}

AgentScenario packed_commit() {
  return {
      .name = "commit of a pack",
      .deployments = {{"p0", kReady}, {"p1", kReady}, {"p2", kReady}, {"p3", kReady}},
      .pushes = true,
      .only_git = true,
      .before =
          [](AgentWorld& world) {
            world.put_template("t", packed(2, 0));
            for (const char* name : {"p0", "p1", "p2", "p3"}) world.put_deployment(name, "t");
          },
      .change = [](AgentWorld& world) { world.put_template("t", packed(kPackedFiles / 4, 1)); }};
}

}  // namespace

const std::vector<AgentScenario>& agent_scenarios() {
  static const std::vector<AgentScenario> scenarios = {first_start(), change(), removal(), commit(),
                                                       packed_commit()};
  return scenarios;
}

}  // namespace titan::testing

// What the server says of a host that it commits for, from what is wanted and what was said.
#include "server-lite/gitops_report.hpp"

#include <gtest/gtest.h>

namespace titan::server_lite {
namespace {

using model::DeploymentReport;
using model::DesiredDeployment;
using model::HostReport;
using model::Key;
using model::Kind;
using model::Manifest;
using model::Status;

Key key(const std::string& name) {
  return {.kind = Kind::deployment, .workspace = "default", .name = name};
}

DesiredDeployment desired(const std::string& name, std::uint64_t version) {
  return {.key = key(name),
          .version = version,
          .desired_digest = Digest::of(name + std::to_string(version)),
          .rendered_digest = Digest::of("rendered" + std::to_string(version))};
}

// "prod READY v1 c1, web UPDATING v0 (why)"
std::string text(const HostReport& report) {
  std::string text;
  for (const DeploymentReport& one : report.deployments) {
    text += (text.empty() ? "" : ", ") + one.key.name + " " + std::string(name_of(one.status)) +
            " v" + std::to_string(one.version) + (one.commit.empty() ? "" : " " + one.commit) +
            (one.reason.empty() ? "" : " (" + one.reason + ")");
  }
  return text;
}

const Manifest kFirst = {.deployments = {desired("prod", 1), desired("web", 1)}};
const HostReport kThere = GitopsReport(kFirst, nullptr, true).pushed("c1");

TEST(GitopsReport, IsReadyByTheCommitThatTheRemoteHas) {
  const GitopsReport report(kFirst, nullptr, true);
  EXPECT_EQ(text(report.pushed("c1")), "prod READY v1 c1, web READY v1 c1");
  EXPECT_EQ(text(report.waiting("away")), "prod UPDATING v0 (away), web UPDATING v0 (away)");
  EXPECT_EQ(text(report.refused("bad")), "prod ERROR v0 (bad), web ERROR v0 (bad)");
  EXPECT_EQ(report.waiting("away").deployments[0].desired_digest, Digest::of("prod1"));
  EXPECT_TRUE(report.waiting("away").deployments[0].rendered_digest.empty());
  EXPECT_TRUE(GitopsReport::is_ours(kThere));
  EXPECT_FALSE(GitopsReport::is_ours({.agent_version = "0.1"}));
}

TEST(GitopsReport, KeepsTheCommitsOfWhatDidNotChange) {
  const Manifest next = {.deployments = {desired("prod", 2), desired("web", 1)}};
  const GitopsReport report(next, &kThere, false);
  EXPECT_EQ(text(report.pushed("c2")), "prod READY v2 c2, web READY v1 c1");
  EXPECT_EQ(text(report.waiting("away")), "prod UPDATING v1 c1 (away), web READY v1 c1");
  EXPECT_EQ(text(GitopsReport(next, &kThere, true).pushed("c2")),
            "prod READY v2 c2, web READY v1 c2");
  // What waits already goes on to say what the remote had.
  const HostReport waiting = report.waiting("away");
  EXPECT_EQ(text(GitopsReport(next, &waiting, false).waiting("still away")),
            "prod UPDATING v1 c1 (still away), web READY v1 c1");
  EXPECT_EQ(text(GitopsReport(next, &waiting, false).pushed("c3")),
            "prod READY v2 c3, web READY v1 c1");
}

TEST(GitopsReport, ListsWhatLeavesUntilTheRemoteHasLostIt) {
  const Manifest next = {.deployments = {desired("web", 1)}};
  const GitopsReport report(next, &kThere, false);
  EXPECT_EQ(text(report.waiting("away")), "prod READY v1 c1, web READY v1 c1");
  EXPECT_EQ(text(report.pushed("c2")), "web READY v1 c1");
}

TEST(GitopsReport, SaysWhyADeploymentCannotBeRendered) {
  DesiredDeployment broken = desired("prod", 2);
  broken.error = "x is not known";
  broken.rendered_digest = {};
  const Manifest next = {.deployments = {broken, desired("web", 1)}};
  const GitopsReport report(next, &kThere, false);
  const std::string expected = "prod ERROR v1 c1 (x is not known), web READY v1 c1";
  EXPECT_EQ(text(report.pushed("c2")), expected);
  EXPECT_EQ(text(report.waiting("away")), expected);
  EXPECT_EQ(report.pushed("c2").deployments[0].rendered_digest, Digest::of("rendered1"));
  const HostReport failing = report.pushed("c2");
  const Manifest mended = {.deployments = {desired("prod", 3), desired("web", 1)}};
  EXPECT_EQ(text(GitopsReport(mended, &failing, false).pushed("c3")),
            "prod READY v3 c3, web READY v1 c1");
}

}  // namespace
}  // namespace titan::server_lite

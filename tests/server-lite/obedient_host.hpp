#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "tests/server-lite/test_server.hpp"

namespace titan::testing {

// A host that does as it is told: syncs, holds what came, and reports it.
class ObedientHost {
 public:
  ObedientHost(TestServer& server, std::string name) : server_(server), name_(std::move(name)) {}

  // "full: +prod -old": what the answer brought and took; "nothing" for 204; else the error's code.
  std::string sync() {
    const auto answer = server_.client().sync(name_, {.bookmark = bookmark_, .report = report_});
    if (!answer) return std::string(titan::name_of(answer.error().code));
    if (!answer->manifest) return "nothing";
    bookmark_ = answer->bookmark;
    std::string told = answer->manifest->full ? "full:" : "";
    if (answer->manifest->full) held_.clear();
    for (const auto& desired : answer->manifest->deployments) {
      held_[desired.key] = desired;
      told += " +" + desired.key.name;
    }
    for (const auto& tombstone : answer->manifest->tombstones) {
      held_.erase(tombstone.key);
      told += " -" + tombstone.key.name;
    }
    return told;
  }
  // What it says from now on: that it holds what it holds, or why not, with this status.
  void report(const std::string& reason = "", model::Status otherwise = model::Status::error) {
    report_ = model::HostReport{.agent_version = "test"};
    for (const auto& [key, desired] : held_) {
      const bool ready = reason.empty();
      report_->deployments.push_back({.key = key,
                                      .version = desired.version,
                                      .rendered_digest = desired.rendered_digest,
                                      .desired_digest = desired.desired_digest,
                                      .status = ready ? model::Status::ready : otherwise,
                                      .reason = reason});
    }
  }
  // It says, too, that this commit holds all that it reports.
  void report_commit(const std::string& commit) {
    for (model::DeploymentReport& one : report_->deployments) one.commit = commit;
  }
  // It says, too, what is the server's to say.
  void claim_times(Timestamp time) {
    for (model::DeploymentReport& one : report_->deployments) {
      one.since = one.delivered = one.committed = one.deployed = time;
    }
  }
  // Returns what sync() told, or the error of the report.
  std::string sync_and_report(const std::string& failure = "") {
    std::string told = sync();
    report(failure);
    const std::string reported = sync();
    return reported == "unavailable" ? reported : told;
  }
  // The names of the deployments that it holds: "prod test".
  [[nodiscard]] std::string holds() const {
    std::string names;
    for (const auto& [key, desired] : held_) names += (names.empty() ? "" : " ") + key.name;
    return names;
  }
  void set_bookmark(std::optional<model::Bookmark> bookmark) { bookmark_ = std::move(bookmark); }
  [[nodiscard]] const std::optional<model::Bookmark>& bookmark() const { return bookmark_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  TestServer& server_;
  std::string name_;
  std::optional<model::Bookmark> bookmark_;
  std::optional<model::HostReport> report_;
  std::map<model::Key, model::DesiredDeployment> held_;
};

}  // namespace titan::testing

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "model/report.hpp"

namespace titan::server_lite {

// What the server says of a host that it commits for, in the place of an agent. A deployment is
// READY once the remote has it as it should be, with the commit; UPDATING until then, ERROR when it
// cannot be rendered or committed. What the report tells besides (version, digest, commit) is what
// the remote had last. A plain value, made of what the host should have and what was said last.
class GitopsReport {
 public:
  GitopsReport() = default;
  // `last`: what the host's last report says; null: nothing. `anew`: the commits that it names are
  // of no use, since an agent made it, or the remote lost them.
  GitopsReport(const model::Manifest& wanted, const model::HostReport* last, bool anew);

  // The remote has it all, by this commit.
  [[nodiscard]] model::HostReport pushed(const std::string& commit) const;
  // What the remote has not is waited for, or cannot be committed, for this reason.
  [[nodiscard]] model::HostReport waiting(const std::string& reason) const;
  [[nodiscard]] model::HostReport refused(const std::string& reason) const;

  // Whether the server made that report.
  static bool is_ours(const model::HostReport& report);

 private:
  struct Item {
    model::DeploymentReport then = {};  // as it is when all is pushed
    bool is_new = false;                // the remote has not got it yet, as far as is known
    model::DeploymentReport now = {};   // what the remote has of it
  };
  [[nodiscard]] model::HostReport unfinished(model::Status status, const std::string& reason) const;

  std::vector<Item> items_;
  std::vector<model::DeploymentReport> leaving_;  // what the remote has beyond that
};

}  // namespace titan::server_lite

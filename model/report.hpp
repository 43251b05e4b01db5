#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "model/bookmark.hpp"
#include "model/key.hpp"
#include "model/status.hpp"

namespace titan::model {

// What a host says of one deployment that it holds.
struct DeploymentReport {
  Key key = {};
  std::uint64_t version = 0;      // applied last
  Digest rendered_digest = {};    // applied last; empty when nothing of it is applied
  Digest desired_digest = {};     // of the form that `status` speaks of; see DesiredDeployment
  Status status = Status::ready;  // READY, ERROR, or UPDATING: not there yet, and not failed
  std::string reason = {};        // never empty with ERROR or UPDATING
  std::string output = {};        // the end of what programs wrote that failed; kOutputBytesMax
  std::uint32_t attempts = 0;     // of that form, so far; 0: none, or it went well
  bool stalled = false;           // it is not tried again before there is another form
  std::vector<std::string> drift = {};  // what is not as it was applied, and stays so
  std::uint64_t healed = 0;             // how often what others changed was put back
  std::string commit = {};              // the Git commit that holds it; may be empty
  // The server writes these, and the host does not know them; zero: it did not come to that.
  Timestamp since = {};      // when the server first heard this of it
  Timestamp delivered = {};  // when the server first gave that form to the host
  Timestamp committed = {};  // when the server first heard of `commit` for that form
  Timestamp deployed = {};   // when the server first heard READY of that form
  bool operator==(const DeploymentReport&) const = default;
};

// What a host holds, whole: a deployment that is not in it is not on the host. So a lost report
// costs nothing, the next one says it all. Sorted by key.
struct HostReport {
  std::vector<DeploymentReport> deployments = {};
  std::string agent_version = {};
  std::vector<std::string> drivers = {};  // that work on the host, sorted
  // `clockSkewSeconds`: how far the host's wall clock is ahead of the server's (behind: negative),
  // in coarse steps, so that it seldom changes; 0: less than a minute.
  std::int64_t clock_skew_seconds = 0;
  bool operator==(const HostReport&) const = default;
};

nlohmann::json json_of(const HostReport& report);
// Puts the fields from `output` to `healed` into a JSON object, each when it says something.
void put_trouble(nlohmann::json& object, const DeploymentReport& report);
// Of the canonical JSON without the times, which the host does not know: by it a host and the
// server know whether they speak of the same report.
Digest digest_of(const HostReport& report);
// invalid, naming the field. A report without `deployments` is refused, since an empty list means
// that nothing is on the host; so is one that lists a deployment or a driver twice, or that is
// beyond a limit: kReportDeploymentsMax, kTextBytesMax of a text, kDriftTextsMax.
Result<HostReport> parse_report(const nlohmann::json& json);

// The body of POST /v1/hosts/{host}/sync.
struct SyncRequest {
  std::optional<Bookmark> bookmark = {};  // none: asks for the full manifest
  std::optional<HostReport> report = {};  // none: as reported before
  Digest report_digest = {};              // `reportDigest`: of the report, also when it is left out
};

nlohmann::json json_of(const SyncRequest& request);
// invalid, naming the field.
Result<SyncRequest> parse_sync_request(const nlohmann::json& json);
// The same of the text of a body that holds nothing but `bookmark` and perhaps `reportDigest`, as
// hosts send it most of the time; makes no tree of JSON. nullopt: it holds something else, or is
// written in another way, or is wrong: parse_sync_request() tells.
std::optional<SyncRequest> parse_poll(std::string_view text);

}  // namespace titan::model

#include "model/report.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

// What the server writes.
constexpr std::pair<const char*, Timestamp DeploymentReport::*> kTimes[] = {
    {"since", &DeploymentReport::since},
    {"delivered", &DeploymentReport::delivered},
    {"committed", &DeploymentReport::committed},
    {"deployed", &DeploymentReport::deployed}};

// Reads JSON as far as a poll needs it: RFC 8259 without escapes and beyond-ASCII in strings.
class PollReader {
 public:
  explicit PollReader(std::string_view text) : rest_(text) {}

  bool take(char token) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != token) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<std::string_view> take_text() {
    if (!take('"')) return std::nullopt;
    const auto is_plain = [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; };
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_plain);
    const std::string_view text = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(text.size());
    if (rest_.empty() || rest_.front() != '"') return std::nullopt;
    rest_.remove_prefix(1);
    return text;
  }
  bool is_at_end() {
    skip_blanks();
    return rest_.empty();
  }

 private:
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  std::string_view rest_;
};

json json_of(const DeploymentReport& report) {
  json object = {
      {"key", report.key.text()},
      {"version", report.version},
      {"renderedDigest", report.rendered_digest.empty() ? "" : report.rendered_digest.text()},
      {"status", name_of(report.status)},
      {"reason", report.reason},
      {"commit", report.commit}};
  if (!report.desired_digest.empty()) object["desiredDigest"] = report.desired_digest.text();
  put_trouble(object, report);
  for (const auto& [name, time] : kTimes) {
    if (report.*time != Timestamp()) object[name] = (report.*time).text();
  }
  return object;
}

std::uint32_t read_attempts(FieldReader& reader) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t attempts = reader.number("attempts");
  if (attempts <= kMost) return static_cast<std::uint32_t>(attempts);
  reader.refuse("attempts", "expected a number up to " + std::to_string(kMost) + ", found " +
                                std::to_string(attempts));
  return 0;
}

std::vector<std::string> read_drift(FieldReader& reader) {
  std::vector<std::string> texts = reader.texts("drift", kDriftTextsMax);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() <= kDriftTextBytesMax) continue;
    reader.refuse("drift[" + std::to_string(i) + "]", "is " + std::to_string(texts[i].size()) +
                                                          " bytes long, the limit is " +
                                                          std::to_string(kDriftTextBytesMax));
  }
  return texts;
}

std::vector<std::string> read_drivers(FieldReader& reader) {
  std::vector<std::string> drivers = reader.texts("drivers", kLabelsMax);
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    const std::string place = reader.path_of("drivers") + "[" + std::to_string(i) + "]";
    if (const auto checked = check_name(place, drivers[i]); !checked) {
      reader.refuse(checked.error());
    }
  }
  std::ranges::sort(drivers);
  const auto twice = std::ranges::adjacent_find(drivers);
  if (twice != drivers.end()) reader.refuse("drivers", quote(*twice) + " stands there twice");
  return drivers;
}

Result<DeploymentReport> parse_deployment_report(const json& object, std::string path) {
  FieldReader reader(object, std::move(path));
  reader.require({"key", "status"});
  DeploymentReport report{.key = reader.parsed<Key>("key", &Key::parse),
                          .version = reader.number("version"),
                          .rendered_digest = reader.digest("renderedDigest"),
                          .desired_digest = reader.digest("desiredDigest"),
                          .status = reader.parsed<Status>("status", &parse_status),
                          .reason = reader.text("reason"),
                          .output = reader.text("output"),
                          .attempts = read_attempts(reader),
                          .stalled = reader.boolean("stalled"),
                          .drift = read_drift(reader),
                          .healed = reader.number("healed"),
                          .commit = reader.text("commit")};
  for (const auto& [name, time] : kTimes) report.*time = reader.timestamp(name);
  if (report.key.kind != Kind::deployment) reader.refuse("key", "expected a deployment's key");
  if (report.status != Status::ready && report.status != Status::error &&
      report.status != Status::updating) {
    reader.refuse("status", "expected READY, UPDATING or ERROR");
  }
  if (report.status == Status::error && report.reason.empty()) {
    reader.refuse("reason", "must say what is wrong when the status is ERROR");
  }
  if (report.status == Status::updating && report.reason.empty()) {
    reader.refuse("reason", "must say what it waits for when the status is UPDATING");
  }
  TITAN_TRY(reader.finish());
  return report;
}

void sort_by_key(FieldReader& reader, std::vector<DeploymentReport>& reports) {
  const auto before = [](const auto& left, const auto& right) { return left.key < right.key; };
  std::sort(reports.begin(), reports.end(), before);
  const auto same = [](const auto& left, const auto& right) { return left.key == right.key; };
  const auto twice = std::adjacent_find(reports.begin(), reports.end(), same);
  if (twice == reports.end()) return;
  reader.refuse("deployments", quote(twice->key.text()) + " stands there twice");
}

}  // namespace

void put_trouble(json& object, const DeploymentReport& report) {
  if (!report.output.empty()) object["output"] = report.output;
  if (report.attempts != 0) object["attempts"] = report.attempts;
  if (report.stalled) object["stalled"] = true;
  if (!report.drift.empty()) object["drift"] = report.drift;
  if (report.healed != 0) object["healed"] = report.healed;
}

json json_of(const HostReport& report) {
  json deployments = json::array();
  for (const auto& deployment : report.deployments) deployments.push_back(json_of(deployment));
  json object = {{"deployments", std::move(deployments)}, {"agentVersion", report.agent_version}};
  if (!report.drivers.empty()) object["drivers"] = report.drivers;
  if (report.clock_skew_seconds != 0) object["clockSkewSeconds"] = report.clock_skew_seconds;
  return object;
}

Digest digest_of(const HostReport& report) {
  json object = json_of(report);
  for (json& deployment : object["deployments"]) {
    for (const auto& [name, time] : kTimes) deployment.erase(name);
  }
  return Digest::of(canonical_json(object));
}

Result<HostReport> parse_report(const json& object) {
  FieldReader reader(object, "report");
  reader.require({"deployments"});
  HostReport report{.agent_version = reader.text("agentVersion"),
                    .drivers = read_drivers(reader),
                    .clock_skew_seconds = reader.signed_number("clockSkewSeconds")};
  if (const json* array = reader.array("deployments", kReportDeploymentsMax); array != nullptr) {
    for (const json& item : *array) {
      const std::string index = "[" + std::to_string(report.deployments.size()) + "]";
      TITAN_ASSIGN(DeploymentReport deployment,
                   parse_deployment_report(item, reader.path_of("deployments") + index));
      report.deployments.push_back(std::move(deployment));
    }
  }
  sort_by_key(reader, report.deployments);
  TITAN_TRY(reader.finish());
  return report;
}

json json_of(const SyncRequest& request) {
  json object = json::object();
  if (request.bookmark) object["bookmark"] = request.bookmark->text();
  if (request.report) object["report"] = json_of(*request.report);
  if (!request.report_digest.empty()) object["reportDigest"] = request.report_digest.text();
  return object;
}

Result<SyncRequest> parse_sync_request(const json& object) {
  FieldReader reader(object, "");
  SyncRequest request{.report_digest = reader.digest("reportDigest")};
  if (!reader.text("bookmark").empty()) {
    request.bookmark = reader.parsed<Bookmark>("bookmark", &Bookmark::parse);
  }
  if (const json* report = reader.object("report"); report != nullptr) {
    auto parsed = parse_report(*report);
    if (parsed) {
      request.report = *std::move(parsed);
    } else {
      reader.refuse(parsed.error());
    }
  }
  TITAN_TRY(reader.finish());
  return request;
}

std::optional<SyncRequest> parse_poll(std::string_view text) {
  PollReader reader(text);
  SyncRequest request;
  if (!reader.take('{')) return std::nullopt;
  do {
    const auto name = reader.take_text();
    if (!name || !reader.take(':')) return std::nullopt;
    const auto value = reader.take_text();
    if (!value) return std::nullopt;
    if (*name == "bookmark" && !request.bookmark) {
      auto bookmark = Bookmark::parse(*value);
      if (!bookmark) return std::nullopt;
      request.bookmark = *std::move(bookmark);
    } else if (*name == "reportDigest" && request.report_digest.empty()) {
      const auto digest = Digest::parse(*value);
      if (!digest) return std::nullopt;
      request.report_digest = *digest;
    } else {
      return std::nullopt;
    }
  } while (reader.take(','));
  if (!reader.take('}') || !reader.is_at_end() || !request.bookmark) return std::nullopt;
  return request;
}

}  // namespace titan::model

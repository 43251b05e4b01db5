#include "model/stage.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

// In the order of enum Stage::Outcome.
constexpr std::array<std::string_view, 2> kOutcomes = {"succeeded", "failed"};

constexpr std::array<std::string_view, 5> kToldByTheServer = {"accepted", "committed", "rendered",
                                                              "delivered", "deployed"};

bool is_stage_name(std::string_view name) {
  const auto is_inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= kStageNameBytesMax && name.front() != '-' &&
         name.back() != '-' && std::ranges::all_of(name, is_inner);
}

// Shown to people who follow it, so it leads to the web and nowhere else, and says no password.
bool is_web_url(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!url.starts_with(scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const auto is_visible = [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; };
    return !authority.empty() && authority.find('@') == std::string_view::npos &&
           std::ranges::all_of(rest, is_visible);
  }
  return false;
}

void check_size(FieldReader& reader, const char* field, const std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  reader.refuse(field, "is " + std::to_string(text.size()) + " bytes long, the limit is " +
                           std::to_string(most));
}

Result<void> check_form(std::string field, std::string_view name) {
  if (is_stage_name(name)) return {};
  return invalid_field(std::move(field),
                       "expected 1 to " + std::to_string(kStageNameBytesMax) +
                           " characters of a-z, 0-9 and '-', not first or last a '-', such as "
                           "\"build\"; found " +
                           quote(name));
}

std::string read_name(FieldReader& reader,
                      Result<void> (*check)(std::string field, std::string_view name)) {
  std::string name = reader.required_text("stage");
  if (const auto checked = check(reader.path_of("stage"), name); !checked) {
    reader.refuse(checked.error());
  }
  return name;
}

std::string read_revision(FieldReader& reader) {
  std::string revision = reader.text("revision");
  check_size(reader, "revision", revision, kStageRevisionBytesMax);
  return revision;
}

std::string read_url(FieldReader& reader) {
  std::string url = reader.text("url");
  check_size(reader, "url", url, kStageUrlBytesMax);
  if (!url.empty() && !is_web_url(url)) {
    reader.refuse("url", "expected a URL of https:// or http:// without user and password, found " +
                             quote(url));
  }
  return url;
}

}  // namespace

std::string_view name_of(Stage::Outcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

Result<Stage::Outcome> parse_outcome(std::string_view text) {
  const auto found = std::ranges::find(kOutcomes, text);
  if (found != kOutcomes.end()) return static_cast<Stage::Outcome>(found - kOutcomes.begin());
  return invalid("expected succeeded or failed, found " + quote(text) +
                 did_you_mean(text, {kOutcomes.begin(), kOutcomes.end()}));
}

Result<void> check_stage_name(std::string field, std::string_view name) {
  TITAN_TRY(check_form(field, name));
  if (std::ranges::find(kToldByTheServer, name) == kToldByTheServer.end()) return {};
  return invalid_field(std::move(field), quote(name) + " is a stage that the server tells itself");
}

json json_of(const Stage& stage) {
  json object = {{"stage", stage.name},
                 {"version", stage.version},
                 {"time", stage.time.text()},
                 {"outcome", name_of(stage.outcome)},
                 {"actor", stage.actor}};
  if (!stage.revision.empty()) object["revision"] = stage.revision;
  if (!stage.url.empty()) object["url"] = stage.url;
  return object;
}

Result<Stage> parse_stage(const json& object, const std::string& place) {
  FieldReader reader(object, place);
  reader.require({"version", "time"});
  Stage stage{.name = read_name(reader, &check_form),
              .version = reader.number("version"),
              .time = reader.timestamp("time"),
              .outcome = reader.parsed<Stage::Outcome>("outcome", &parse_outcome),
              .revision = read_revision(reader),
              .url = read_url(reader),
              .actor = reader.text("actor")};
  if (stage.version == 0) reader.refuse("version", "expected a number from 1 on, found 0");
  TITAN_TRY(reader.finish());
  return stage;
}

json json_of(const StageReport& report) {
  json object = {{"stage", report.name}, {"outcome", name_of(report.outcome)}};
  if (report.version) object["version"] = *report.version;
  if (report.time) object["time"] = report.time->text();
  if (!report.revision.empty()) object["revision"] = report.revision;
  if (!report.url.empty()) object["url"] = report.url;
  return object;
}

Result<StageReport> parse_stage_report(const json& object) {
  FieldReader reader(object, "");
  StageReport report{.name = read_name(reader, &check_stage_name),
                     .version = reader.optional_number("version")};
  if (!reader.text("time").empty()) report.time = reader.timestamp("time");
  report.outcome = reader.parsed<Stage::Outcome>("outcome", &parse_outcome);
  report.revision = read_revision(reader);
  report.url = read_url(reader);
  TITAN_TRY(reader.finish());
  return report;
}

Result<std::vector<Stage>> with_stage(std::span<const Stage> stages, Stage stage,
                                      std::uint64_t current) {
  std::vector<Stage> kept;
  for (const Stage& one : stages) {
    const bool is_replaced = one.name == stage.name && one.version == stage.version;
    if (one.version >= current && !is_replaced) kept.push_back(one);
  }
  if (kept.size() >= kStagesMax) {
    return exhausted("it has " + std::to_string(kept.size()) +
                     " stages of this version and the next, the most that are kept");
  }
  kept.push_back(std::move(stage));
  return kept;
}

}  // namespace titan::model

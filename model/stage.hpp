#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace titan::model {

// What happened to one version of a deployment outside of titan, as somebody reported it: its
// source was changed, it was built, it was tested. The server keeps them beside the status; they
// are no part of the spec. docs/spec/trace.md, "Stages".
struct Stage {
  enum class Outcome { succeeded, failed };

  std::string name = {};  // `stage` in JSON; see check_stage_name()
  std::uint64_t version = 0;
  Timestamp time = {};  // when it happened, as the reporter says; else when the server was told
  Outcome outcome = Outcome::succeeded;
  std::string revision = {};  // of the source: "9fceb02"; may be empty; kStageRevisionBytesMax
  std::string url = {};       // where more is told, https or http; may be empty; kStageUrlBytesMax
  std::string actor = {};     // who reported it; the server writes it
  bool operator==(const Stage&) const = default;
};

// What somebody reports: the body of POST …/stages.
struct StageReport {
  std::string name = {};
  std::optional<std::uint64_t> version = {};  // none: the next one
  std::optional<Timestamp> time = {};         // none: now
  Stage::Outcome outcome = Stage::Outcome::succeeded;
  std::string revision = {};
  std::string url = {};
};

// "succeeded".
std::string_view name_of(Stage::Outcome outcome);
// invalid, with the closest one, unless it is one of them, spelled exactly so.
Result<Stage::Outcome> parse_outcome(std::string_view text);

// invalid, naming `field`, unless it is ^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$ and none of the
// stages that the server tells itself: accepted, committed, rendered, delivered, deployed.
Result<void> check_stage_name(std::string field, std::string_view name);

nlohmann::json json_of(const Stage& stage);
// As json_of() wrote it; `place` is where it stands: "stages[0]". invalid, naming the field.
Result<Stage> parse_stage(const nlohmann::json& json, const std::string& place);

nlohmann::json json_of(const StageReport& report);
// invalid, naming the field.
Result<StageReport> parse_stage_report(const nlohmann::json& json);

// `stages` after one more was reported while `current` is the deployment's version: in the place
// of one of the same name and version, and without those of versions before the current one.
// exhausted: they would be more than kStagesMax.
Result<std::vector<Stage>> with_stage(std::span<const Stage> stages, Stage stage,
                                      std::uint64_t current);

}  // namespace titan::model

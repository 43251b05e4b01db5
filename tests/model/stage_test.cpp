#include "model/stage.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/entity.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

json report_with(const json& fields) {
  json report = {{"stage", "build"}};
  report.update(fields);
  return report;
}

Stage stage(const std::string& name, std::uint64_t version) {
  return {.name = name, .version = version, .time = Timestamp::from_micros(1), .actor = "tim"};
}

std::string names_of(const Result<std::vector<Stage>>& stages) {
  if (!stages) return stages.error().text();
  std::string names;
  for (const Stage& one : *stages) {
    names += (names.empty() ? "" : " ") + one.name + "@" + std::to_string(one.version);
  }
  return names;
}

TEST(Stage, IsReadAsItWasWritten) {
  const Stage whole{.name = "build",
                    .version = 4,
                    .time = Timestamp::from_micros(1'000'000),
                    .outcome = Stage::Outcome::failed,
                    .revision = "9fceb02",
                    .url = "https://ci.example.com/runs/7?tab=log#end",
                    .actor = "token/ci"};
  EXPECT_EQ(parse_stage(json_of(whole), "stages[0]").value(), whole);
  const json least = json_of(stage("build", 1));
  EXPECT_FALSE(least.contains("revision"));
  EXPECT_FALSE(least.contains("url"));
  EXPECT_EQ(least["outcome"], "succeeded");
  EXPECT_EQ(parse_stage(least, "stages[0]").value(), stage("build", 1));
}

TEST(Stage, SaysWhichFieldOfAStoredOneIsWrong) {
  struct Row {
    json fields;
    const char* error;
  };
  const Row rows[] = {
      {{{"version", 0}}, "stages[2].version: expected a number from 1 on, found 0"},
      {{{"version", nullptr}}, "stages[2].version: must be given"},
      {{{"time", ""}}, "stages[2].time: must be given"},
      {{{"stage", "Build"}},
       "stages[2].stage: expected 1 to 32 characters of a-z, 0-9 and '-', not first or last a '-', "
       "such as \"build\"; found \"Build\""},
      {{{"colour", "red"}}, "stages[2].colour: unknown field"},
  };
  for (const Row& row : rows) {
    json object = json_of(stage("build", 1));
    object.update(row.fields);
    EXPECT_EQ(parse_stage(object, "stages[2]").error().text().find(row.error), 0U)
        << parse_stage(object, "stages[2]").error().text();
  }
}

TEST(StageReport, HasAStageAndLeavesOutTheRest) {
  const StageReport least = parse_stage_report({{"stage", "build"}}).value();
  EXPECT_EQ(least.name, "build");
  EXPECT_FALSE(least.version);
  EXPECT_FALSE(least.time);
  EXPECT_EQ(least.outcome, Stage::Outcome::succeeded);
  const StageReport whole{.name = "build",
                          .version = 4,
                          .time = Timestamp::from_micros(5),
                          .outcome = Stage::Outcome::failed,
                          .revision = "9fceb02",
                          .url = "http://ci/7"};
  EXPECT_EQ(json_of(parse_stage_report(json_of(whole)).value()), json_of(whole));
}

TEST(StageReport, SaysWhichFieldIsWrong) {
  struct Row {
    json fields;
    const char* field;
    const char* message;
  };
  const std::string long_revision(kStageRevisionBytesMax + 1, 'a');
  const std::string long_url = "https://" + std::string(kStageUrlBytesMax, 'a');
  const Row rows[] = {
      {{{"stage", nullptr}}, "stage", "must be given"},
      {{{"stage", "-build"}}, "stage", "expected 1 to 32 characters"},
      {{{"stage", "build-"}}, "stage", "expected 1 to 32 characters"},
      {{{"stage", std::string(33, 'a')}}, "stage", "expected 1 to 32 characters"},
      {{{"stage", "deployed"}}, "stage", "\"deployed\" is a stage that the server tells itself"},
      {{{"version", -1}}, "version", "expected a whole number"},
      {{{"version", "4"}}, "version", "expected a whole number"},
      {{{"time", "yesterday"}}, "time", "\"yesterday\" is not an RFC 3339 time"},
      {{{"outcome", "suceeded"}}, "outcome", "did you mean \"succeeded\"?"},
      {{{"revision", long_revision}}, "revision", "is 257 bytes long, the limit is 256"},
      {{{"url", long_url}}, "url", "is 1032 bytes long, the limit is 1024"},
      {{{"url", "ftp://ci/7"}}, "url", "expected a URL of https:// or http://"},
      {{{"url", "https://"}}, "url", "expected a URL"},
      {{{"url", "https:///runs"}}, "url", "expected a URL"},
      {{{"url", "https://tim:secret@ci/7"}}, "url", "without user and password"},
      {{{"url", "https://ci/7 8"}}, "url", "expected a URL"},
      {{{"url", "javascript:alert(1)"}}, "url", "expected a URL"},
      {{{"actor", "tim"}}, "actor", "unknown field"},
  };
  for (const Row& row : rows) {
    const auto report = parse_stage_report(report_with(row.fields));
    ASSERT_FALSE(report) << row.fields;
    EXPECT_EQ(report.error().code, ErrorCode::invalid) << row.fields;
    EXPECT_EQ(report.error().field, row.field) << row.fields;
    EXPECT_NE(report.error().message.find(row.message), std::string::npos)
        << report.error().message;
  }
  EXPECT_EQ(parse_stage_report(json::array()).error().code, ErrorCode::invalid);
  EXPECT_TRUE(parse_stage_report(report_with({{"url", "https://ci/u@h"}})).ok()) << "not the user";
  EXPECT_TRUE(parse_stage_report(report_with({{"stage", std::string(32, 'a')}})).ok());
  EXPECT_TRUE(parse_stage_report(report_with({{"stage", "7"}})).ok());
}

TEST(WithStage, ReplacesTheSameAndDropsWhatIsOfOlderVersions) {
  const std::vector<Stage> stages = {stage("source", 3), stage("build", 3), stage("source", 4),
                                     stage("build", 4)};
  EXPECT_EQ(names_of(with_stage(stages, stage("test", 4), 3)),
            "source@3 build@3 source@4 build@4 test@4");
  EXPECT_EQ(names_of(with_stage(stages, stage("build", 4), 3)),
            "source@3 build@3 source@4 build@4");
  EXPECT_EQ(names_of(with_stage(stages, stage("source", 4), 3)),
            "source@3 build@3 build@4 source@4");
  EXPECT_EQ(names_of(with_stage(stages, stage("source", 5), 4)), "source@4 build@4 source@5");
  EXPECT_EQ(names_of(with_stage({}, stage("source", 1), 1)), "source@1");
}

TEST(WithStage, IsBounded) {
  std::vector<Stage> stages;
  for (std::size_t i = 0; i < kStagesMax; ++i) stages.push_back(stage("s" + std::to_string(i), 1));
  const auto over = with_stage(stages, stage("one-more", 1), 1);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, ErrorCode::exhausted);
  EXPECT_TRUE(with_stage(stages, stage("s7", 1), 1).ok()) << "in the place of one";
  EXPECT_EQ(names_of(with_stage(stages, stage("s0", 2), 2)), "s0@2");
}

TEST(Entity, OfADeploymentHasStagesAndOfOtherKindsHasNone) {
  Entity deployment{.name = "prod",
                    .workspace = "default",
                    .spec = DeploymentSpec{.workload = "sensor", .target = "lab"}};
  EXPECT_FALSE(json_of(deployment).contains("stages"));
  deployment.stages = {stage("source", 1), stage("build", 1)};
  EXPECT_EQ(parse_entity(json_of(deployment)).value(), deployment);

  json host = json_of(Entity{.name = "pi", .spec = HostSpec{}});
  host["stages"] = json::array();
  EXPECT_TRUE(parse_entity(host).ok());
  host["stages"] = json::array({json_of(stage("source", 1))});
  EXPECT_EQ(parse_entity(host).error().text(),
            "host pi: stages: are of deployments alone; a host has none");
  json broken = json_of(deployment);
  broken["stages"][1]["outcome"] = "perhaps";
  EXPECT_EQ(parse_entity(broken).error().field, "stages[1].outcome");
  broken = json_of(deployment);
  for (std::size_t i = 0; i < kStagesMax; ++i) broken["stages"].push_back(broken["stages"][0]);
  EXPECT_EQ(parse_entity(broken).error().field, "stages");
}

}  // namespace
}  // namespace titan::model

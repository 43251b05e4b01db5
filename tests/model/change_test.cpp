#include "model/change.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/model/random_model.hpp"
#include "tests/model/refusals.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using titan::testing::expect_refusals;
using titan::testing::RandomModel;

TEST(Change, IsReadBackFromItsJson) {
  constexpr std::uint64_t kSeed = 10;
  RandomModel random(kSeed);
  for (int i = 0; i < 500; ++i) {
    const Change change = random.change();
    const std::string text = canonical_json(json_of(change));
    const auto parsed = parse_change(parse_json(text).value());
    ASSERT_TRUE(parsed.ok()) << "seed " << kSeed << ", " << text << ": " << parsed.error().text();
    ASSERT_EQ(*parsed, change) << "seed " << kSeed << ", " << text;
  }
}

TEST(Change, NamesItsOperationInCapitals) {
  EXPECT_EQ(name_of(Operation::created), "CREATED");
  EXPECT_EQ(name_of(Operation::updated), "UPDATED");
  EXPECT_EQ(name_of(Operation::deleted), "DELETED");
}

TEST(Change, IsRefusedWithTheFieldNamed) {
  const Entity host{.name = "tim-pi", .spec = HostSpec{}};
  const Change valid{.seq = 1,
                     .time = Timestamp::from_micros(1),
                     .key = host.key(),
                     .operation = Operation::updated,
                     .before = host,
                     .after = host};
  expect_refusals(
      json_of(valid),
      {
          {R"([])", "", "expected an object, found an array"},
          {R"({"seq": null})", "seq", "must be given"},
          {R"({"seq": -1})", "seq", "expected a whole number from 0"},
          {R"({"time": null})", "time", "must be given"},
          {R"({"time": "now"})", "time", "\"now\" is not an RFC 3339 time"},
          {R"({"key": ""})", "key", "must be given"},
          {R"({"key": "host/tim-pi"})", "key", "\"host/tim-pi\" is not a key"},
          {R"({"operation": null})", "operation", "must be given"},
          {R"({"operation": "updated"})", "operation", "\"updated\" is not an operation"},
          {R"({"before": 5})", "before", "expected an object, found the number 5"},
          {R"({"before": null})", "before", "must be given"},
          {R"({"after": null})", "after", "must be given"},
          {R"({"operation": "CREATED"})", "before", "does not go with this operation"},
          {R"({"operation": "DELETED"})", "after", "does not go with this operation"},
          {R"({"operation": "CREATED", "before": null, "after": null})", "after", "must be given"},
          {R"({"operation": "DELETED", "before": null, "after": null})", "before", "must be given"},
          {R"({"after": {"spec": {"labels": {"a": 5}}}})", "after.spec.labels.a",
           "expected a string, found the number 5"},
          {R"({"after": {"kind": null}})", "after.kind", "must be given"},
          {R"({"actor": []})", "actor", "expected a string, found an array"},
          {R"({"requestId": 7})", "requestId", "expected a string, found the number 7"},
          {R"({"requestID": "x"})", "requestID", "unknown field (did you mean \"requestId\"?)"},
      },
      &parse_change);
}

TEST(Change, AltersTheDesiredStateWhenHostsWouldNotice) {
  const auto state = [](const char* id, std::uint64_t version, bool deleting) {
    return std::optional(Entity{
        .id = id, .name = "a", .version = version, .spec = HostSpec{}, .deleting = deleting});
  };
  const std::optional<Entity> none;
  const struct {
    const char* name;
    std::optional<Entity> before;
    std::optional<Entity> after;
    bool alters;
  } rows[] = {
      {"created", none, state("1", 1, false), true},
      {"a status", state("1", 1, false), state("1", 1, false), false},
      {"a spec", state("1", 1, false), state("1", 2, false), true},
      {"made anew", state("1", 1, false), state("2", 1, false), true},
      {"deletion asked for", state("1", 1, false), state("1", 1, true), true},
      {"deletion confirmed", state("1", 1, true), none, false},
      {"deleted at once", state("1", 1, false), none, true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(alters_desired_state({.before = row.before, .after = row.after}), row.alters)
        << row.name;
  }
}

}  // namespace
}  // namespace titan::model

#include "model/entity_filter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"
#include "tests/model/random_model.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using titan::testing::RandomModel;
using FieldEquals = EntityFilter::FieldEquals;

LabelSelector selector(const char* text) {
  return LabelSelector::parse(text).value();
}

Timestamp at(std::int64_t micros) {
  return Timestamp::from_micros(micros);
}

Entity host() {
  return {.name = "pi",
          .modified_time = at(100),
          .revision = 7,
          .spec = HostSpec{.labels = {{"site", "lab"}},
                           .values = Values::from({{"n", 5}, {"none", nullptr}}).value(),
                           .capacity = 3},
          .status = Status::ready,
          .tags = {{"owner", "tim"}, {"empty", ""}}};
}

Entity bare_host() {
  return {.name = "bare", .modified_time = at(200), .spec = HostSpec{}, .status = Status::missing};
}

Entity deployment() {
  return {.name = "prod",
          .workspace = "iot",
          .modified_time = at(300),
          .spec = DeploymentSpec{.workload = "sensor", .target = "labs", .suspend = true},
          .status = Status::ready,
          .tags = {{"owner", "ann"}}};
}

Entity gone() {
  Entity entity = deployment();
  entity.name = "gone";
  entity.status = Status::deleted;
  entity.deleted_time = at(400);
  return entity;
}

TEST(EntityFilter, PicksWhatEachRowSays) {
  const std::vector<Entity> entities = {host(), bare_host(), deployment(), gone()};
  struct Case {
    const char* what;
    EntityFilter filter;
    const char* picked;  // the names
  };
  const auto field = [](const char* path, const char* value) {
    return EntityFilter{.fields = {{path, value}}};
  };
  const Case cases[] = {
      {"nothing given", {}, "pi bare prod gone"},
      {"a tag", {.tags = {{"owner", "tim"}}}, "pi"},
      {"a tag, empty", {.tags = {{"empty", ""}}}, "pi"},
      {"a tag, empty, that another has not", {.tags = {{"owner", ""}}}, ""},
      {"two tags", {.tags = {{"owner", "ann"}, {"empty", ""}}}, ""},
      {"a label", {.labels = selector("site=lab")}, "pi"},
      {"no such label", {.labels = selector("!site")}, "bare"},
      {"another value of a label", {.labels = selector("site!=lab")}, "bare"},
      {"either value", {.labels = selector("site in (lab,office)")}, "pi"},
      {"a status", {.statuses = {Status::ready}}, "pi prod"},
      {"two statuses", {.statuses = {Status::missing, Status::ready}}, "pi bare prod"},
      {"the status DELETED", {.statuses = {Status::deleted}}, "gone"},
      {"a status that none has", {.statuses = {Status::error}}, ""},
      {"written at the time", {.modified_after = at(200)}, "bare prod gone"},
      {"written after the time", {.modified_after = at(201)}, "prod gone"},
      {"written before the time", {.modified_before = at(200)}, "pi"},
      {"written until the time", {.modified_before = at(201)}, "pi bare"},
      {"a span of time", {.modified_after = at(200), .modified_before = at(300)}, "bare"},
      {"no span of time", {.modified_after = at(200), .modified_before = at(200)}, ""},
      {"a name", field("name", "prod"), "prod"},
      {"a text in the spec", field("spec.workload", "sensor"), "prod gone"},
      {"a number", field("revision", "7"), "pi"},
      {"a number in the spec", field("spec.capacity", "3"), "pi"},
      {"a number, written otherwise", field("spec.capacity", "3.0"), ""},
      {"a boolean", field("spec.suspend", "true"), "prod gone"},
      {"a boolean of every entity", field("delete", "false"), "pi bare prod gone"},
      {"a number three levels down", field("spec.values.n", "5"), "pi"},
      {"an absent field, as empty", field("spec.capacity", ""), "bare prod gone"},
      {"null, as empty", field("spec.values.none", ""), "pi bare prod gone"},
      {"null, as its JSON", field("spec.values.none", "null"), ""},
      {"an absent boolean, as false", field("spec.suspend", "false"), ""},
      {"below a text", field("name.more", "pi"), ""},
      {"below a text, as empty", field("name.more", ""), "pi bare prod gone"},
      {"an object", field("spec.labels", ""), "bare prod gone"},
      {"an object, as its JSON", field("spec.labels", R"({"site":"lab"})"), ""},
      {"a list", field("reason", ""), ""},
      {"inside a list", field("reason.0", "x"), ""},
      {"the time of deletion", field("deletedTime", at(400).text().c_str()), "gone"},
      {"two fields", {.fields = {{"spec.workload", "sensor"}, {"status", "READY"}}}, "prod"},
      {"two fields that exclude each other", {.fields = {{"name", "pi"}, {"name", "prod"}}}, ""},
      {"all sorts together",
       {.tags = {{"owner", "tim"}},
        .labels = selector("site"),
        .statuses = {Status::ready},
        .fields = {{"spec.delivery", "agent"}},
        .modified_after = at(100),
        .modified_before = at(101)},
       "pi"},
  };
  for (const auto& [what, filter, picked] : cases) {
    std::vector<std::string> names;
    for (const Entity& entity : entities) {
      if (filter.matches(entity)) names.push_back(entity.name);
    }
    EXPECT_EQ(join(names, " "), picked) << what;
  }
}

TEST(EntityFilter, IsEmptyOnlyWhenItSaysNothing) {
  EXPECT_TRUE(EntityFilter{}.empty());
  EXPECT_TRUE(EntityFilter{.labels = selector(" ")}.empty());
  const EntityFilter given[] = {
      {.tags = {{"owner", ""}}},  {.labels = selector("a")}, {.statuses = {Status::ready}},
      {.fields = {{"name", ""}}}, {.modified_after = at(0)}, {.modified_before = at(0)},
  };
  for (const EntityFilter& filter : given) EXPECT_FALSE(filter.empty());
}

// A part of a filter with what it means, told by the entity's JSON alone.
using Meaning = std::function<bool(const json&)>;

class RandomFilters {
 public:
  explicit RandomFilters(RandomModel& random) : random_(random) {}

  // Parts are made after `pattern`, so that they hold often enough.
  std::pair<EntityFilter, std::vector<Meaning>> filter(const Entity& pattern) {
    filter_ = {};
    meanings_.clear();
    if (random_.chance(3)) add_tag(pattern);
    if (random_.chance(3)) add_labels();
    if (random_.chance(3)) add_statuses(pattern);
    if (random_.chance(3)) add_times(pattern);
    while (random_.chance(2)) add_field(json_of(pattern));
    return {filter_, meanings_};
  }

 private:
  void add_tag(const Entity& pattern) {
    const auto tag = pattern.tags.empty() || random_.chance(5)
                         ? std::pair<const std::string, std::string>("t", "")
                         : *pattern.tags.begin();
    filter_.tags.insert(tag);
    meanings_.push_back([tag](const json& entity) {
      const json& tags = entity["tags"];
      return tags.contains(tag.first) && tags[tag.first] == tag.second;
    });
  }

  void add_labels() {
    const bool wanted = random_.chance(2);
    filter_.labels = selector(wanted ? "site" : "!site");
    meanings_.push_back([wanted](const json& entity) {
      if (entity["kind"] != "Host") return false;
      return entity["spec"].value("labels", json::object()).contains("site") == wanted;
    });
  }

  void add_statuses(const Entity& pattern) {
    const auto other = static_cast<Status>(random_.below(8));
    const Status one = random_.chance(4) ? other : pattern.status;
    filter_.statuses = {other, one};
    meanings_.push_back([one, other](const json& entity) {
      return entity["status"] == name_of(one) || entity["status"] == name_of(other);
    });
  }

  // The texts of times sort like the times.
  void add_times(const Entity& pattern) {
    const auto near = [&] {
      return at(pattern.modified_time.micros() + static_cast<std::int64_t>(random_.below(3)) - 1);
    };
    if (random_.chance(2)) {
      filter_.modified_after = near();
      meanings_.push_back([from = filter_.modified_after->text()](const json& entity) {
        return entity["modifiedTime"].get<std::string>() >= from;
      });
    }
    if (random_.chance(2)) {
      filter_.modified_before = near();
      meanings_.push_back([until = filter_.modified_before->text()](const json& entity) {
        return entity["modifiedTime"].get<std::string>() < until;
      });
    }
  }

  // As a JSON pointer (RFC 6901) finds it; nothing for what cannot be picked.
  static std::optional<std::string> text_at(const json& entity, const std::string& path) {
    std::string pointer = "/" + path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    const json::json_pointer place(pointer);
    if (!entity.contains(place) || entity[place].is_null()) return "";
    if (entity[place].is_structured()) return std::nullopt;
    if (entity[place].is_string()) return entity[place].get<std::string>();
    return canonical_json(entity[place]);
  }

  void add_field(const json& pattern) {
    static const std::vector<std::string> kPaths = {
        "name",          "kind",          "workspace",     "revision",       "delete",
        "deletedTime",   "tags",          "status.more",   "nothing",        "spec.nothing.at.all",
        "spec",          "spec.workload", "spec.template", "spec.repo",      "spec.suspend",
        "spec.capacity", "spec.delivery", "spec.lease",    "spec.dependsOn", "spec.description"};
    const std::string path = random_.one_of(kPaths);
    const std::string value =
        random_.chance(6) ? random_.text() : text_at(pattern, path).value_or("");
    filter_.fields.push_back({path, value});
    meanings_.push_back(
        [path, value](const json& entity) { return text_at(entity, path) == value; });
  }

  RandomModel& random_;
  EntityFilter filter_;
  std::vector<Meaning> meanings_;
};

TEST(EntityFilter, MeansWhatItsPartsMeanOneByOne) {
  constexpr std::uint64_t kSeed = 31;
  RandomModel random(kSeed);
  RandomFilters filters(random);
  constexpr int kCases = 5000;
  int matched = 0;
  for (int i = 0; i < kCases; ++i) {
    const Entity entity = random.entity();
    const auto [filter, meanings] =
        filters.filter(random.chance(4) ? random.entity(entity.kind()) : entity);
    const json object = json_of(entity);
    const bool expected = std::all_of(meanings.begin(), meanings.end(),
                                      [&](const Meaning& holds) { return holds(object); });
    ASSERT_EQ(filter.matches(entity), expected)
        << "seed " << kSeed << ", case " << i << ": " << canonical_json(object);
    EXPECT_EQ(filter.empty(), meanings.empty());
    matched += expected ? 1 : 0;
  }
  // The cases are worth something: neither nearly all nor nearly none match.
  EXPECT_GT(matched, kCases / 5);
  EXPECT_LT(matched, kCases * 4 / 5);
}

TEST(Statuses, AreReadInAnyCase) {
  using Statuses = std::vector<Status>;
  EXPECT_EQ(parse_statuses("READY,MISSING").value(), Statuses({Status::ready, Status::missing}));
  EXPECT_EQ(parse_statuses("ready, Error ").value(), Statuses({Status::ready, Status::error}));
  EXPECT_EQ(parse_statuses("DELETED").value(), Statuses({Status::deleted}));
  EXPECT_EQ(parse_statuses("READY,ready").value(), Statuses({Status::ready}));
  EXPECT_EQ(parse_statuses("").value(), Statuses());
  EXPECT_EQ(parse_statuses(" ").value(), Statuses());
}

TEST(Statuses, AreRefusedWithTheWordAndTheClosest) {
  const std::pair<const char*, const char*> cases[] = {
      {"redy", "\"REDY\""},        {"READY,", "\"\""}, {",", "\"\""},
      {"READY;ERROR", "\"READY;"}, {"1", "\"1\""},     {"READY,OK", "\"OK\""},
  };
  for (const auto& [text, word] : cases) {
    const auto statuses = parse_statuses(text);
    ASSERT_FALSE(statuses.ok()) << text;
    EXPECT_EQ(statuses.error().code, ErrorCode::invalid);
    EXPECT_TRUE(statuses.error().message.starts_with(word)) << statuses.error().message;
  }
  EXPECT_TRUE(
      parse_statuses("redy").error().message.ends_with("MISSING (did you mean \"READY\"?)"));
}

TEST(Fields, AreReadAsPathsAndTexts) {
  using Fields = std::vector<FieldEquals>;
  const std::pair<const char*, Fields> cases[] = {
      {"", {}},
      {"  ", {}},
      {"name=prod", {{"name", "prod"}}},
      {"spec.workload=sensor,spec.suspend=true",
       {{"spec.workload", "sensor"}, {"spec.suspend", "true"}}},
      {" name = a b , kind = Host ", {{"name", "a b"}, {"kind", "Host"}}},
      {"spec.template=", {{"spec.template", ""}}},
      {"spec.repo=https://x?a=b", {{"spec.repo", "https://x?a=b"}}},
      {"name=a,name=b", {{"name", "a"}, {"name", "b"}}},
  };
  for (const auto& [text, fields] : cases) {
    const auto parsed = parse_fields(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().text();
    EXPECT_EQ(*parsed, fields) << text;
  }
}

TEST(Fields, AreRefusedWithThePartQuoted) {
  const std::pair<const char*, const char*> cases[] = {
      {"name", "\"name\""},        {"=x", "\"=x\""},
      {"name=x,", "\"\""},         {",name=x", "\"\""},
      {".name=x", "\".name=x\""},  {"spec.=x", "\"spec.=x\""},
      {"spec..a=x", "\"spec..a="}, {"name=x, kind", "\" kind\""},
  };
  for (const auto& [text, part] : cases) {
    const auto parsed = parse_fields(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_TRUE(parsed.error().message.starts_with("the field " + std::string(part)))
        << parsed.error().message;
  }
}

TEST(Fields, AreBoundedInNumber) {
  std::string most = "name=x";
  for (std::size_t i = 1; i < kFilterFieldsMax; ++i) most += ",name=x";
  EXPECT_EQ(parse_fields(most).value().size(), kFilterFieldsMax);
  EXPECT_EQ(parse_fields(most + ",name=x").error().message, "there are 17 fields, the limit is 16");
}

TEST(EntityFilter, IsRefusedWhenItCanNeverHoldForTheKind) {
  const EntityFilter by_label{.labels = selector("site=lab")};
  const EntityFilter by_the_rest{
      .tags = {{"a", ""}}, .statuses = {Status::deleted}, .fields = {{"spec.labels.site", "lab"}}};
  for (const Kind kind : kKinds) {
    EXPECT_TRUE(check_filter({}, kind).ok());
    EXPECT_TRUE(check_filter(by_the_rest, kind).ok());
    const auto checked = check_filter(by_label, kind);
    ASSERT_EQ(checked.ok(), kind == Kind::host) << name_of(kind);
    if (checked.ok()) continue;
    EXPECT_EQ(checked.error().field, "labels");
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
  }
  EXPECT_EQ(check_filter(by_label, Kind::target).error().message,
            "a target has no labels: only hosts can be picked by them");
}

}  // namespace
}  // namespace titan::model

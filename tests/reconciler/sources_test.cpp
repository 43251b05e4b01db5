#include "reconciler/sources.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/reconciler/fleet_builder.hpp"

namespace titan::reconciler {
namespace {

using model::Key;
using model::Kind;
using titan::testing::FleetBuilder;
using titan::testing::make_deployment;
using titan::testing::make_host;
using titan::testing::make_target;
using titan::testing::make_template;
using titan::testing::make_workload;

const Key kProd{.kind = Kind::deployment, .workspace = "default", .name = "prod"};
const Key kPi{.kind = Kind::host, .name = "pi"};

class SourcesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    builder_.put(make_template("service"));
    builder_.put(make_workload("sensor"));
    builder_.put(make_target("lab", {{"site", "lab"}}));
    builder_.put(make_host("pi", {{"site", "lab"}}));
    put_values({{"a", 1}});
  }
  // The seq of the write.
  std::uint64_t put_values(const nlohmann::json& values) {
    model::Entity entity = make_deployment("prod", "sensor", "service", "lab");
    std::get<model::DeploymentSpec>(entity.spec).values = model::Values::from(values).value();
    return builder_.put(entity).seq;
  }
  FormSources sources() { return sources_at(builder_.head()); }
  FormSources sources_at(std::uint64_t seq) {
    const auto found = sources_of(builder_.fleet(), kProd, kPi, seq);
    EXPECT_TRUE(found.has_value());
    return found.value_or(FormSources());
  }
  std::uint64_t value_changed_at(const std::string& name, std::uint64_t horizon = 0) {
    return changed_at(sources().deployment, {"spec", "values", name}, horizon);
  }

  FleetBuilder builder_;
};

TEST_F(SourcesTest, AValueIsFromTheLastChangeThatMadeItWhatItIs) {
  const auto first = builder_.head();
  const auto second = put_values({{"a", 2}});
  put_values({{"a", 2}, {"b", 1}});
  const auto fourth = put_values({{"a", 2}, {"b", 2}});
  EXPECT_EQ(value_changed_at("a"), second);
  EXPECT_EQ(value_changed_at("b"), fourth);
  EXPECT_EQ(value_changed_at("c"), first) << "it was never there";
  const auto back = put_values({{"a", 1}});
  EXPECT_EQ(value_changed_at("a"), back) << "changed and changed back";
  EXPECT_EQ(changed_at(sources_at(fourth).deployment, {"spec", "values", "a"}, 0), second);
  EXPECT_EQ(value_changed_at("a", back), 0U) << "older than the horizon";
}

TEST_F(SourcesTest, AnEntityOfAnOldNameStartsAnew) {
  builder_.remove(kProd);
  const auto again = put_values({{"a", 1}});
  EXPECT_EQ(value_changed_at("a"), again);
}

TEST_F(SourcesTest, LabelsAndFilesHaveAHistoryToo) {
  const auto relabelled = builder_.put(make_host("pi", {{"site", "lab"}, {"zone", "a"}})).seq;
  builder_.put(make_host("pi", {{"site", "lab"}, {"zone", "a"}, {"x", "y"}}));
  EXPECT_EQ(changed_at(sources().host, {"spec", "labels", "zone"}, 0), relabelled);
  const auto edited = builder_.put(make_template("service", "other")).seq;
  EXPECT_EQ(file_changed_at(sources().template_, "root/etc/service", 0), edited);
  EXPECT_EQ(file_changed_at(sources().template_, "partials/none", 0), 1U);
}

TEST_F(SourcesTest, NamesOfTemplatesLeadToLayersAndPlaces) {
  put_values({{"a", 1}, {"o", {{"x", 1}}}});
  model::Entity host = make_host("pi", {{"site", "lab"}});
  std::get<model::HostSpec>(host.spec).values =
      model::Values::from({{"a", 2}, {"o", nlohmann::json::object()}}).value();
  builder_.put(host);
  const FormSources all = sources();
  struct Row {
    std::vector<std::string> names;
    const char* layer;
    Place place;
  };
  const Row rows[] = {
      {{"values", "a"}, "host", {"spec", "values", "a"}},
      {{"values", "o", "x"}, "deployment", {"spec", "values", "o", "x"}},
      {{"values", "o"}, "deployment", {"spec", "values", "o"}},
      {{"values", "none"}, "", {}},
      {{"host", "name"}, "host", {"name"}},
      {{"host", "labels", "site"}, "host", {"spec", "labels", "site"}},
      {{"workload", "repo"}, "workload", {"spec", "repo"}},
      {{"deployment", "name"}, "deployment", {"name"}},
      {{"workspace", "name"}, "workspace", {}},
      {{}, "", {}},
  };
  for (const Row& row : rows) {
    const InputSource source = source_of_input(all, row.names);
    EXPECT_EQ(source.layer, row.layer) << ::testing::PrintToString(row.names);
    EXPECT_EQ(source.place, row.place) << ::testing::PrintToString(row.names);
  }
  const InputSource values = source_of_input(all, {"values"});
  EXPECT_EQ(values.layer, "host");
  EXPECT_EQ(values.weaker_layers, std::vector<std::string>{"deployment"});
}

TEST_F(SourcesTest, ThereAreNoneOfWhatIsNotThere) {
  EXPECT_FALSE(sources_of(builder_.fleet(), kProd, {.kind = Kind::host, .name = "x"}, 1));
  EXPECT_FALSE(sources_of(builder_.fleet(), kProd, kPi, 1));
  builder_.put(make_host("pi", {}));
  EXPECT_FALSE(sources_of(builder_.fleet(), kProd, kPi, builder_.head()));
}

}  // namespace
}  // namespace titan::reconciler

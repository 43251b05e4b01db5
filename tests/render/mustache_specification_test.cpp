// Runs the cases of the Mustache specification itself, with its escaping and its leniency.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "render/mustache.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

class MustacheSpecification : public ::testing::TestWithParam<const char*> {};

Partials partials_of(const json& test) {
  Partials partials;
  const json texts = test.value("partials", json::object());
  for (const auto& [name, text] : texts.items()) {
    partials.emplace(name, Mustache::compile(text.get<std::string>(), name).value());
  }
  return partials;
}

TEST_P(MustacheSpecification, EveryCaseOfTheModulePasses) {
  const std::filesystem::path path =
      std::filesystem::path(TITAN_MUSTACHE_SPECS) / (std::string(GetParam()) + ".json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  std::ifstream file(path);
  const json module = json::parse(file);
  ASSERT_FALSE(module.at("tests").empty());
  for (const json& test : module.at("tests")) {
    SCOPED_TRACE(test.at("name").get<std::string>() + ": " + test.at("desc").get<std::string>());
    const auto mustache = Mustache::compile(test.at("template").get<std::string>(), "template");
    ASSERT_TRUE(mustache) << mustache.error().text();
    Budget budget;
    const auto rendered = mustache->render(test.at("data"), partials_of(test),
                                           {.escape = Escape::html, .strict = false}, budget);
    ASSERT_TRUE(rendered) << rendered.error().text();
    EXPECT_EQ(*rendered, test.at("expected").get<std::string>());
  }
}

INSTANTIATE_TEST_SUITE_P(Modules, MustacheSpecification,
                         ::testing::Values("comments", "delimiters", "inheritance", "interpolation",
                                           "inverted", "partials", "sections"),
                         [](const auto& module) { return std::string(module.param); });

}  // namespace
}  // namespace titan::render

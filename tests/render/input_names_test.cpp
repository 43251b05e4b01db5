#include "render/input_names.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "render/compiled_template.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

CompiledTemplate compiled(std::vector<SourceFile> files) {
  return CompiledTemplate::compile(std::move(files)).value();
}

struct NamesRow {
  std::string what;
  std::vector<SourceFile> files;
  json one;
  json other;
  bool alike;
};

TEST(InputNames, KnowWhatDecidesTheFiles) {
  const json pi = {{"host", {{"name", "pi"}, {"labels", {{"site", "lab"}}}}}, {"values", {1}}};
  const json tim = {{"host", {{"name", "tim"}, {"labels", {{"site", "lab"}}}}}, {"values", {1}}};
  const NamesRow rows[] = {
      {"no tag", {{.path = "a", .content = "text"}}, pi, json::object(), true},
      {"another name", {{.path = "a", .content = "{{host.labels.site}}"}}, pi, tim, true},
      {"the name", {{.path = "a", .content = "{{host.name}}"}}, pi, tim, false},
      {"raw", {{.path = "a", .content = "{{{host.name}}}"}}, pi, tim, false},
      {"in a path", {{.path = "{{host.name}}", .content = ""}}, pi, tim, false},
      {"in a binary file's path",
       {{.path = "{{host.name}}", .content = std::string("\0", 1)}},
       pi,
       tim,
       false},
      {"the tags of a binary file",
       {{.path = "a", .content = std::string("{{host.name}}\0", 14)}},
       pi,
       tim,
       true},
      {"all of an object", {{.path = "a", .content = "{{#host}}{{/host}}"}}, pi, tim, false},
      {"in a section",
       {{.path = "a", .content = "{{#values}}{{host.name}}{{/values}}"}},
       pi,
       tim,
       false},
      {"not there", {{.path = "a", .content = "{{^absent}}{{/absent}}"}}, pi, tim, true},
      {"there or not",
       {{.path = "a", .content = "{{^absent}}{{/absent}}"}},
       pi,
       {{"absent", false}},
       false},
      {"in a partial",
       {{.path = "a", .content = "{{> p}}"}, {.path = "partials/p", .content = "{{host.name}}"}},
       pi,
       tim,
       false},
      {"a comment", {{.path = "a", .content = "{{! host.name }}"}}, pi, tim, true},
      {"all", {{.path = "a", .content = "{{#values}}{{.}}{{/values}}"}}, pi, tim, false},
  };
  for (const NamesRow& row : rows) {
    const InputNames names = compiled(row.files).input_names();
    EXPECT_EQ(names.digest_of(row.one) == names.digest_of(row.other), row.alike) << row.what;
  }
}

TEST(InputNames, TellApartWhatStandsAtDifferentNames) {
  const InputNames names = compiled({{.path = "a", .content = "{{a}}{{b}}"}}).input_names();
  EXPECT_NE(names.digest_of({{"a", 1}}), names.digest_of({{"b", 1}}));
  EXPECT_NE(names.digest_of({{"a", 1}}), names.digest_of({{"a", "1"}}));
  EXPECT_NE(names.digest_of({{"a", nullptr}}), names.digest_of(json::object()));
}

// Templates and inputs of a few names, so that they meet often.
class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}

  std::vector<SourceFile> files() {
    return {
        {.path = "a" + (pick(4) == 0 ? "{{" + name() + "}}" : std::string()), .content = text(3)},
        {.path = "b.json", .content = text(2)},
        {.path = "partials/p", .content = text_without_partials(2)}};
  }
  json object(int depth) {
    json object = json::object();
    for (const char* const key : {"a", "b", "c"}) {
      if (pick(3) > 0) object[key] = value(depth);
    }
    return object;
  }
  // With something else at some place.
  json changed(json object) {
    json* at = &object;
    while (at->is_object() && !at->empty() && pick(3) > 0) {
      at = &*std::next(at->begin(), static_cast<std::ptrdiff_t>(pick(at->size())));
    }
    *at = at == &object ? this->object(2) : value(1);
    return object;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  json value(int depth) {
    switch (pick(depth > 0 ? 7 : 4)) {
      case 0:
        return pick(3);
      case 1:
        return std::string(pick(2), 'x');
      case 2:
        return pick(2) == 0;
      case 3:
        return nullptr;
      case 4:
        return json::array({value(depth - 1), value(depth - 1)});
      default:
        return object(depth - 1);
    }
  }
  std::string name() {
    std::string name(1, static_cast<char>('a' + pick(3)));
    while (pick(2) == 0) name += std::string(".") + static_cast<char>('a' + pick(3));
    return pick(40) == 0 ? "." : name;
  }
  std::string text(int depth) {
    return pick(4) == 0 ? "{{> p}}" + text_without_partials(depth) : text_without_partials(depth);
  }
  std::string text_without_partials(int depth) {
    std::string text;
    for (std::size_t i = pick(3); i > 0; --i) {
      const std::string name = this->name();
      switch (pick(depth > 0 ? 4 : 2)) {
        case 0:
          text += "{{" + name + "}}";
          break;
        case 1:
          text += "{{{" + name + "}}}";
          break;
        default:
          text += (pick(3) == 0 ? "{{^" : "{{#") + name + "}}" + text_without_partials(depth - 1) +
                  "{{/" + name + "}}";
      }
    }
    return text;
  }

  std::mt19937 random_;
};

TEST(InputNames, InputsOfOneDigestGiveTheSameFiles) {
  int alike = 0;
  int rendered = 0;
  int apart = 0;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    Random random(seed);
    const CompiledTemplate files = compiled(random.files());
    const InputNames names = files.input_names();
    const json one = random.object(3);
    const json other = random.changed(one);
    const auto first = files.render(one);
    const auto second = files.render(other);
    const bool same = first ? second && *first == *second : !second;
    if (names.digest_of(one) == names.digest_of(other)) {
      ASSERT_TRUE(same) << "seed " << seed << ": " << one << " and " << other;
      if (one != other) ++alike;
      if (one != other && first) ++rendered;
    } else if (!same) {
      ++apart;
    }
  }
  EXPECT_GT(alike, 2'000);
  EXPECT_GT(rendered, 500);
  EXPECT_GT(apart, 500);
}

}  // namespace
}  // namespace titan::render

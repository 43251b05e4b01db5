#include "base/json_writer.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "base/json.hpp"

namespace titan {
namespace {

using nlohmann::json;

TEST(JsonWriter, WritesEveryKindOfValue) {
  JsonWriter writer;
  writer.begin_object();
  writer.name("a");
  writer.begin_array();
  writer.value(UINT64_MAX);
  writer.value(true);
  writer.value(false);
  writer.value(json());
  writer.value(json{{"deep", {1, -2.5}}});
  writer.begin_object();
  writer.end_object();
  writer.begin_array();
  writer.end_array();
  writer.end_array();
  writer.member("b", "text");
  writer.member("c", std::string());
  writer.end_object();
  EXPECT_EQ(writer.take(), R"({"a":[18446744073709551615,true,false,null,{"deep":[1,-2.5]},{},[]],)"
                           R"("b":"text","c":""})");
}

// The characters that are special are among few.
std::string random_text(std::mt19937& random) {
  const std::string pieces[] = {
      "a",    "\"",   "\\",   "\n", std::string(1, '\0'), "\x7f",
      ",",    "{",    "[",    ":",  "\xc3\xa9",           "\xf0\x9f\x98\x80",
      "\xff", "\xc3", "\x1f", " "};
  std::string text;
  for (std::size_t i = random() % 5; i > 0; --i) text += pieces[random() % std::size(pieces)];
  return text;
}

json random_value(std::mt19937& random, int depth) {
  json value;
  switch (random() % (depth > 0 ? 7 : 4)) {
    case 0:
      return random_text(random);
    case 1:
      return std::uint64_t{random()};
    case 2:
      return random() % 2 == 0;
    case 3:
      return nullptr;
    case 4:
      value = json::array();
      for (std::size_t i = random() % 4; i > 0; --i) value += random_value(random, depth - 1);
      return value;
    default:
      value = json::object();
      for (std::size_t i = random() % 4; i > 0; --i) {
        value[random_text(random)] = random_value(random, depth - 1);
      }
      return value;
  }
}

void write(JsonWriter& writer, const json& value) {
  switch (value.type()) {
    case json::value_t::string:
      return writer.value(value.get_ref<const std::string&>());
    case json::value_t::number_unsigned:
      return writer.value(value.get<std::uint64_t>());
    case json::value_t::boolean:
      return writer.value(value.get<bool>());
    case json::value_t::array:
      writer.begin_array();
      for (const json& item : value) write(writer, item);
      return writer.end_array();
    case json::value_t::object:
      writer.begin_object();
      for (const auto& [name, member] : value.items()) {
        writer.name(name);
        write(writer, member);
      }
      return writer.end_object();
    default:
      return writer.value(value);
  }
}

TEST(JsonWriter, WritesWhatCanonicalJsonDoes) {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const json value = random_value(random, 4);
    JsonWriter writer;
    write(writer, value);
    ASSERT_EQ(writer.take(), canonical_json(value));
  }
}

}  // namespace
}  // namespace titan

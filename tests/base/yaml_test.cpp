#include "base/yaml.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

using nlohmann::json;

json one(const std::string& text) {
  auto documents = parse_yaml(text);
  EXPECT_TRUE(documents.ok()) << text << "\n" << documents.error().text();
  if (!documents || documents->size() != 1) return "not one document";
  return documents->front();
}

Error refusal(const std::string& text) {
  auto documents = parse_yaml(text);
  EXPECT_FALSE(documents.ok()) << text.substr(0, 200);
  return documents ? internal("was accepted") : documents.error();
}

TEST(ParseYaml, ReadsAnEntity) {
  EXPECT_EQ(one("kind: Deployment\n"
                "name: prod            # a comment\n"
                "spec:\n"
                "  values: {interval: 5, names: [a, 'b']}\n"
                "  text: |\n"
                "    two\n"
                "    lines\n"
                "  folded: >-\n"
                "    one\n"
                "    line\n"
                "  list:\n"
                "  - 1\n"
                "  - x: y\n"),
            json::parse(R"({"kind": "Deployment", "name": "prod", "spec": {
                "values": {"interval": 5, "names": ["a", "b"]}, "text": "two\nlines\n",
                "folded": "one line", "list": [1, {"x": "y"}]}})"));
}

TEST(ParseYaml, ReadsPlainScalarsByTheCoreSchema) {
  const struct {
    std::string text;
    json value;
  } rows[] = {
      {"null", nullptr},
      {"Null", nullptr},
      {"NULL", nullptr},
      {"~", nullptr},
      {"", nullptr},
      {"true", true},
      {"True", true},
      {"TRUE", true},
      {"false", false},
      {"FALSE", false},
      {"0", 0},
      {"-0", 0},
      {"7", 7},
      {"+7", 7},
      {"-7", -7},
      {"007", 7},
      {"9223372036854775807", 9223372036854775807LL},
      {"18446744073709551615", 18446744073709551615ULL},
      {"18446744073709551616", 18446744073709551616.0},
      {"1.5", 1.5},
      {"-1.5", -1.5},
      {"+1.5", 1.5},
      {".5", 0.5},
      {"5.", 5.0},
      {"1e3", 1000.0},
      {"1E+3", 1000.0},
      {"1.5e-3", 0.0015},
      {"yes", "yes"},
      {"no", "no"},
      {"on", "on"},
      {"y", "y"},
      {"tRUE", "tRUE"},
      {"nULL", "nULL"},
      {"0o7", "0o7"},
      {"0x1f", "0x1f"},
      {"0b1", "0b1"},
      {"1_000", "1_000"},
      {"12:30", "12:30"},
      {"2026-03-01", "2026-03-01"},
      {"1.2.3", "1.2.3"},
      {"1e", "1e"},
      {"e3", "e3"},
      {".", "."},
      {"-", nullptr},
      {"+", "+"},
      {"1 2", "1 2"},
      {"--1", "--1"},
      {"+-1", "+-1"},
      {"5m", "5m"},
      {"inf", "inf"},
      {"nan", "nan"},
      {"a b", "a b"},
      {"é", "é"},
  };
  for (const auto& row : rows) {
    if (row.text == "-") continue;  // alone it starts a list
    const json document = one("v: " + row.text);
    EXPECT_EQ(document["v"], row.value) << row.text;
    EXPECT_EQ(document["v"].type() == json::value_t::number_float,
              row.value.type() == json::value_t::number_float)
        << row.text;
  }
}

TEST(ParseYaml, KeepsQuotedScalarsStrings) {
  for (const std::string text : {"null", "true", "7", "1.5", "", "~", ".nan"}) {
    EXPECT_EQ(one("v: '" + text + "'")["v"], json(text));
    EXPECT_EQ(one("v: \"" + text + "\"")["v"], json(text));
    EXPECT_EQ(one("v: !!str " + text)["v"], json(text)) << text;
  }
  EXPECT_EQ(one("v: |\n  7\n")["v"], json("7\n"));
}

TEST(ParseYaml, RefusesNumbersThatJsonCannotHold) {
  for (const std::string text : {".inf", "-.inf", "+.INF", ".nan", ".NaN", "1e999", "-1e999"}) {
    EXPECT_EQ(refusal("v: " + text).code, ErrorCode::invalid) << text;
  }
}

TEST(ParseYaml, LeavesOutEmptyDocuments) {
  using Documents = std::vector<json>;
  EXPECT_EQ(parse_yaml("").value(), Documents());
  EXPECT_EQ(parse_yaml("# only a comment\n").value(), Documents());
  EXPECT_EQ(parse_yaml("---\n---\n...\n").value(), Documents());
  EXPECT_EQ(parse_yaml("---\na: 1\n---\n---\n# no\n---\nb: 2\n...\n").value(),
            (Documents{{{"a", 1}}, {{"b", 2}}}));
  EXPECT_EQ(parse_yaml("\xef\xbb\xbf"
                       "a: 1\n")
                .value(),
            (Documents{{{"a", 1}}}));
  EXPECT_EQ(parse_yaml("a: 1\r\nb: 2\r\n").value(), (Documents{{{"a", 1}, {"b", 2}}}));
}

TEST(ParseYaml, ReadsJson) {
  const std::string key(5000, 'k');
  const json value = {{"a", {1, 2.5, nullptr, true}}, {"smile", "😀"}, {key, "x/y"}, {"e", ""}};
  EXPECT_EQ(one(canonical_json(value)), value);
  EXPECT_EQ(one(pretty_json(value) + "\n"), value);
  EXPECT_EQ(one(R"({"a": "\ud83d\ude00\/\u0041"})"), (json{{"a", "😀/A"}}));
  EXPECT_EQ(one("[\n\t1,\n\t2]"), (json{1, 2}));
}

TEST(ParseYaml, TakesScalarsAsKeysForStringsAndRefusesOtherKeys) {
  EXPECT_EQ(one("8080: a\ntrue: b\n1.0: c\n'': d\n'~': e\n"),
            (json{{"8080", "a"}, {"true", "b"}, {"1.0", "c"}, {"", "d"}, {"~", "e"}}));
  for (const std::string text : {"? [a]\n: b\n", "? {a: 1}\n: b\n", "~: b\n", "null: b\n", ": b\n",
                                 "{[a]: b}\n", "a: &x k\n*x : b\n", "&x a: b\n", "<<: {a: 1}\n"}) {
    EXPECT_EQ(refusal(text).code, ErrorCode::invalid) << text;
  }
}

TEST(ParseYaml, RefusesARepeatedKeyAndSaysWhere) {
  const Error error = refusal("a: 1\nb:\n  c: 1\n  d: 2\n  'c': 3\n");
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_EQ(error.message, "line 5, column 3: the key \"c\" stands twice in one map");
  EXPECT_EQ(refusal("{a: 1, a: 1}").message,
            "line 1, column 8: the key \"a\" stands twice in one map");
  EXPECT_EQ(refusal("1: a\n'1': b\n").code, ErrorCode::invalid);
}

TEST(ParseYaml, SaysWhereTheTextIsWrong) {
  const struct {
    std::string text, place;
  } rows[] = {
      {"a: [1, 2\nb: 3\n", "line 2"},
      {"a: 1\n b: 2\n", "line 2"},
      {"a: 'open", "line 1"},
      {"a:\n- [1, 2", "line 2"},
      {"[1, 2", "line 1, column 1: a list or a map is used as a key, or its bracket"},
      {"a:\n  - *nothing\n", "line 2, column 5"},
      {"a: !!binary aGVsbG8=\n", "line 1, column 4"},
      {"a: !custom x\n", "line 1, column 4"},
      {"a: 1\nb: !!set {x}\n", "line 2, column 4"},
      {"a: .inf\n", "line 1, column 4"},
      {"a: b\nc: \x01\n", "line 2, column 4"},
      {"a: b\nc: \xff\n", "line 2, column 4"},
  };
  for (const auto& row : rows) {
    const Error error = refusal(row.text);
    EXPECT_EQ(error.code, ErrorCode::invalid) << row.text;
    EXPECT_NE(error.message.find(row.place), std::string::npos) << error.message;
  }
}

// yaml-cpp makes empty documents of such a place, without end.
TEST(ParseYaml, SaysWhereACommaOrABracketBelongsToNothing) {
  const struct {
    std::string text, place;
  } rows[] = {
      {"{\"a\": 1},\n\"b\": 2\n", "line 1, column 9"},
      {"[1, 2],", "line 1, column 7"},
      {"'a'\n, b", "line 2, column 1"},
      {"a: 1\n---\n, b\n", "line 3, column 1"},
      {"{a: 1}\n!tag , b", "line 2, column 1"},
  };
  for (const auto& row : rows) {
    const Error error = refusal(row.text);
    EXPECT_EQ(error.code, ErrorCode::invalid) << row.text;
    EXPECT_TRUE(error.message.starts_with(row.place + ": ")) << row.text << "\n" << error.message;
  }
}

TEST(ParseYaml, CutsNoTextShortAtAControlCharacterOrAnotherEncoding) {
  for (const std::string& text : {std::string("a: 1\n\x04\nb: 2\n"),
                                  std::string("a: 1\n\0b: 2\n", 11), std::string("a: \x7f\n"),
                                  std::string("\xff\xfe"
                                              "a\0",
                                              4),
                                  std::string("\xfe\xff\0a", 4), std::string("\0a\0:\0 \0b", 8),
                                  std::string("a: \xed\xa0\x80\n")}) {
    EXPECT_EQ(refusal(text).code, ErrorCode::invalid);
  }
}

TEST(ParseYaml, ExpandsAliases) {
  EXPECT_EQ(one("a: &x {b: [1]}\nc: *x\nd: [*x, *x]\n"),
            json::parse(R"({"a": {"b": [1]}, "c": {"b": [1]}, "d": [{"b": [1]}, {"b": [1]}]})"));
  EXPECT_EQ(one("- &x 1\n- &x two\n- *x\n"), json::parse(R"([1, "two", "two"])"));
  EXPECT_EQ(one("- &x\n- *x\n"), json::parse("[null, null]"));
}

TEST(ParseYaml, KnowsNoAliasOfAnotherDocumentOrOfItself) {
  EXPECT_EQ(refusal("a: &x 1\n---\nb: *x\n").code, ErrorCode::invalid);
  EXPECT_EQ(refusal("a: &x [*x]\n").code, ErrorCode::invalid);
  EXPECT_EQ(refusal("a: &x {b: {c: *x}}\n").code, ErrorCode::invalid);
}

TEST(ParseYaml, StopsABillionLaughs) {
  std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    text += name + ": &" + name + " [" + alias;
    for (int j = 1; j < 10; ++j) text += ", " + alias;
    text += "]\n";
  }
  EXPECT_EQ(refusal(text).code, ErrorCode::exhausted);
}

TEST(ParseYaml, StopsAliasesOfALongText) {
  std::string text = "a: &a " + std::string(1'000'000, 'x') + "\nb:\n";
  for (int i = 0; i < 10'000; ++i) text += "- *a\n";
  EXPECT_EQ(refusal(text).code, ErrorCode::exhausted);
  std::string keys = "a: &a {" + std::string(1000, 'k') + ": 1}\nb:\n";
  for (int i = 0; i < 10'000; ++i) keys += "- *a\n";
  EXPECT_EQ(refusal(keys).code, ErrorCode::exhausted);
}

TEST(ParseYaml, BoundsTheNumberOfValues) {
  std::string text;
  for (std::size_t i = 1; i < kYamlNodesMax; ++i) text += "- 1\n";
  EXPECT_EQ(one(text).size(), kYamlNodesMax - 1);  // and the list itself
  EXPECT_EQ(refusal(text + "- 1\n").code, ErrorCode::exhausted);
}

TEST(ParseYaml, BoundsTheLength) {
  EXPECT_EQ(refusal(std::string(kJsonBytesMax + 1, ' ')).code, ErrorCode::exhausted);
}

TEST(ParseYaml, BoundsTheDepth) {
  const auto nested = [](std::size_t levels) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += std::string(i, ' ') + "a:\n";
    return text;
  };
  EXPECT_TRUE(parse_yaml(nested(kJsonDepthMax)).ok());
  EXPECT_EQ(refusal(nested(kJsonDepthMax + 1)).code, ErrorCode::exhausted);

  // An alias brings its own depth along: 33 levels below 32.
  std::string deep = "x: &x " + std::string(33, '[') + std::string(33, ']') + "\ny: ";
  EXPECT_TRUE(parse_yaml(deep + std::string(30, '[') + "*x" + std::string(30, ']') + "\n").ok());
  EXPECT_EQ(refusal(deep + std::string(31, '[') + "*x" + std::string(31, ']') + "\n").code,
            ErrorCode::exhausted);
}

TEST(ParseYaml, SurvivesHostileNesting) {
  const auto repeated = [](const std::string& piece, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += piece;
    return text;
  };
  for (const std::string piece :
       {"[",     "{",    "[[{",  "{a: ", "- ", "? ",     ": ", "-\n", "[\n", "{\n",
        "a: [",  "!t [", "&a [", "]",    "}",  "- - ? ", "\"", "'",   "|\n", "--- ",
        "---\n", "? [",  "[?",   "[:",   "{?", ",",      "[,", "*a ", "&a "}) {
    for (const std::size_t bytes : {100U, 2'000U, 100'000U}) {
      const std::string text = repeated(piece, bytes);
      if (auto documents = parse_yaml(text); !documents) {
        EXPECT_TRUE(documents.error().code == ErrorCode::invalid ||
                    documents.error().code == ErrorCode::exhausted)
            << piece;
      }
    }
  }
  for (const std::string piece : {"[", "{", "{a: ", "- ", "? "}) {
    EXPECT_FALSE(parse_yaml(repeated(piece, 100'000)).ok()) << piece;
  }
}

TEST(ParseYaml, SurvivesDamagedTexts) {
  const std::string good =
      "kind: Deployment\nspec: &s {a: [1, 'b', \"c\\n\"], d: !!str 5}\ntext: |-\n  two\n  lines\n"
      "copy: *s\n? key\n: >\n  folded\n---\n- - 1\n  - .5\n- {}\n...\n";
  testing::SeededRandom random(7);
  const std::string_view letters = "[]{}:,-?&*!|>'\"%@#\n \t~<.0a\x04\xff";
  int accepted = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string text = good;
    for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
      const auto at = random.below(text.size());
      if (random.below(3) == 0) {
        text.erase(at, 1 + random.below(8));
      } else {
        text.insert(at, 1, letters[random.below(letters.size())]);
      }
    }
    if (auto documents = parse_yaml(text)) {
      ++accepted;
      for (const json& document : *documents) EXPECT_EQ(one(yaml_text(document)), document) << text;
    }
  }
  EXPECT_GT(accepted, 100);
}

// ---- Writing ----

TEST(YamlText, WritesBlockStyle) {
  EXPECT_EQ(yaml_text(json::parse(R"({
      "kind": "Deployment", "empty": {}, "none": [], "null": null,
      "spec": {"count": 3, "ratio": 0.5, "on": true, "list": ["a", {"b": 1, "c": [2]}, [3, 4]],
               "text": "two\nlines\n"}})")),
            "empty: {}\n"
            "kind: Deployment\n"
            "none: []\n"
            "\"null\": null\n"
            "spec:\n"
            "  count: 3\n"
            "  list:\n"
            "    - a\n"
            "    - b: 1\n"
            "      c:\n"
            "        - 2\n"
            "    - - 3\n"
            "      - 4\n"
            "  \"on\": true\n"
            "  ratio: 0.5\n"
            "  text: |\n"
            "    two\n"
            "    lines\n");
}

TEST(YamlText, QuotesWhateverCouldReadBackAsSomethingElse) {
  for (const std::string text :
       {"",     " ",      "a ",     " a",         "null", "Null", "~",    "true", "FALSE", "yes",
        "No",   "on",     "OFF",    "y",          "7",    "-7",   "1.5",  ".5",   "1e3",   "0o7",
        "0x1f", "1_000",  "12:30",  "2026-03-01", "-",    "- a",  "a: b", "a:",   "a #b",  "#a",
        "[a]",  "{a}",    "*a",     "&a",         "!a",   "|",    ">",    "%a",   "@a",    "`a",
        "'a'",  "\"a\"",  "?",      ": a",        "<<",   "=",    "---",  "...",  "a\tb",  "\x01",
        "\x7f", "\u0085", "\u2028", "\ufeff",     ".inf", ".nan"}) {
    const std::string written = yaml_text(json{{"v", text}});
    EXPECT_TRUE(written.starts_with("v: \"")) << written;
    EXPECT_EQ(one(written), (json{{"v", text}})) << written;
  }
}

TEST(YamlText, LeavesPlainWhatIsClear) {
  for (const std::string text :
       {"a", "a b", "temperature-sensor", "a/b.c", "sha256:00ff", "x@y", "http://host:80/a",
        "tier=db,gpu", "_a", "/etc/titan", "nothing"}) {
    EXPECT_EQ(yaml_text(json(text)), text + "\n");
  }
}

TEST(YamlText, WritesSeveralLinesAsABlockWhereThatIsSafe) {
  EXPECT_EQ(yaml_text(json{{"v", "a\n  b: \"c\"\n\nd"}}), "v: |-\n  a\n    b: \"c\"\n\n  d\n");
  EXPECT_EQ(yaml_text(json{{"v", "a\n\n"}}), "v: |+\n  a\n\n");
  EXPECT_EQ(yaml_text(json("a\nb\n")), "|\n  a\n  b\n");
  EXPECT_EQ(yaml_text(json{"a\nb\n"}), "- |\n  a\n  b\n");
  for (const std::string text : {"\n", "\na", " a\nb", "\ta\nb", "a \nb", "a\r\nb", "a\n\x01",
                                 "a\n\u0085", "a\n ", "a\n\t"}) {
    EXPECT_TRUE(yaml_text(json{{"v", text}}).starts_with("v: \"")) << text;
  }
}

TEST(YamlText, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(one(yaml_text(json{{"v", "a\xff"}})), (json{{"v", "a\xef\xbf\xbd"}}));
}

TEST(YamlText, WritesKeysOfAnyLength) {
  for (const std::size_t length : {990U, 1000U, 1024U, 5000U}) {
    const json value = {{std::string(length, 'k'), {{"a", 1}}}, {std::string(length, '"'), "x"}};
    EXPECT_EQ(one(yaml_text(value)), value) << length;
    EXPECT_EQ(one(yaml_text(json{value, value})), (json{value, value})) << length;
  }
}

class ValueMaker {
 public:
  explicit ValueMaker(std::uint64_t seed) : random_(seed) {}

  json value(int depth) {
    switch (random_.below(depth > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return random_.below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_.next());
      case 3:
        return static_cast<double>(static_cast<std::int64_t>(random_.next())) / 1e6;
      case 4:
      case 5:
        return text();
      case 6: {
        json list = json::array();
        for (auto left = random_.below(4); left > 0; --left) list.push_back(value(depth - 1));
        return list;
      }
      default: {
        json object = json::object();
        for (auto left = random_.below(4); left > 0; --left) object[text()] = value(depth - 1);
        return object;
      }
    }
  }

 private:
  std::string text() {
    static const std::vector<std::string> kPieces = {
        "a",  "b",  "yes", "null", "1",  ".",    "-",    ":",  ": ", " ",      "  ",     "\n",
        "\n", "\n", "#",   " #",   "\"", "'",    "\\",   "\t", "\r", "é",      "\u0085", "\u2028",
        "😀",  "|",  ">",   "%",    "&",  "*",    "!",    "?",  ",",  "[",      "]",      "{",
        "}",  "~",  "---", "...",  "<<", "\x01", "\x7f", "@",  "`",  "\ufeff", "/",      "="};
    std::string text;
    for (auto left = random_.below(7); left > 0; --left) {
      text += kPieces[random_.below(kPieces.size())];
    }
    return text;
  }

  testing::SeededRandom random_;
};

TEST(YamlText, ReadsBackAsTheSameValue) {
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    const json value = ValueMaker(seed).value(4);
    if (value.is_null()) continue;  // an empty document
    const std::string text = yaml_text(value);
    const auto documents = parse_yaml(text);
    ASSERT_TRUE(documents.ok()) << "seed " << seed << "\n" << text << documents.error().text();
    ASSERT_EQ(documents->size(), 1U) << "seed " << seed << "\n" << text;
    ASSERT_EQ(documents->front(), value) << "seed " << seed << "\n" << text;
  }
}

}  // namespace
}  // namespace titan

#include "render/mustache.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

using Texts = std::map<std::string, std::string>;

Partials compile_all(const Texts& texts) {
  Partials partials;
  for (const auto& [name, text] : texts) {
    partials.emplace(name, Mustache::compile(text, "partials/" + name).value());
  }
  return partials;
}

Result<std::string> render(const std::string& text, const json& context,
                           Mustache::Settings settings = {}, const Texts& partials = {}) {
  TITAN_ASSIGN(const Mustache mustache, Mustache::compile(text, "file"));
  Budget budget;
  return mustache.render(context, compile_all(partials), settings, budget);
}

// The rendered text, or the error's code and message.
std::string outcome(const Result<std::string>& result) {
  if (result) return *result;
  return std::string(name_of(result.error().code)) + "! " + result.error().message;
}

struct Case {
  const char* what;
  std::string text;
  std::string context;
  std::string expected;
};

void expect_all(const std::vector<Case>& cases, Mustache::Settings settings = {}) {
  for (const Case& each : cases) {
    EXPECT_EQ(outcome(render(each.text, parse_json(each.context).value(), settings)), each.expected)
        << each.what;
  }
}

TEST(Mustache, WritesValues) {
  expect_all({
      {"no tags", "plain { text } }}\n", "{}", "plain { text } }}\n"},
      {"nothing", "", "{}", ""},
      {"string", "a{{x}}c", R"({"x":"b"})", "abc"},
      {"not rendered again", "{{x}}", R"({"x":"{{y}}","y":1})", "{{y}}"},
      {"white space in the tag", "{{  x\n}}", R"({"x":1})", "1"},
      {"white space before the sigil", "{{ # x }}{{ & y }}{{ / x }}", R"({"x":true,"y":2})", "2"},
      {"largest integer", "{{x}}", R"({"x":18446744073709551615})", "18446744073709551615"},
      {"smallest integer", "{{x}}", R"({"x":-9223372036854775808})", "-9223372036854775808"},
      {"fraction", "{{x}} {{y}} {{z}}", R"({"x":0.1,"y":2.0,"z":1e300})", "0.1 2.0 1e+300"},
      {"booleans", "{{t}} {{f}}", R"({"t":true,"f":false})", "true false"},
      {"empty string", "[{{x}}]", R"({"x":""})", "[]"},
      {"three parts", "{{a.b.c}}", R"({"a":{"b":{"c":"deep"}}})", "deep"},
      {"beyond ASCII", "{{größe}}–{{x}}", R"({"größe":"ü","x":"€"})", "ü–€"},
      {"a key with a dot is out of reach", "{{#a.b}}no{{/a.b}}", R"({"a.b":1})", ""},
      {"dot", "{{.}}", "\"x\"", "x"},
  });
}

TEST(Mustache, ShowsASectionForEveryValueButNullFalseAndTheEmptyList) {
  const std::string text = "{{#x}}shown{{/x}}{{^x}}hidden{{/x}}";
  expect_all({
      {"missing", text, "{}", "hidden"},
      {"null", text, R"({"x":null})", "hidden"},
      {"false", text, R"({"x":false})", "hidden"},
      {"empty list", text, R"({"x":[]})", "hidden"},
      {"true", text, R"({"x":true})", "shown"},
      {"zero", text, R"({"x":0})", "shown"},
      {"empty string", text, R"({"x":""})", "shown"},
      {"empty object", text, R"({"x":{}})", "shown"},
      {"object", text, R"({"x":{"y":1}})", "shown"},
      {"list of one null", text, R"({"x":[null]})", "shown"},
      {"list of three", text, R"({"x":[1,2,3]})", "shownshownshown"},
  });
}

TEST(Mustache, LooksNamesUpFromTheInnermostContextOutwards) {
  expect_all({
      {"inner first", "{{#a}}{{x}}{{/a}}", R"({"x":1,"a":{"x":2}})", "2"},
      {"outer else", "{{#a}}{{x}}{{/a}}", R"({"x":1,"a":{"y":2}})", "1"},
      {"first part decides", "{{#a}}{{#b.c}}no{{/b.c}}{{/a}}", R"({"b":{"c":1},"a":{"b":{}}})", ""},
      {"scalars hold no names", "{{#a}}{{x}}{{.}}{{/a}}", R"({"x":1,"a":"s"})", "1s"},
      {"lists of objects", "{{#l}}{{n}}{{sep}}{{/l}}", R"({"sep":";","l":[{"n":1},{"n":2}]})",
       "1;2;"},
      {"lists of lists", "{{#.}}<{{#.}}{{.}}{{/.}}>{{/.}}", "[[1,2],[],[3]]", "<12><><3>"},
      {"sections in sections", "{{#a}}{{#b}}{{^c}}{{.}}{{/c}}{{/b}}{{/a}}",
       R"({"a":[{"b":[1,2]},{"b":[3],"c":1}]})", "12"},
  });
}

TEST(Mustache, RemovesLinesThatOnlyHoldATag) {
  expect_all({
      {"section", "a\n  {{#x}}\nb\n\t{{/x}} \nc\n", R"({"x":true})", "a\nb\nc\n"},
      {"comment over lines", "a\n{{! one\n two }}\nb", "{}", "a\nb"},
      {"CRLF", "a\r\n{{#x}}\r\nb\r\n{{/x}}\r\nc", R"({"x":true})", "a\r\nb\r\nc"},
      {"a variable is no such tag", "a\n{{x}}\nb", R"({"x":""})", "a\n\nb"},
      {"two tags on a line", "{{#x}}{{/x}}\n", R"({"x":true})", "\n"},
      {"behind a tag over lines", "{{! a\nb }} {{#x}}\ny{{/x}}", R"({"x":true})", " \ny"},
      {"first and last line", "{{#x}}\n{{/x}}", R"({"x":true})", ""},
      {"text before", "a {{#x}}\nb\n{{/x}}", R"({"x":true})", "a \nb\n"},
  });
}

TEST(Mustache, SetsDelimiters) {
  expect_all({
      {"pair", "{{=<% %>=}}<%x%>{{x}}<%={{ }}=%>{{x}}", R"({"x":1})", "1{{x}}1"},
      {"raw", "{{=<% %>=}}<%{x}%><%&x%>", R"({"x":1})", "11"},
      {"alone on its line", "a\n{{=| |=}}\n|x|\n", R"({"x":1})", "a\n1\n"},
      {"shell expansions", "{{=<% %>=}}${{ secrets.token }} <%x%>", R"({"x":1})",
       "${{ secrets.token }} 1"},
  });
}

TEST(Mustache, SaysWhereATextDoesNotParse) {
  expect_all({
      {"open tag", "ab\n  {{x", "{}",
       "invalid! file:2:3: the tag that starts here has no end; expected }}"},
      {"open raw tag", "{{{x}}", "{}",
       "invalid! file:1:1: the tag that starts here has no end; expected }}}"},
      {"open end", "a\n\n {{#x}}", "{}",
       "invalid! file:3:2: the section \"x\" has no end; expected {{/x}}"},
      {"crossed", "{{#a}}\n{{^b}}{{/a}}{{/b}}", "{}",
       "invalid! file:2:7: {{/a}} does not end the innermost section, which is \"b\" from line 2"},
      {"stray end", "{{/a}}", "{}", "invalid! file:1:1: {{/a}} ends no section"},
      {"stray end, own delimiters", "{{=< >=}}</a>", "{}",
       "invalid! file:1:10: </a> ends no section"},
      {"no name", "x{{ }}", "{}", "invalid! file:1:2: a tag without a name"},
      {"no section name", "{{#}}", "{}", "invalid! file:1:1: a tag without a name"},
      {"white space", "{{a b}}", "{}",
       "invalid! file:1:1: \"a b\" is not a name: it holds white space"},
      {"two dots", "{{a..b}}", "{}",
       "invalid! file:1:1: \"a..b\" is not a name; expected names with single dots between them, "
       "or \".\" alone"},
      {"leading dot", "{{ .Values.x }}", "{}",
       "invalid! file:1:1: \".Values.x\" is not a name; expected names with single dots between "
       "them, or \".\" alone"},
      {"trailing dot", "{{a.}}", "{}",
       "invalid! file:1:1: \"a.\" is not a name; expected names with single dots between them, or "
       "\".\" alone"},
      {"unknown sigil", "{{*a}}", "{}",
       "invalid! file:1:1: \"*a\" is not a name: it starts with \"*\""},
      {"columns count characters", "ä€😀{{/x}}", "{}", "invalid! file:1:4: {{/x}} ends no section"},
      {"one delimiter", "{{=<%=}}", "{}",
       "invalid! file:1:1: \"<%\" does not set delimiters; expected two, with white space between "
       "them and no \"=\" in them, as in {{=<% %>=}}"},
      {"three delimiters", "{{=a b c=}}", "{}",
       "invalid! file:1:1: \"a b c\" does not set delimiters; expected two, with white space "
       "between them and no \"=\" in them, as in {{=<% %>=}}"},
  });
}

TEST(Mustache, RefusesWhatIsUnknownWithPlaceAndClosestName) {
  expect_all({
      {"unknown", "a\n b{{intervall}}", R"({"interval":5})",
       "invalid! file:2:3: \"intervall\" is unknown (did you mean \"interval\"?)"},
      {"unknown part", "{{values.prot}}", R"({"values":{"port":5}})",
       "invalid! file:1:1: \"values.prot\" is unknown (did you mean \"values.port\"?)"},
      {"unknown first part", "{{value.port}}", R"({"values":{"port":5}})",
       "invalid! file:1:1: \"value.port\" is unknown (did you mean \"values.port\"?)"},
      {"nothing close", "{{zebra}}", R"({"values":{}})", "invalid! file:1:1: \"zebra\" is unknown"},
      {"from an outer context", "{{#a}}{{hots}}{{/a}}", R"({"host":1,"a":{"b":1}})",
       "invalid! file:1:7: \"hots\" is unknown (did you mean \"host\"?)"},
      {"below a scalar", "{{a.b.c}}", R"({"a":{"b":1}})",
       "invalid! file:1:1: \"a.b.c\" is unknown: \"a.b\" is a number, not an object"},
      {"below a list", "{{{a.b}}}", R"({"a":[]})",
       "invalid! file:1:1: \"a.b\" is unknown: \"a\" is a list, not an object"},
      {"hidden by an inner name", "{{#a}}{{&b.c}}{{/a}}", R"({"b":{"c":1},"a":{"b":{}}})",
       "invalid! file:1:7: \"b.c\" is unknown"},
      {"null", "{{x}}", R"({"x":null})", "invalid! file:1:1: \"x\" is null"},
      {"null in a list", "{{#x}}{{.}}{{/x}}", R"({"x":[1,null]})",
       "invalid! file:1:7: \".\" is null"},
      {"partial", "{{> nope }}", "{}",
       "invalid! file:1:1: \"nope\" is a partial that does not exist"},
      {"in a section that is left out", "{{#x}}{{y}}{{> z}}{{/x}}ok", "{}", "ok"},
  });
}

TEST(Mustache, WritesNothingForWhatIsUnknownWhenNotStrict) {
  expect_all(
      {
          {"unknown", "[{{x}}{{a.b}}{{{c}}}]", R"({"a":1})", "[]"},
          {"null", "[{{x}}]", R"({"x":null})", "[]"},
          {"partial", "[{{>x}}]", "{}", "[]"},
          {"object", "{{x}}", R"({"x":{"b":[1,"a"],"a":{}}})", R"({"a":{},"b":[1,"a"]})"},
      },
      {.strict = false});
}

TEST(Mustache, WritesListsAndObjectsAsJsonOnlyRawAndInJsonAndYaml) {
  const json context = {{"x", {{"list", {1, "a\n"}}, {"on", true}}}};
  const std::string written = R"({"list":[1,"a\n"],"on":true})";
  const std::string refused =
      "invalid! file:1:1: \"x\" is an object; expected a string, a number, or true or false "
      "({{{name}}} writes all of it as JSON in JSON and YAML files)";
  for (const auto escape :
       {Escape::plain, Escape::json, Escape::yaml, Escape::shell, Escape::systemd, Escape::html}) {
    const bool is_json_place = escape == Escape::json || escape == Escape::yaml;
    EXPECT_EQ(outcome(render("{{{x}}}", context, {.escape = escape})),
              is_json_place ? written : refused);
    EXPECT_EQ(outcome(render("{{&x}}", context, {.escape = escape})),
              is_json_place ? written : refused);
    EXPECT_EQ(outcome(render("{{x}}", context, {.escape = escape})), refused);
  }
}

TEST(Mustache, WritesJsonThatYamlCanPrint) {
  const json context = {{"x", {"\x7f"}}};
  EXPECT_EQ(render("{{{x}}}", context, {.escape = Escape::json}).value(), "[\"\x7f\"]");
  EXPECT_EQ(render("{{{x}}}", context, {.escape = Escape::yaml}).value(), "[\"\\u007f\"]");
}

TEST(Mustache, EscapesVariablesButNotRawOnes) {
  const json context = {{"x", "say \"hi\""}};
  EXPECT_EQ(render("{{x}} {{{x}}} {{&x}}", context, {.escape = Escape::json}).value(),
            R"(say \"hi\" say "hi" say "hi")");
}

struct PartialCase {
  const char* what;
  std::string text;
  Texts partials;
  std::string expected;
};

TEST(Mustache, IncludesPartials) {
  const json context = {{"x", "one\ntwo"}, {"list", {1, 2}}, {"no", false}, {"yes", true}};
  const std::vector<PartialCase> cases = {
      {"inline", "a {{>p}} b", {{"p", "<{{yes}}>"}}, "a <true> b"},
      {"in sections", "{{#list}}{{>p}};{{/list}}", {{"p", "{{.}}"}}, "1;2;"},
      {"names with folders", "{{> common/head.conf }}", {{"common/head.conf", "h"}}, "h"},
      {"own delimiters", "{{=| |=}}|>p||yes|", {{"p", "{{yes}}|"}}, "true|true"},
      {"its delimiters end with it", "{{>p}}{{yes}}", {{"p", "{{=| |=}}|yes|"}}, "truetrue"},
      {"each line indented", "a\n  {{>p}}\nb", {{"p", "1\n2\n"}}, "a\n  1\n  2\nb"},
      {"no last line break", "a\n  {{>p}}\nb", {{"p", "1\n2"}}, "a\n  1\n  2b"},
      {"inline: not indented", "  {{>p}}.", {{"p", "1\n2"}}, "  1\n2."},
      {"values: not indented", " {{>p}}", {{"p", "{{x}}\n{{x}}"}}, " one\ntwo\n one\ntwo"},
      {"empty lines too", " {{>p}}", {{"p", "1\n\n2\n"}}, " 1\n \n 2\n"},
      {"tabs", "\t{{>p}}", {{"p", "1\n  2"}}, "\t1\n\t  2"},
      {"adds up", " {{>p}}", {{"p", "1\n {{>q}}\n3"}, {"q", "2\n2\n"}}, " 1\n  2\n  2\n 3"},
      {"inline in indented", " {{>p}}", {{"p", "({{>q}})\n"}, {"q", "2\n2"}}, " (2\n2)\n"},
      {"standalone tags in it", " {{>p}}", {{"p", "{{#list}}\n{{.}}\n{{/list}}\n"}}, " 1\n 2\n"},
      {"inline section starts a line", " {{>p}}", {{"p", "{{#list}}{{.}}{{/list}}\n"}}, " 12\n"},
      {"a section left out", " {{>p}}", {{"p", "{{#no}}a{{/no}}b\n"}}, " b\n"},
      {"an end starts a line", " {{>p}}", {{"p", "{{#list}}\n-\n{{/list}}.\n"}}, " -\n  -\n .\n"},
      {"an inverted end starts a line", " {{>p}}", {{"p", "{{^yes}}\n{{/yes}}.\n"}}, ".\n"},
      {"a comment starts a line", " {{>p}}", {{"p", "{{! c }}a\n"}}, " a\n"},
  };
  for (const PartialCase& each : cases) {
    EXPECT_EQ(outcome(render(each.text, context, {}, each.partials)), each.expected) << each.what;
  }
}

TEST(Mustache, EscapesAPartialLikeTheTextThatIncludesIt) {
  const Texts partials = {{"p", "{{x}}"}};
  const json context = {{"x", "'\""}};
  EXPECT_EQ(render("{{>p}}", context, {.escape = Escape::json}, partials).value(), "'\\\"");
  EXPECT_EQ(render("{{>p}}", context, {.escape = Escape::shell}, partials).value(), "'\\''\"");
}

TEST(Mustache, NamesThePartialAndWhereItWasIncludedInErrors) {
  EXPECT_EQ(
      outcome(render("a\n{{>p}}", {{"port", 1}}, {}, {{"p", "b\n {{>q}}"}, {"q", "{{prot}}"}})),
      "invalid! partials/q:1:1: \"prot\" is unknown (did you mean \"port\"?), included at "
      "partials/p:2:2, included at file:2:1");
}

TEST(Mustache, ListsItsInclusionsAndWhetherItHoldsOnlyVariables) {
  const auto text = Mustache::compile("{{x}}\n {{#a}}{{> p/q }}{{/a}}{{>r}}", "file").value();
  const auto inclusions = text.inclusions();
  ASSERT_EQ(inclusions.size(), 2U);
  EXPECT_EQ(inclusions[0].partial, "p/q");
  EXPECT_EQ(text.place(inclusions[0].position), "file:2:8");
  EXPECT_EQ(inclusions[1].partial, "r");
  EXPECT_FALSE(text.holds_only_variables());
  EXPECT_FALSE(Mustache::compile("{{#a}}{{/a}}", "file")->holds_only_variables());
  EXPECT_FALSE(Mustache::compile("{{^a}}{{/a}}", "file")->holds_only_variables());
  EXPECT_FALSE(Mustache::compile("{{>a}}", "file")->holds_only_variables());
  EXPECT_TRUE(Mustache::compile("a{{x}}b{{{y}}}{{&z}}{{! c }}", "file")->holds_only_variables());
}

TEST(Mustache, StaysWholeWhenMoved) {
  auto first = Mustache::compile("{{x}}", "f").value();  // short enough to stand in the string
  const Mustache second = std::move(first);
  Budget budget;
  EXPECT_EQ(second.render({{"x", 1}}, {}, {}, budget).value(), "1");
}

// A random template built from parts, with what it has to give worked out part by part: the
// machine of instructions and jumps against the plain recursive meaning of Mustache.
class RandomTemplate {
 public:
  explicit RandomTemplate(unsigned seed) : random_(seed) {}

  using Scope = std::vector<const json*>;

  // The source must be the same for each value of a list, so it is made once, as a tree.
  struct Node {
    enum class Kind { text, variable, section, inverted } kind = Kind::text;
    std::string text;
    std::vector<Node> children = {};
  };

  std::vector<Node> nodes(int depth) {
    std::vector<Node> made(pick(4));
    for (Node& node : made) {
      node.kind = static_cast<Node::Kind>(pick(depth > 0 ? 4 : 2));
      node.text =
          node.kind == Node::Kind::text ? texts_[pick(texts_.size())] : names_[pick(names_.size())];
      if (node.kind >= Node::Kind::section) node.children = nodes(depth - 1);
    }
    return made;
  }

  json value(int depth) {
    switch (pick(depth > 0 ? 7 : 4)) {
      case 0:
        return nullptr;
      case 1:
        return pick(2) == 1;
      case 2:
        return pick(100);
      case 3:
        return "s" + std::to_string(pick(100));
      case 4: {
        json list = json::array();
        for (std::size_t n = pick(4); n > 0; --n) list.push_back(value(depth - 1));
        return list;
      }
      default:
        return object(depth - 1);
    }
  }

  json object(int depth) {
    json made = json::object();
    for (const char* name : {"a", "b", "c"}) {
      if (pick(4) > 0) made[name] = value(depth);
    }
    return made;
  }

  static std::string source_of(const std::vector<Node>& nodes) {
    std::string source;
    for (const Node& node : nodes) {
      const std::string body = source_of(node.children);
      switch (node.kind) {
        case Node::Kind::text:
          source += node.text;
          break;
        case Node::Kind::variable:
          source += "{{" + node.text + "}}";
          break;
        case Node::Kind::section:
          source += "{{#" + node.text + "}}" + body + "{{/" + node.text + "}}";
          break;
        case Node::Kind::inverted:
          source += "{{^" + node.text + "}}" + body + "{{/" + node.text + "}}";
          break;
      }
    }
    return source;
  }

  static std::string meaning_of(const std::vector<Node>& nodes, const Scope& scope) {
    std::string out;
    for (const Node& node : nodes) {
      const json found = node.kind == Node::Kind::text ? json() : lookup(node.text, scope);
      const bool shown = !found.is_null() && found != json(false) && found != json::array();
      switch (node.kind) {
        case Node::Kind::text:
          out += node.text;
          break;
        case Node::Kind::variable:
          if (found.is_string())
            out += found.get<std::string>();
          else if (!found.is_null())
            out += found.dump();
          break;
        case Node::Kind::section: {
          const json items = !shown             ? json::array()
                             : found.is_array() ? found
                                                : json::array({found});
          for (const json& item : items) {
            Scope inner = scope;
            inner.push_back(&item);
            out += meaning_of(node.children, inner);
          }
          break;
        }
        case Node::Kind::inverted:
          if (!shown) out += meaning_of(node.children, scope);
          break;
      }
    }
    return out;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  static json lookup(const std::string& name, const Scope& scope) {
    if (name == ".") return *scope.back();
    const std::string first = name.substr(0, 1);
    for (auto at = scope.rbegin(); at != scope.rend(); ++at) {
      if (!(*at)->is_object() || !(*at)->contains(first)) continue;
      const json& found = (*at)->at(first);
      if (name.size() == 1) return found;
      const std::string second = name.substr(2);
      return found.is_object() && found.contains(second) ? found.at(second) : json();
    }
    return {};
  }

  std::mt19937 random_;
  std::vector<std::string> texts_ = {"x", " ", "}", "{ ", "t ", "ö"};
  std::vector<std::string> names_ = {"a", "b", "c", "d", "a.b", "b.c", "c.a", "."};
};

TEST(Mustache, MeansWhatItsPartsMean) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    RandomTemplate random(seed);
    const auto nodes = random.nodes(4);
    const json context = random.object(4);
    // Text on both sides, so that no tag is alone on its line.
    const std::string source = "<" + RandomTemplate::source_of(nodes) + ">";
    EXPECT_EQ(outcome(render(source, context, {.strict = false})),
              "<" + RandomTemplate::meaning_of(nodes, {&context}) + ">")
        << "seed " << seed << ": " << source << " with " << context.dump();
  }
}

}  // namespace
}  // namespace titan::render

// Of random templates, each line of the output names all that it depends on: whatever is done to an
// input, a line that does not name it stays, and a line that it is written in becomes another.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "render/compiled_template.hpp"

namespace titan::render {
namespace {

using nlohmann::json;
using Pointer = json::json_pointer;

constexpr std::size_t kTemplates = 1'000;
constexpr std::size_t kChangesOfEach = 6;  // of some 40 that there are

// Makes templates that can be rendered strictly with the inputs it makes: names in sections, lists
// in lists, partials, parents and blocks, on lines of their own and within lines.
class TemplateMaker {
 public:
  explicit TemplateMaker(std::uint32_t seed) : random_(seed) {}

  json inputs() {
    json values = {{"a", word()}, {"b", number()}, {"c", word()}, {"empty", ""}};
    values["on"] = coin();
    values["off"] = coin();
    values["o"] = {{"x", word()}, {"y", word()}, {"deep", {{"z", word()}}}, {"on", coin()}};
    values["words"] = json::array();
    for (std::uint32_t i = pick(4); i > 0; --i) values["words"].push_back(word());
    values["items"] = json::array();
    for (std::uint32_t i = pick(4); i > 0; --i) {
      json item = {{"x", word()}, {"n", number()}, {"on", coin()}, {"sub", json::array()}};
      for (std::uint32_t sub = pick(3); sub > 0; --sub) item["sub"].push_back({{"s", word()}});
      values["items"].push_back(item);
    }
    return {{"values", values}, {"host", {{"name", word()}, {"x", word()}}}, {"x", word()}};
  }

  std::vector<SourceFile> files() {
    std::vector<SourceFile> files;
    partials_ = 0;  // a partial includes those before it
    for (; partials_ < 3; ++partials_) {
      files.push_back({.path = "partials/p" + std::to_string(partials_), .content = text(2)});
    }
    static constexpr const char* kPaths[] = {"f",    "f.json", "f.yaml",
                                             "f.sh", "f.toml", "f.service"};
    files.push_back({.path = kPaths[pick(6)], .content = text(3)});
    return files;
  }

 private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  bool coin() { return pick(2) == 0; }
  // Unlike all others, so that nothing is the same by chance.
  std::string word() { return "w" + std::to_string(++words_); }
  int number() { return 1000 + ++words_; }

  // Where a text may be included, names of all places are known: those of the inputs.
  std::string name() {
    static constexpr const char* kNames[] = {"values.a",   "values.b",    "values.o.deep.z",
                                             "values.o.x", "host.name",   "x",
                                             "values.c",   "values.empty"};
    const std::string name = kNames[pick(8)];
    return pick(5) == 0 ? "{{{" + name + "}}}" : "{{" + name + "}}";
  }

  std::string text(int depth) {
    std::string text;
    for (std::uint32_t pieces = 1 + pick(6); pieces > 0; --pieces) text += piece(depth);
    return text;
  }

  std::string piece(int depth) {
    switch (pick(depth > 0 ? 14 : 6)) {
      case 0:
        return "t" + std::to_string(++words_);
      case 1:
        return "line " + std::to_string(++words_) + "\n";
      case 2:
        return "\n";
      case 3:
      case 4:
        return name();
      case 5:
        return name() + "\n";
      case 6:
        return section("#values.on", depth);
      case 7:
        return section(coin() ? "^values.off" : "^no.where", depth);
      case 8:
        return section("#values.o", depth, "{{x}}{{deep.z}}");
      case 9:
        return section("#values.words", depth, "{{.}}");
      case 10:
        return section("#values.items", depth, "{{n}}" + section("#sub", 0, "{{s}}{{x}}"));
      case 11:
        return section(coin() ? "^values.items" : "#values.o.on", depth);
      case 12:
        return block(depth);
      default:
        return inclusion(depth);
    }
  }

  std::string section(const std::string& tag, int depth, const std::string& more = {}) {
    const std::string end = "{{/" + tag.substr(1) + "}}";
    const std::string inside = text(depth - 1) + (coin() ? more : "") + (coin() ? "\n" : "");
    return around("{{" + tag + "}}", inside, end);
  }

  // Tags on lines of their own, or not.
  std::string around(const std::string& begin, const std::string& inside, const std::string& end) {
    if (coin()) return begin + inside + end;
    if (coin()) return "\n  " + begin + "\n" + inside + "\n" + end + "\n";
    return begin + "\n" + inside + end;
  }

  std::string block(int depth) {
    const std::string name = "b" + std::to_string(pick(3));
    return around("{{$" + name + "}}", text(depth - 1), "{{/" + name + "}}");
  }

  std::string inclusion(int depth) {
    if (partials_ == 0) return name();
    const std::string partial = "p" + std::to_string(pick(partials_));
    const std::string lead = coin() ? "\n  " : "";
    if (coin()) return lead + "{{>" + partial + "}}\n";
    std::string text = lead + "{{<" + partial + "}}";
    for (int i = 0; i < 3; ++i) {
      const std::string name = "b" + std::to_string(i);
      if (coin()) text += around("{{$" + name + "}}", this->text(depth - 1), "{{/" + name + "}}");
    }
    return text + "{{/" + partial + "}}" + (coin() ? "\n" : "");
  }

  std::mt19937 random_;
  int words_ = 0;
  std::uint32_t partials_ = 0;
};

std::string text_of(const Place& place) {
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

// What tells a line from others whatever the inputs are: the places of all that is written in it,
// in order, and which items of lists are around them.
std::string identity_of(const std::vector<Origin>& origins) {
  std::string identity;
  for (const Origin& origin : origins) {
    if (origin.length > 0) {
      identity += text_of(origin.place) + " " + origin.input;
      for (const Place& place : origin.included) identity += " in " + text_of(place);
      identity += ";";
    } else if (origin.encloses && origin.item) {
      identity += origin.input + "[" + std::to_string(*origin.item) + "];";
    }
  }
  return identity;
}

struct Line {
  std::string text;
  std::set<std::string> written;  // inputs
  std::set<std::string> named;    // these, and those that decide
  std::string identity;
};

std::vector<Line> lines_of(const CompiledTemplate& compiled, const json& inputs) {
  const auto traced = compiled.trace(inputs);
  const auto plain = compiled.render(inputs);
  EXPECT_EQ(traced.has_value(), plain.has_value());
  if (!traced || !plain) return {};
  const TracedFile& file = traced->front();
  EXPECT_EQ(file.file(), plain->front());
  std::vector<Line> lines;
  std::string whole;
  for (std::size_t number = 1; number <= file.line_count(); ++number) {
    Line line{.text = std::string(file.line(number))};
    std::size_t end = 0;
    const auto origins = file.origins(number);
    for (const Origin& origin : origins) {
      if (origin.written && origin.role == Origin::Role::value) line.written.insert(origin.input);
      if (origin.role != Origin::Role::text) line.named.insert(origin.input);
      if (!origin.written) continue;
      EXPECT_EQ(origin.offset, end) << "pieces lie one behind another";
      end = origin.offset + origin.length;
    }
    const bool has_break = whole.size() + line.text.size() < file.file().content.size();
    EXPECT_EQ(end, line.text.size() + (has_break ? 1 : 0)) << "and are the whole line";
    whole += line.text + (has_break ? "\n" : "");
    line.identity = identity_of(origins);
    lines.push_back(std::move(line));
  }
  EXPECT_EQ(whole, file.file().content);
  return lines;
}

// "/values/items/1/x" is a part of "/values/items".
bool names(const std::set<std::string>& named, const std::string& changed) {
  for (const std::string& name : named) {
    if (changed == name || changed.starts_with(name + "/")) return true;
  }
  return false;
}

// One input changed: its pointer, and the inputs with it.
struct Change {
  std::string pointer;
  bool same_kind = true;  // one value for another, of one length of lists and truth of conditions
  json inputs;
};

void add_changes(const json& inputs, const std::string& pointer, std::vector<Change>& changes) {
  const json& value = inputs.at(Pointer(pointer));
  const auto add = [&](const json& other, bool same_kind) {
    Change change{.pointer = pointer, .same_kind = same_kind, .inputs = inputs};
    change.inputs[Pointer(pointer)] = other;
    changes.push_back(std::move(change));
  };
  if (value.is_boolean()) add(!value.get<bool>(), false);
  if (value.is_string()) add(value.get<std::string>() + "-other", true);
  if (value.is_number()) add(value.get<int>() + 5000, true);
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      add_changes(inputs, pointer + "/" + key, changes);
    }
  }
  if (!value.is_array()) return;
  for (std::size_t i = 0; i < value.size(); ++i) {
    add_changes(inputs, pointer + "/" + std::to_string(i), changes);
  }
  json shorter = value;
  if (!shorter.empty()) {
    shorter.erase(shorter.size() - 1);
    add(shorter, false);
    add(json::array(), false);
  }
  json longer = value;
  longer.push_back(!value.empty()               ? value.back()
                   : pointer.ends_with("words") ? json("more")
                   : pointer.ends_with("sub")   ? json{{"s", "more"}}
                                                : json{{"x", "more"}, {"n", 1}});
  add(longer, false);
}

// The lines by what they are; how often a line is there counts.
std::map<std::string, std::multiset<std::string>> by_identity(const std::vector<Line>& lines) {
  std::map<std::string, std::multiset<std::string>> texts;
  for (const Line& line : lines) texts[line.identity].insert(line.text);
  return texts;
}

struct Counts {
  std::size_t lines = 0;
  std::size_t changed = 0;
  std::size_t kept = 0;
};

void check_change(const std::vector<Line>& before, const std::vector<Line>& after,
                  const Change& change, Counts& counts) {
  const auto then = by_identity(before);
  const auto now = by_identity(after);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Line& line = before[i];
    if (change.same_kind && line.written.contains(change.pointer)) {
      ASSERT_LT(i, after.size());
      ASSERT_NE(after[i].text, line.text) << "line " << i + 1 << " writes " << change.pointer;
      ++counts.changed;
    }
    if (names(line.named, change.pointer)) continue;
    const auto found = now.find(line.identity);
    ASSERT_TRUE(found != now.end()) << "line " << i + 1 << " (" << line.text << ") does not name "
                                    << change.pointer << ", but is gone: " << line.identity;
    ASSERT_EQ(found->second, then.at(line.identity))
        << "line " << i + 1 << " (" << line.text << ") does not name " << change.pointer;
    ++counts.kept;
  }
}

std::vector<Change> sample(std::vector<Change> changes, std::uint32_t seed) {
  std::shuffle(changes.begin(), changes.end(), std::mt19937(seed));
  if (changes.size() > kChangesOfEach) changes.resize(kChangesOfEach);
  return changes;
}

TEST(OriginsOfRandomTemplates, NameAllThatALineDependsOnAndNothingElseChangesIt) {
  const char* asked = std::getenv("TITAN_ORIGINS_SEED");
  const std::uint32_t first = asked == nullptr ? 1 : static_cast<std::uint32_t>(std::atoi(asked));
  Counts counts;
  for (std::uint32_t seed = first; seed < first + (asked == nullptr ? kTemplates : 1); ++seed) {
    TemplateMaker random(seed);
    const json inputs = random.inputs();
    const std::vector<SourceFile> files = random.files();
    const auto compiled = CompiledTemplate::compile(files);
    ASSERT_TRUE(compiled) << compiled.error().text() << ", TITAN_ORIGINS_SEED=" << seed;
    SCOPED_TRACE("TITAN_ORIGINS_SEED=" + std::to_string(seed) + "\n" + files.back().content);
    const auto before = lines_of(*compiled, inputs);
    counts.lines += before.size();
    std::vector<Change> changes;
    add_changes(inputs, "", changes);
    for (const Change& change : sample(std::move(changes), seed)) {
      check_change(before, lines_of(*compiled, change.inputs), change, counts);
      if (::testing::Test::HasFatalFailure() || ::testing::Test::HasNonfatalFailure()) return;
    }
  }
  if (asked != nullptr) return;
  EXPECT_GT(counts.lines, 10'000U);
  EXPECT_GT(counts.changed, 5'000U);
  EXPECT_GT(counts.kept, 100'000U);
}

}  // namespace
}  // namespace titan::render

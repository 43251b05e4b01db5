#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/schema_parts.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 5> kDrafts = {
    "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/schema"};

// What says something to people alone. `$defs` is looked up from where it is named.
constexpr std::array<std::string_view, 11> kNotes = {
    "title",     "description", "default", "examples",         "deprecated",     "readOnly",
    "writeOnly", "$comment",    "format",  "contentMediaType", "contentEncoding"};

std::string joined(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

class SchemaCompiler {
 public:
  explicit SchemaCompiler(const json& root)
      : parts_{.schema = std::make_shared<const json>(root)}, root_(*parts_.schema) {}

  Result<ValuesSchema::Parts> compile() {
    TITAN_TRY(check_size());
    TITAN_TRY(part_of(root_, ""));
    // Definitions that nothing leads to are looked at as well: a mistake in them is one.
    for (const char* place : {"$defs", "definitions"}) {
      const auto found = root_.is_object() ? root_.find(place) : root_.end();
      if (found == root_.end()) continue;
      if (!found->is_object()) return wrong(place, "an object", *found);
      for (const auto& [name, schema] : found->items()) {
        TITAN_TRY(part_of(schema, joined(place, name)));
      }
    }
    TITAN_TRY(check_circles());
    return std::move(parts_);
  }

 private:
  static Error wrong(const std::string& path, const std::string& expected, const json& found) {
    return invalid_field(path, "expected " + expected + ", found " + found_text(found));
  }

  [[nodiscard]] Result<void> check_size() const {
    if (!root_.is_object()) return wrong("", "an object", root_);
    const std::size_t size = canonical_json(root_).size();
    if (size <= kSchemaBytesMax) return {};
    return exhausted("the schema is " + std::to_string(size) + " bytes of JSON, the limit is " +
                     std::to_string(kSchemaBytesMax));
  }

  // Each schema is compiled once, so `$ref` may lead back to one that is still being read. The
  // depth of the recursion is that of the JSON, and of references that lead to one another, of
  // which each is taken once.
  Result<SchemaNo> part_of(const json& schema, const std::string& path) {
    if (const auto known = known_.find(&schema); known != known_.end()) return known->second;
    if (parts_.all.size() == kSchemaPartsMax) {
      return exhausted("it has more than " + std::to_string(kSchemaPartsMax) + " schemas");
    }
    if (++depth_ > kSchemaNestedMax) {
      return exhausted("its schemas are nested, or lead to one another, more than " +
                       std::to_string(kSchemaNestedMax) + " deep");
    }
    const auto number = static_cast<SchemaNo>(parts_.all.size());
    known_[&schema] = number;
    parts_.all.emplace_back();
    SchemaPart part;
    TITAN_TRY(read(schema, path, part));
    parts_.all[number] = std::move(part);
    --depth_;
    return number;
  }

  Result<void> read(const json& schema, const std::string& path, SchemaPart& part) {
    if (schema.is_boolean()) {
      part.never = !schema.get<bool>();
      return {};
    }
    if (!schema.is_object()) return wrong(path, "a schema", schema);
    for (const auto& [keyword, value] : schema.items()) {
      const std::string place = joined(path, keyword);
      if (std::ranges::find(kNotes, keyword) != kNotes.end()) continue;
      if (path.empty() && (keyword == "$schema" || keyword == "$id")) {
        TITAN_TRY(check_outermost(keyword, value));
        continue;
      }
      if (path.empty() && (keyword == "$defs" || keyword == "definitions")) continue;
      const auto reader = readers().find(keyword);
      if (reader == readers().end()) return unknown(place, keyword);
      TITAN_TRY(reader->second(*this, value, place, part));
    }
    return {};
  }

  static Result<void> check_outermost(const std::string& keyword, const json& value) {
    if (!value.is_string()) return wrong(keyword, "a string", value);
    if (keyword == "$id") return {};
    std::string_view draft = value.get_ref<const std::string&>();
    if (draft.ends_with('#')) draft.remove_suffix(1);
    if (std::ranges::find(kDrafts, draft) != kDrafts.end()) return {};
    return invalid_field(
        keyword, quote(draft) + " is not known here; expected " + std::string(kDrafts.front()));
  }

  static Error unknown(const std::string& place, const std::string& keyword) {
    std::vector<std::string> known;
    for (const auto& [name, reader] : readers()) known.push_back(name);
    const bool is_elsewhere = keyword == "$defs" || keyword == "definitions";
    return invalid_field(place, is_elsewhere
                                    ? "expected at the top of the schema alone"
                                    : quote(keyword) + " is no keyword that is known here" +
                                          did_you_mean(keyword, known));
  }

  // ---- the keywords

  using Reader = std::function<Result<void>(SchemaCompiler&, const json&, const std::string& place,
                                            SchemaPart&)>;
  static const std::map<std::string, Reader>& readers();

  template <std::optional<SchemaNo> SchemaPart::*kMember>
  static Result<void> schema_at(SchemaCompiler& self, const json& value, const std::string& place,
                                SchemaPart& part) {
    TITAN_ASSIGN(part.*kMember, self.part_of(value, place));
    return {};
  }

  template <std::vector<SchemaNo> SchemaPart::*kMember>
  static Result<void> schemas_at(SchemaCompiler& self, const json& value, const std::string& place,
                                 SchemaPart& part) {
    if (!value.is_array() || value.empty()) return wrong(place, "a list of schemas", value);
    for (std::size_t i = 0; i < value.size(); ++i) {
      TITAN_ASSIGN(const SchemaNo number,
                   self.part_of(value[i], place + "[" + std::to_string(i) + "]"));
      (part.*kMember).push_back(number);
    }
    return {};
  }

  template <std::map<std::string, SchemaNo> SchemaPart::*kMember>
  static Result<void> named_schemas_at(SchemaCompiler& self, const json& value,
                                       const std::string& place, SchemaPart& part) {
    if (!value.is_object()) return wrong(place, "an object of schemas", value);
    for (const auto& [name, schema] : value.items()) {
      TITAN_ASSIGN((part.*kMember)[name], self.part_of(schema, joined(place, name)));
    }
    return {};
  }

  template <std::optional<std::uint64_t> SchemaPart::*kMember>
  static Result<void> count_at(SchemaCompiler&, const json& value, const std::string& place,
                               SchemaPart& part) {
    if (!is_integer(value) || compare_numbers(value, 0) < 0) {
      return wrong(place, "a whole number from 0", value);
    }
    if (compare_numbers(value, 1e15) > 0) return wrong(place, "a number below 10^15", value);
    part.*kMember = value.get<std::uint64_t>();
    return {};
  }

  template <const json* SchemaPart::*kMember>
  static Result<void> number_at(SchemaCompiler&, const json& value, const std::string& place,
                                SchemaPart& part) {
    if (!value.is_number()) return wrong(place, "a number", value);
    part.*kMember = &value;
    return {};
  }

  static Result<void> read_multiple(SchemaCompiler&, const json& value, const std::string& place,
                                    SchemaPart& part) {
    if (!value.is_number() || compare_numbers(value, 0) <= 0) {
      return wrong(place, "a number above 0", value);
    }
    part.multiple_of = &value;
    return {};
  }

  static Result<std::uint8_t> type_of(const json& value, const std::string& place) {
    constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> kTypes = {
        {{"null", kNullType},
         {"boolean", kBooleanType},
         {"integer", kIntegerType},
         {"number", kNumberType | kIntegerType},
         {"string", kStringType},
         {"array", kListType},
         {"object", kObjectType}}};
    if (!value.is_string()) return wrong(place, "the name of a type", value);
    const auto& text = value.get_ref<const std::string&>();
    std::vector<std::string> names;
    for (const auto& [name, bits] : kTypes) {
      if (name == text) return bits;
      names.emplace_back(name);
    }
    return invalid_field(place, quote(text) + " is no type: expected one of " + join(names, ", ") +
                                    did_you_mean(text, names));
  }

  static Result<void> read_type(SchemaCompiler&, const json& value, const std::string& place,
                                SchemaPart& part) {
    if (!value.is_array()) {
      TITAN_ASSIGN(part.types, type_of(value, place));
      return {};
    }
    if (value.empty()) return wrong(place, "a type, or some in a list", value);
    part.types = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      TITAN_ASSIGN(const std::uint8_t bits,
                   type_of(value[i], place + "[" + std::to_string(i) + "]"));
      part.types = static_cast<std::uint8_t>(*part.types | bits);
    }
    return {};
  }

  static Result<void> read_enum(SchemaCompiler&, const json& value, const std::string& place,
                                SchemaPart& part) {
    if (!value.is_array() || value.empty()) return wrong(place, "a list of values", value);
    TITAN_TRY(check_alone(place, part));
    for (const json& one : value) part.one_of_these.push_back(&one);
    return {};
  }
  static Result<void> read_const(SchemaCompiler&, const json& value, const std::string& place,
                                 SchemaPart& part) {
    TITAN_TRY(check_alone(place, part));
    part.one_of_these = {&value};
    return {};
  }
  static Result<void> check_alone(const std::string& place, const SchemaPart& part) {
    if (part.one_of_these.empty()) return {};
    return invalid_field(place, "const and enum do not stand together");
  }

  static Result<Regex> regex_of(const std::string& text, const std::string& place) {
    auto regex = Regex::compile(text);
    if (regex) return regex;
    Error error = std::move(regex).error();
    error.message = quote(text) + " is no pattern that can be used here: " + error.message;
    error.field = place;
    return error;
  }
  static Result<void> read_pattern(SchemaCompiler&, const json& value, const std::string& place,
                                   SchemaPart& part) {
    if (!value.is_string()) return wrong(place, "a regular expression", value);
    const auto& text = value.get_ref<const std::string&>();
    TITAN_ASSIGN(Regex regex, regex_of(text, place));
    part.pattern.emplace(text, std::move(regex));
    return {};
  }
  static Result<void> read_pattern_properties(SchemaCompiler& self, const json& value,
                                              const std::string& place, SchemaPart& part) {
    if (!value.is_object()) return wrong(place, "an object of schemas", value);
    for (const auto& [text, schema] : value.items()) {
      TITAN_ASSIGN(Regex regex, regex_of(text, place));
      TITAN_ASSIGN(const SchemaNo number, self.part_of(schema, joined(place, text)));
      part.pattern_properties.emplace_back(std::move(regex), number);
    }
    return {};
  }

  static Result<std::vector<std::string>> names_in(const json& value, const std::string& place) {
    if (!value.is_array()) return wrong(place, "a list of names", value);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (!value[i].is_string()) {
        return wrong(place + "[" + std::to_string(i) + "]", "a name", value[i]);
      }
      names.push_back(value[i].get<std::string>());
    }
    std::ranges::sort(names);
    return names;
  }
  static Result<void> read_required(SchemaCompiler&, const json& value, const std::string& place,
                                    SchemaPart& part) {
    TITAN_ASSIGN(part.required, names_in(value, place));
    return {};
  }
  static Result<void> read_required_with(SchemaCompiler&, const json& value,
                                         const std::string& place, SchemaPart& part) {
    if (!value.is_object()) return wrong(place, "an object of lists of names", value);
    for (const auto& [name, names] : value.items()) {
      TITAN_ASSIGN(part.required_with[name], names_in(names, joined(place, name)));
    }
    return {};
  }
  static Result<void> read_unique(SchemaCompiler&, const json& value, const std::string& place,
                                  SchemaPart& part) {
    if (!value.is_boolean()) return wrong(place, "true or false", value);
    part.unique_items = value.get<bool>();
    return {};
  }

  // "#", "#/$defs/port".
  static Result<void> read_reference(SchemaCompiler& self, const json& value,
                                     const std::string& place, SchemaPart& part) {
    if (!value.is_string()) return wrong(place, "a string", value);
    const auto& text = value.get_ref<const std::string&>();
    if (text == "#") {
      TITAN_ASSIGN(part.reference, self.part_of(self.root_, ""));
      return {};
    }
    for (const std::string folder : {"$defs", "definitions"}) {
      const std::string start = "#/" + folder + "/";
      if (!text.starts_with(start)) continue;
      const std::string name = text.substr(start.size());
      const auto definitions = self.root_.find(folder);
      const bool has_some = definitions != self.root_.end() && definitions->is_object();
      if (!has_some || !definitions->contains(name)) {
        return invalid_field(place, quote(text) + " leads to nothing in this schema");
      }
      TITAN_ASSIGN(part.reference, self.part_of(*definitions->find(name), joined(folder, name)));
      return {};
    }
    return invalid_field(place, quote(text) + R"( does not lead into this schema: expected "#" or )"
                                              R"("#/$defs/NAME"; nothing is fetched)");
  }

  // ---- circles

  // Schemas that are held against the same value as this one.
  static std::vector<SchemaNo> of_the_same_value(const SchemaPart& part) {
    std::vector<SchemaNo> others;
    for (const auto* one : {&part.reference, &part.not_, &part.if_, &part.then_, &part.else_}) {
      if (*one) others.push_back(**one);
    }
    for (const auto* some : {&part.all_of, &part.any_of, &part.one_of}) {
      others.insert(others.end(), some->begin(), some->end());
    }
    for (const auto& [name, number] : part.schema_with) others.push_back(number);
    return others;
  }

  // A schema that asks itself about the same value would never come to an end.
  [[nodiscard]] Result<void> check_circles() const {
    enum class Mark : std::uint8_t { none, open, done };
    std::vector<Mark> marks(parts_.all.size(), Mark::none);
    struct Step {
      SchemaNo number;
      std::vector<SchemaNo> others;
    };
    for (SchemaNo start = 0; start < parts_.all.size(); ++start) {
      if (marks[start] != Mark::none) continue;
      std::vector<Step> way = {{start, of_the_same_value(parts_.all[start])}};
      marks[start] = Mark::open;
      while (!way.empty()) {
        if (way.back().others.empty()) {
          marks[way.back().number] = Mark::done;
          way.pop_back();
          continue;
        }
        const SchemaNo next = way.back().others.back();
        way.back().others.pop_back();
        if (marks[next] == Mark::open) {
          return invalid("a $ref leads back to itself without going deeper into the values");
        }
        if (marks[next] == Mark::done) continue;
        marks[next] = Mark::open;
        way.push_back({next, of_the_same_value(parts_.all[next])});
        if (way.size() > kSchemaNestedMax) {
          return exhausted("more than " + std::to_string(kSchemaNestedMax) +
                           " schemas are about one value, inside one another");
        }
      }
    }
    return {};
  }

  ValuesSchema::Parts parts_;
  const json& root_;  // in it
  std::map<const json*, SchemaNo> known_;
  std::size_t depth_ = 0;
};

const std::map<std::string, SchemaCompiler::Reader>& SchemaCompiler::readers() {
  using Part = SchemaPart;
  static const std::map<std::string, Reader> kReaders = {
      {"type", &read_type},
      {"enum", &read_enum},
      {"const", &read_const},
      {"minimum", &number_at<&Part::minimum>},
      {"maximum", &number_at<&Part::maximum>},
      {"exclusiveMinimum", &number_at<&Part::above>},
      {"exclusiveMaximum", &number_at<&Part::below>},
      {"multipleOf", &read_multiple},
      {"minLength", &count_at<&Part::length_min>},
      {"maxLength", &count_at<&Part::length_max>},
      {"pattern", &read_pattern},
      {"prefixItems", &schemas_at<&Part::first_items>},
      {"items", &schema_at<&Part::items>},
      {"contains", &schema_at<&Part::contains>},
      {"minContains", &count_at<&Part::contains_min>},
      {"maxContains", &count_at<&Part::contains_max>},
      {"minItems", &count_at<&Part::items_min>},
      {"maxItems", &count_at<&Part::items_max>},
      {"uniqueItems", &read_unique},
      {"properties", &named_schemas_at<&Part::properties>},
      {"patternProperties", &read_pattern_properties},
      {"additionalProperties", &schema_at<&Part::other_properties>},
      {"propertyNames", &schema_at<&Part::property_names>},
      {"required", &read_required},
      {"dependentRequired", &read_required_with},
      {"dependentSchemas", &named_schemas_at<&Part::schema_with>},
      {"minProperties", &count_at<&Part::properties_min>},
      {"maxProperties", &count_at<&Part::properties_max>},
      {"$ref", &read_reference},
      {"allOf", &schemas_at<&Part::all_of>},
      {"anyOf", &schemas_at<&Part::any_of>},
      {"oneOf", &schemas_at<&Part::one_of>},
      {"not", &schema_at<&Part::not_>},
      {"if", &schema_at<&Part::if_>},
      {"then", &schema_at<&Part::then_>},
      {"else", &schema_at<&Part::else_>}};
  return kReaders;
}

}  // namespace

Result<ValuesSchema::Parts> compile_schema(const json& schema) {
  return SchemaCompiler(schema).compile();
}

}  // namespace titan::model

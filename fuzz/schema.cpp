// What templates say of values: a schema, values and a path. What a schema takes of values is
// compared with what it takes of them again, and with what it says of a layer alone.

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "fuzz/target.hpp"
#include "model/limits.hpp"
#include "model/path_pattern.hpp"
#include "model/regex.hpp"
#include "model/template_manifest.hpp"
#include "model/values.hpp"
#include "model/values_schema.hpp"

namespace titan::fuzz {
namespace {

using Look = model::ValuesSchema::Look;

bool is_input_error(const Error& error) {
  return error.code == ErrorCode::invalid || error.code == ErrorCode::exhausted;
}

void check_schema(const nlohmann::json& schema, const model::Values& values) {
  const auto compiled = model::ValuesSchema::compile(schema);
  if (!compiled) {
    require(is_input_error(compiled.error()), "a schema that is none is the author's mistake",
            compiled.error().text());
    return;
  }
  const auto whole = compiled->check(values.json(), Look::whole);
  const auto again = compiled->check(values.json(), Look::whole);
  require(whole.has_value() == again.has_value(), "the same answer twice");
  if (whole) {
    require(!whole->message.empty() && whole->message == again->message, "it says why",
            whole->message);
    require(whole->path == again->path, "and where, the same twice", whole->path);
    require(utf8_prefix(whole->path + whole->message) == (whole->path + whole->message).size(),
            "what it says is UTF-8");
  }
  const auto part = compiled->check(values.json(), Look::part);
  require(!part || whole, "what a layer alone may not say, the whole may not",
          part ? part->path + part->message : "");
}

void check_texts(std::string_view text) {
  if (const auto pattern = model::PathPattern::parse(text)) {
    require(pattern->text() == text, "a pattern keeps its text");
    (void)pattern->covers(text);
  }
  if (const auto regex = model::Regex::compile(text)) {
    std::size_t steps = model::kSchemaStepsMax;
    (void)regex->is_in(text, steps);
  }
  if (const auto manifest = model::TemplateManifest::parse(text)) {
    const auto spec = manifest->complete({{.path = "root/a"}, {.path = "hooks/b", .mode = 0755}});
    require(spec || is_input_error(spec.error()), "a rule that fits nothing is a mistake");
    (void)manifest->leaves_out("root/a", false);
  }
}

}  // namespace

void run(std::string_view input) {
  const auto parts = parts_of(input, 3);
  check_texts(parts[2]);
  const auto schema = parse_json(parts[0]);
  const auto json = parse_json(parts[1]);
  if (!schema || !json) return;
  const auto values = model::Values::from(*json);
  if (values) check_schema(*schema, *values);
}

}  // namespace titan::fuzz

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace titan::model {

// What a template's values must be: a JSON Schema (draft 2020-12), as far as it can be looked at
// without the network, and in bounded time. docs/spec/template.md, "valuesSchema", lists the
// keywords; all others are refused, but those that only say something to people. `format` is
// one of these, as it is in the draft.
//
// A reference to a secret stands for a string that nobody can look at: it is one, and may be any.
//
// Nothing is fetched: `$ref` leads into the schema itself. Time and stack are bounded, whatever the
// schema and the values: kSchemaPartsMax, kSchemaNestedMax, kSchemaStepsMax, and the limits of
// Regex. Immutable, so safe to share between threads.
class ValuesSchema {
 public:
  // invalid, with the place in the schema as field ("properties.port.minimum"): a keyword that is
  // not known, a value that it cannot have, a `$ref` that leads elsewhere or to nothing, or that
  // leads back to where it is. exhausted: the limits.
  static Result<ValuesSchema> compile(const nlohmann::json& schema);

  // Why values do not fit: the first reason, in the order of names.
  struct Problem {
    std::string path = {};  // "mqtt.port", "servers[2].host"; empty: the values as a whole
    // Names on the way there, up to the first list: what a layer of values can give.
    std::vector<std::string> names = {};
    bool is_missing = false;   // nothing stands at `path`
    std::string message = {};  // `found "abc", expected an integer from 1 to 65535`
  };
  enum class Look : std::uint8_t {
    whole,
    // Of a layer alone: what other layers may add is not asked for, and neither is what only the
    // whole decides (anyOf, oneOf, not, if, and how many there are of something).
    part,
  };
  [[nodiscard]] std::optional<Problem> check(const nlohmann::json& values, Look look) const;

  // A schema, compiled: inside values_schema*.cpp.
  struct Parts;

 private:
  explicit ValuesSchema(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;  // shared, so that copies cost nothing
};

}  // namespace titan::model

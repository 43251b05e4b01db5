#include "model/values.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/secret_use.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

static_assert(kValuesDepthMax + 8 <= kJsonDepthMax);

bool is_deeper_than(std::size_t levels, const json& value) {
  if (!value.is_structured()) return false;
  return levels == 0 || std::any_of(value.begin(), value.end(), [&](const json& inner) {
           return is_deeper_than(levels - 1, inner);
         });
}

// The library compares numbers by value across their types: 1 with 1.0, and even -1 with 2^64-1.
bool written_alike(const json& left, const json& right) {
  if (left.is_number() && right.is_number()) return canonical_json(left) == canonical_json(right);
  if (left.type() != right.type() || left.size() != right.size()) return false;
  if (left.is_array()) {
    return std::equal(left.begin(), left.end(), right.begin(), &written_alike);
  }
  if (!left.is_object()) return left == right;
  const auto& fields = left.get_ref<const json::object_t&>();
  return std::equal(fields.begin(), fields.end(), right.get_ref<const json::object_t&>().begin(),
                    [](const auto& one, const auto& other) {
                      return one.first == other.first && written_alike(one.second, other.second);
                    });
}

// The depth of both is bounded where they were parsed.
void overlay(json& weaker, const json& stronger) {
  for (const auto& [key, value] : stronger.items()) {
    json& place = weaker[key];
    // A reference to a secret is as one text.
    const bool merges = place.is_object() && value.is_object() && !is_secret_reference(place) &&
                        !is_secret_reference(value);
    if (merges) {
      overlay(place, value);
    } else {
      place = value;
    }
  }
}

}  // namespace

Values::Values() : json_(std::make_shared<const nlohmann::json>(nlohmann::json::object())) {}
Values::Values(nlohmann::json object)
    : json_(std::make_shared<const nlohmann::json>(std::move(object))) {}

Result<Values> Values::from(nlohmann::json object) {
  if (!object.is_object()) return invalid("expected an object, found " + found_text(object));
  if (is_deeper_than(kValuesDepthMax, object)) {
    return invalid("the values are nested deeper than " + std::to_string(kValuesDepthMax) +
                   " levels");
  }
  const std::size_t size = canonical_json(object).size();
  if (size > kValuesBytesMax) {
    return invalid("the values are " + std::to_string(size) + " bytes of JSON, the limit is " +
                   std::to_string(kValuesBytesMax));
  }
  return Values(std::move(object));
}

Values Values::from_trusted(nlohmann::json object) {
  TITAN_ASSERT(object.is_object());
  return Values(std::move(object));
}

bool Values::empty() const {
  return json_->empty();
}

Values Values::overlaid_with(const Values& stronger) const {
  if (stronger.empty()) return *this;
  if (empty()) return stronger;
  nlohmann::json merged = *json_;
  overlay(merged, *stronger.json_);
  return Values(std::move(merged));
}

bool Values::operator==(const Values& other) const {
  return json_ == other.json_ || written_alike(*json_, *other.json_);
}

}  // namespace titan::model

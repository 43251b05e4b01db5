#include "model/values.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.hpp"
#include "base/json.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

// The depth of both is bounded where they were parsed.
void overlay(json& weaker, const json& stronger) {
  for (const auto& [key, value] : stronger.items()) {
    json& place = weaker[key];
    if (place.is_object() && value.is_object()) {
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
  return json_ == other.json_ || *json_ == *other.json_;
}

}  // namespace titan::model

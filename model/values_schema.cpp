#include "model/values_schema.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "model/limits.hpp"
#include "model/schema_parts.hpp"
#include "model/secret_use.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using Look = ValuesSchema::Look;
using Problem = ValuesSchema::Problem;

// What is found out about a value. Of a secret much stays open.
enum class Fit : std::uint8_t { no, unsure, yes };

Fit both(Fit one, Fit other) {
  return std::min(one, other);
}

std::uint8_t types_of(const json& value) {
  if (value.is_null()) return kNullType;
  if (value.is_boolean()) return kBooleanType;
  if (value.is_number()) {
    return is_integer(value) ? static_cast<std::uint8_t>(kNumberType | kIntegerType) : kNumberType;
  }
  if (value.is_string()) return kStringType;
  return value.is_array() ? kListType : kObjectType;
}

bool is_multiple(const json& value, const json& of) {
  const bool whole = value.is_number_integer() && of.is_number_integer();
  if (whole && of.get<std::int64_t>() > 0) {
    if (!value.is_number_unsigned()) return value.get<std::int64_t>() % of.get<std::int64_t>() == 0;
    return value.get<std::uint64_t>() % of.get<std::uint64_t>() == 0;
  }
  // 0.3 is a multiple of 0.1, though no such numbers are written exactly.
  constexpr double kOff = 1e-9;
  const double times = value.get<double>() / of.get<double>();
  return std::isfinite(times) &&
         std::abs(times - std::nearbyint(times)) <= kOff * std::max(1.0, std::abs(times));
}

std::uint64_t characters_in(const std::string& text) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

class Checker {
 public:
  explicit Checker(const ValuesSchema::Parts& parts) : parts_(parts) {}

  std::optional<Problem> check(const json& values, Look look) {
    const Fit fit = hold(0, values, {look, true});
    if (exhausted_ != nullptr) {
      return Problem{.message = exhausted_};
    }
    return fit == Fit::no ? std::move(problem_) : std::nullopt;
  }

 private:
  // How a value is held against a schema.
  struct Way {
    Look look = Look::whole;
    bool tells = true;  // the reason is wanted
  };
  using Step = std::variant<std::string, std::size_t>;  // the name of a field, a place in a list

  Fit hold(SchemaNo number, const json& value, Way way) {
    if (!work(1)) return Fit::no;
    if (nested_ == kSchemaNestedMax) {
      exhausted_ = "they lead to schemas that are nested too deep";
      return Fit::no;
    }
    ++nested_;
    const Fit fit = hold(parts_.all[number], value, way);
    --nested_;
    return fit;
  }

  Fit hold(const SchemaPart& part, const json& value, Way way) {
    // What is said of a list and of a single value, one layer alone decides.
    if (!value.is_object()) way.look = Look::whole;
    const bool is_secret = is_secret_reference(value);
    Fit fit = itself(part, value, is_secret, way);
    const auto then = [&](auto next) {
      if (fit != Fit::no) fit = both(fit, next());
    };
    if (value.is_array()) then([&] { return list(part, value, way); });
    if (value.is_object() && !is_secret) then([&] { return object(part, value, way); });
    then([&] { return combined(part, value, way); });
    return fit;
  }

  // ---- single values

  Fit itself(const SchemaPart& part, const json& value, bool is_secret, Way way) {
    const auto wrong = [&] { return fail(way, unexpected(part, value, is_secret)); };
    if (part.never) return wrong();
    const std::uint8_t types = is_secret ? kStringType : types_of(value);
    if (part.types && (*part.types & types) == 0) return wrong();
    Fit fit = Fit::yes;
    // Another layer may add to an object what makes it one of them.
    const bool is_open = way.look == Look::part && value.is_object() && !is_secret;
    if (!part.one_of_these.empty() && !is_open) {
      fit = is_secret ? may_be_text(part.one_of_these) : is_one_of(part.one_of_these, value);
      if (fit == Fit::no) return wrong();
    }
    if (value.is_number() && !is_number_allowed(part, value)) return wrong();
    if (types != kStringType || !(part.length_min || part.length_max || part.pattern)) return fit;
    if (is_secret) return Fit::unsure;
    return is_text_allowed(part, value.get_ref<const std::string&>()) ? fit : wrong();
  }

  static std::string unexpected(const SchemaPart& part, const json& value, bool is_secret) {
    std::string found = is_secret ? "the value of a secret, a string" : shown_value(value);
    return "found " + std::move(found) + ", expected " + expectation_of(part);
  }

  using Allowed = std::vector<const json*>;
  static Fit may_be_text(const Allowed& values) {
    const bool has_text =
        std::ranges::any_of(values, [](const json* one) { return one->is_string(); });
    return has_text ? Fit::unsure : Fit::no;
  }
  Fit is_one_of(const Allowed& values, const json& value) {
    if (!work(values.size())) return Fit::no;
    const bool found =
        std::ranges::any_of(values, [&](const json* one) { return equal_in_schema(*one, value); });
    return found ? Fit::yes : Fit::no;
  }

  static bool is_number_allowed(const SchemaPart& part, const json& value) {
    return !(part.minimum != nullptr && compare_numbers(value, *part.minimum) < 0) &&
           !(part.maximum != nullptr && compare_numbers(value, *part.maximum) > 0) &&
           !(part.above != nullptr && compare_numbers(value, *part.above) <= 0) &&
           !(part.below != nullptr && compare_numbers(value, *part.below) >= 0) &&
           !(part.multiple_of != nullptr && !is_multiple(value, *part.multiple_of));
  }

  bool is_text_allowed(const SchemaPart& part, const std::string& text) {
    const std::uint64_t length = characters_in(text);
    if (part.length_min && length < *part.length_min) return false;
    if (part.length_max && length > *part.length_max) return false;
    return !part.pattern || has(part.pattern->second, text);
  }

  // ---- lists

  Fit list(const SchemaPart& part, const json& value, Way way) {
    const std::size_t count = value.size();
    if ((part.items_min && count < *part.items_min) ||
        (part.items_max && count > *part.items_max)) {
      return fail(way, "found a list of " + std::to_string(count) + ", expected " +
                           described(part, "a list"));
    }
    Fit fit = Fit::yes;
    for (std::size_t i = 0; i < count && fit != Fit::no; ++i) {
      const bool is_first = i < part.first_items.size();
      if (!is_first && !part.items) break;
      fit = both(fit, at(i, is_first ? part.first_items[i] : *part.items, value[i], way));
    }
    if (fit != Fit::no && part.unique_items) fit = both(fit, unique(value, way));
    if (fit != Fit::no && part.contains) fit = both(fit, contained(part, value, way));
    return fit;
  }

  static std::string described(const SchemaPart& part, const char* otherwise) {
    const std::string text = expectation_of(part);
    if (!text.empty()) return text;
    SchemaPart typed = part;
    typed.types = otherwise == std::string_view("a list") ? kListType : kObjectType;
    return expectation_of(typed);
  }

  Fit unique(const json& value, Way way) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (!work(i)) return Fit::no;
      for (std::size_t j = 0; j < i; ++j) {
        if (!equal_in_schema(value[i], value[j])) continue;
        path_.emplace_back(i);
        const Fit fit = fail(way, shown_value(value[i]) + " stands there twice");
        path_.pop_back();
        return fit;
      }
    }
    return Fit::yes;
  }

  Fit contained(const SchemaPart& part, const json& value, Way way) {
    std::uint64_t sure = 0;
    std::uint64_t possible = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const Fit fit = at(i, *part.contains, value[i], {way.look, false});
      sure += fit == Fit::yes ? 1 : 0;
      possible += fit == Fit::no ? 0 : 1;
    }
    const std::uint64_t min = part.contains_min.value_or(1);
    if (possible < min || (part.contains_max && sure > *part.contains_max)) {
      return fail(way, std::to_string(sure) + " of its items are as `contains` says, expected " +
                           (possible < min ? "at least " + std::to_string(min)
                                           : "at most " + std::to_string(*part.contains_max)));
    }
    const bool is_sure = sure >= min && (!part.contains_max || possible <= *part.contains_max);
    return is_sure ? Fit::yes : Fit::unsure;
  }

  // ---- objects

  Fit object(const SchemaPart& part, const json& value, Way way) {
    Fit fit = Fit::yes;
    for (const auto& [name, field] : value.items()) {
      fit = both(fit, this->field(part, name, field, way));
      if (fit == Fit::no) return fit;
    }
    if (part.properties_max && value.size() > *part.properties_max) {
      return fail(way, counted(part, value));
    }
    // What is missing here another layer may add.
    if (way.look == Look::part) return fit;
    if (part.properties_min && value.size() < *part.properties_min) {
      return fail(way, counted(part, value));
    }
    if (!has_all(part, part.required, value, "", way)) return Fit::no;
    for (const auto& [name, others] : part.required_with) {
      if (value.contains(name) && !has_all(part, others, value, name, way)) return Fit::no;
    }
    for (const auto& [name, number] : part.schema_with) {
      if (fit != Fit::no && value.contains(name)) fit = both(fit, hold(number, value, way));
    }
    return fit;
  }

  static std::string counted(const SchemaPart& part, const json& value) {
    return "found an object of " + std::to_string(value.size()) + " fields, expected " +
           described(part, "an object");
  }

  Fit field(const SchemaPart& part, const std::string& name, const json& value, Way way) {
    Fit fit = Fit::yes;
    bool is_known = false;
    const auto by = [&](SchemaNo number) {
      is_known = true;
      if (fit != Fit::no) fit = both(fit, at(name, number, value, way));
    };
    if (const auto known = part.properties.find(name); known != part.properties.end()) {
      by(known->second);
    }
    for (const auto& [regex, number] : part.pattern_properties) {
      if (has(regex, name)) by(number);
    }
    if (!is_known && part.other_properties) {
      if (parts_.all[*part.other_properties].never) return unknown(part, name, way);
      by(*part.other_properties);
    }
    if (fit != Fit::no && part.property_names) {
      fit = both(fit, at(name, *part.property_names, json(name), way));
    }
    return fit;
  }

  Fit unknown(const SchemaPart& part, const std::string& name, Way way) {
    std::vector<std::string> known;
    for (const auto& [other, number] : part.properties) known.push_back(other);
    path_.emplace_back(name);
    const Fit fit = fail(way, "is not known" + did_you_mean(name, known));
    path_.pop_back();
    return fit;
  }

  bool has_all(const SchemaPart& part, const std::vector<std::string>& names, const json& value,
               const std::string& beside, Way way) {
    for (const std::string& name : names) {
      if (value.contains(name)) continue;
      const auto known = part.properties.find(name);
      const std::string wanted =
          known == part.properties.end() ? "" : expectation_of(parts_.all[known->second]);
      path_.emplace_back(name);
      fail(way,
           "must be given" + (beside.empty() ? "" : ", since " + quote(beside) + " is") +
               (wanted.empty() ? "" : ": " + wanted),
           true);
      path_.pop_back();
      return false;
    }
    return true;
  }

  // ---- several schemas of one value

  Fit combined(const SchemaPart& part, const json& value, Way way) {
    Fit fit = Fit::yes;
    const auto then = [&](auto next) {
      if (fit != Fit::no) fit = both(fit, next());
    };
    if (part.reference) then([&] { return hold(*part.reference, value, way); });
    for (const SchemaNo number : part.all_of) then([&] { return hold(number, value, way); });
    if (way.look == Look::part) return fit;
    const Way quietly{way.look, false};
    if (!part.any_of.empty()) then([&] { return any_of(part, value, way); });
    if (!part.one_of.empty()) then([&] { return one_of(part, value, way); });
    if (part.not_) {
      then([&] {
        const Fit inner = hold(*part.not_, value, quietly);
        if (inner == Fit::yes) return fail(way, "found " + shown_value(value) + ", which `not` is");
        return inner == Fit::no ? Fit::yes : Fit::unsure;
      });
    }
    if (part.if_ && (part.then_ || part.else_)) {
      then([&] {
        const Fit condition = hold(*part.if_, value, quietly);
        if (condition == Fit::unsure) return Fit::unsure;
        const auto& branch = condition == Fit::yes ? part.then_ : part.else_;
        return branch ? hold(*branch, value, way) : Fit::yes;
      });
    }
    return fit;
  }

  Fit any_of(const SchemaPart& part, const json& value, Way way) {
    Fit best = Fit::no;
    for (const SchemaNo number : part.any_of) {
      best = std::max(best, hold(number, value, {way.look, false}));
      if (best == Fit::yes) return best;
    }
    return best == Fit::no ? fail(way, alternatives(part.any_of, value)) : best;
  }

  Fit one_of(const SchemaPart& part, const json& value, Way way) {
    std::size_t sure = 0;
    std::size_t open = 0;
    for (const SchemaNo number : part.one_of) {
      const Fit fit = hold(number, value, {way.look, false});
      sure += fit == Fit::yes ? 1 : 0;
      open += fit == Fit::unsure ? 1 : 0;
    }
    if (sure > 1) {
      return fail(way, "found " + shown_value(value) + ", which fits " + std::to_string(sure) +
                           " of the alternatives, and may fit one alone");
    }
    if (sure + open == 0) return fail(way, alternatives(part.one_of, value));
    return open == 0 ? Fit::yes : Fit::unsure;
  }

  std::string alternatives(const std::vector<SchemaNo>& numbers, const json& value) const {
    std::vector<std::string> wanted;
    for (const SchemaNo number : numbers) {
      const std::string text = expectation_of(parts_.all[number]);
      if (!text.empty() && std::ranges::find(wanted, text) == wanted.end()) wanted.push_back(text);
    }
    return "found " + shown_value(value) + ", which fits none of " +
           std::to_string(numbers.size()) + " alternatives" +
           (wanted.empty() ? "" : ": " + clip(join(wanted, ", or "), kTextBytesMax / 8));
  }

  // ---- on the way

  Fit at(Step step, SchemaNo number, const json& value, Way way) {
    path_.push_back(std::move(step));
    const Fit fit = hold(number, value, way);
    path_.pop_back();
    return fit;
  }

  bool has(const Regex& regex, const std::string& text) {
    const bool found = regex.is_in(text, steps_);
    return work(1) && found;
  }

  // False once all the work that is allowed is done.
  bool work(std::size_t steps) {
    if (steps_ > steps) {
      steps_ -= steps;
      return true;
    }
    steps_ = 0;
    exhausted_ = "looking at them takes too long: the schema asks for too much";
    return false;
  }

  Fit fail(Way way, std::string message, bool is_missing = false) {
    if (!way.tells || problem_) return Fit::no;
    Problem problem{.is_missing = is_missing, .message = std::move(message)};
    bool in_list = false;
    for (const Step& step : path_) {
      if (const auto* index = std::get_if<std::size_t>(&step)) {
        problem.path += "[" + std::to_string(*index) + "]";
        in_list = true;
        continue;
      }
      const auto& name = std::get<std::string>(step);
      problem.path += (problem.path.empty() ? "" : ".") + clip(name, kFieldShownMax);
      if (!in_list) problem.names.push_back(name);
    }
    problem_ = std::move(problem);
    return Fit::no;
  }

  const ValuesSchema::Parts& parts_;
  std::vector<Step> path_;
  std::optional<Problem> problem_;
  const char* exhausted_ = nullptr;  // why nothing can be said
  std::size_t steps_ = kSchemaStepsMax;
  std::size_t nested_ = 0;
};

}  // namespace

Result<ValuesSchema> ValuesSchema::compile(const json& schema) {
  TITAN_ASSIGN(Parts parts, compile_schema(schema));
  return ValuesSchema(std::make_shared<const Parts>(std::move(parts)));
}

std::optional<ValuesSchema::Problem> ValuesSchema::check(const json& values, Look look) const {
  return Checker(*parts_).check(values, look);
}

}  // namespace titan::model

// Small texts that come in paths, queries, headers and fields: each input is tried as each of
// them. What is accepted prints, and reads back equal.

#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/duration.hpp"
#include "base/http.hpp"
#include "base/timestamp.hpp"
#include "fuzz/target.hpp"
#include "model/entity_filter.hpp"
#include "model/key.hpp"
#include "model/limits.hpp"
#include "model/owner.hpp"
#include "model/spec.hpp"

namespace titan::fuzz {
namespace {

void check_times(std::string_view input) {
  if (const auto duration = parse_duration(input)) {
    require(duration->count() > 0 && *duration <= kDurationMax, "a duration is in its range");
    require(parse_duration(duration_text(*duration)) == *duration, "a duration reads back equal");
  }
  if (const auto time = Timestamp::parse(input)) {
    require(Timestamp::parse(time->text()) == *time, "a time reads back equal", time->text());
  }
}

void check_names(std::string_view input) {
  if (const auto digest = Digest::parse(input)) {
    require(digest->text() == input, "a digest prints as it was read");
  }
  if (const auto key = model::Key::parse(input)) {
    require(key->text() == input, "a key prints as it was read", key->text());
  }
  if (const auto owner = model::Owner::parse(input)) {
    const std::string group = owner->group.empty() ? "" : ":" + owner->group;
    require(owner->user + group == input, "an owner prints as it was read");
  }
  if (const auto kind = model::parse_kind(input)) {
    require(model::name_of(*kind) == input, "a kind prints as it was read");
  }
  (void)model::parse_kind_word(input);
  if (const auto mode = model::parse_mode(input)) {
    require(*mode <= 0777, "a mode is nothing but permissions");
    require(model::parse_mode(model::mode_text(*mode)) == *mode, "a mode reads back equal");
  }
}

void check_filters(std::string_view input) {
  if (const auto labels = model::parse_labels(input)) {
    const std::string text = model::labels_text(*labels);
    require(model::parse_labels(text) == *labels, "labels read back equal", text);
    if (model::check_labels("labels", *labels)) {
      require(labels->size() <= model::kLabelsMax, "labels are not too many");
    }
  }
  if (const auto statuses = model::parse_statuses(input)) {
    std::vector<std::string> names;
    for (const auto status : *statuses) names.emplace_back(model::name_of(status));
    require(model::parse_statuses(join(names, ",")) == *statuses, "statuses read back equal");
  }
  if (const auto fields = model::parse_fields(input)) {
    require(fields->size() <= model::kFilterFieldsMax, "fields are not too many");
    const model::Entity host{.name = "tim-pi", .spec = model::HostSpec{}};
    (void)model::EntityFilter{.fields = *fields}.matches(host);
  }
}

void check_queries(std::string_view input) {
  require(percent_decode(percent_encode(input)) == input, "what is encoded decodes to itself");
  std::string query;
  const auto parameters = parse_query(input);
  for (const auto& [name, value] : parameters) {
    query += (query.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
  }
  require(parse_query(query) == parameters, "a query reads back equal", query);
}

// What messages show of a text that somebody sent.
void check_messages(std::string_view input) {
  require(utf8_prefix(input.substr(0, utf8_prefix(input))) == utf8_prefix(input),
          "what is UTF-8 stays UTF-8");
  const std::string clipped = clip(input, 64);
  require(clipped.size() <= 64 && utf8_prefix(clipped) == clipped.size(), "a clip is short UTF-8");
  require(clipped.find('\0') == std::string::npos, "a clip has no NUL");
  (void)quote(input);
  (void)did_you_mean(input.substr(0, 64), {"READY", "MISSING"});
}

}  // namespace

void run(std::string_view input) {
  check_times(input);
  check_names(input);
  check_filters(input);
  check_queries(input);
  check_messages(input);
}

}  // namespace titan::fuzz

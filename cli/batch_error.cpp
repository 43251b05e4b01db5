#include "cli/batch_error.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace titan::cli {
namespace {

// "spec.target" of "changes[2].entity.spec.target", and the 2 in it.
struct PlaceInBatch {
  std::size_t index = 0;
  std::string field = {};
};

std::optional<PlaceInBatch> place_of(std::string_view field) {
  constexpr std::string_view kStart = "changes[";
  constexpr std::string_view kEntity = "entity";
  if (!field.starts_with(kStart)) return std::nullopt;
  field.remove_prefix(kStart.size());
  PlaceInBatch place;
  const auto [end, failure] =
      std::from_chars(field.data(), field.data() + field.size(), place.index);
  if (failure != std::errc{}) return std::nullopt;
  field.remove_prefix(static_cast<std::size_t>(end - field.data()));
  if (!field.starts_with(']')) return std::nullopt;
  field.remove_prefix(1);
  const auto skip = [&field](std::string_view word) {
    if (field.starts_with(word)) field.remove_prefix(word.size());
  };
  skip(".");
  skip(kEntity);
  skip(".");
  place.field = field;
  return place;
}

}  // namespace

Error in_terms_of_files(Error error, const std::vector<Draft>& drafts) {
  const auto place = place_of(error.field);
  if (!place || place->index >= drafts.size()) return error;
  const Draft& draft = drafts[place->index];
  error.field = place->field;
  error.subject = draft.source + ", " + draft.entity.key().subject();
  return error;
}

}  // namespace titan::cli

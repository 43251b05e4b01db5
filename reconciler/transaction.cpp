#include "reconciler/transaction.hpp"

#include <utility>

namespace titan::reconciler {
namespace {

constexpr std::array<std::pair<Phase, std::string_view>, 5> kTexts = {{
    {Phase::settled, "settled"},
    {Phase::applying, "applying"},
    {Phase::checking, "checking"},
    {Phase::reverting, "reverting"},
    {Phase::leaving, "leaving"},
}};

}  // namespace

std::string_view text_of(Phase phase) {
  for (const auto& [value, text] : kTexts) {
    if (value == phase) return text;
  }
  return "";
}

std::optional<Phase> parse_phase(std::string_view text) {
  for (const auto& [value, known] : kTexts) {
    if (known == text) return value;
  }
  return std::nullopt;
}

}  // namespace titan::reconciler

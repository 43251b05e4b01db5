// Label selectors: a selector, and the labels that it is tried on. What matches is compared with
// an evaluation that knows nothing of the parser.

#include <algorithm>

#include "base/text.hpp"
#include "fuzz/target.hpp"
#include "model/label_selector.hpp"

namespace titan::fuzz {
namespace {

using model::Labels;

// The clauses of a selector that was accepted: its parts between commas outside of parentheses.
std::vector<std::string> clauses_of(std::string_view selector) {
  std::vector<std::string> clauses(1);
  bool in_list = false;
  for (const char letter : selector) {
    if (letter == '(') in_list = true;
    if (letter == ')') in_list = false;
    if (letter == ',' && !in_list) {
      clauses.emplace_back();
    } else {
      clauses.back() += letter;
    }
  }
  return clauses;
}

std::vector<std::string> trimmed_parts(std::string_view text, char separator) {
  auto parts = split(text, separator);
  for (auto& part : parts) part = std::string(trim(part));
  return parts;
}

bool has_one_of(const Labels& labels, std::string_view key,
                const std::vector<std::string>& values) {
  const auto found = labels.find(std::string(trim(key)));
  return found != labels.end() &&
         std::find(values.begin(), values.end(), found->second) != values.end();
}

bool list_matches(std::string_view clause, const Labels& labels) {
  const auto open = clause.find('(');
  const auto values = trimmed_parts(clause.substr(open + 1, clause.find(')') - open - 1), ',');
  const auto before = trim(clause.substr(0, open));
  const auto word = before.find_last_of(" \t\r\n") + 1;
  return has_one_of(labels, before.substr(0, word), values) == (before.substr(word) == "in");
}

bool clause_matches(std::string_view clause, const Labels& labels) {
  if (clause.starts_with('!')) return !labels.contains(std::string(trim(clause.substr(1))));
  if (clause.find('(') != std::string_view::npos) return list_matches(clause, labels);
  const auto equals = clause.find('=');
  if (equals == std::string_view::npos) return labels.contains(std::string(clause));
  const bool negated = clause[equals - 1] == '!';
  const bool doubled = clause.substr(equals + 1).starts_with('=') && !negated;
  const std::string value(trim(clause.substr(equals + (doubled ? 2 : 1))));
  return has_one_of(labels, clause.substr(0, equals - (negated ? 1 : 0)), {value}) != negated;
}

bool matches(std::string_view selector, const Labels& labels) {
  if (trim(selector).empty()) return true;
  const auto clauses = clauses_of(selector);
  return std::all_of(clauses.begin(), clauses.end(),
                     [&](const auto& clause) { return clause_matches(trim(clause), labels); });
}

void check_required(const model::LabelSelector& selector, const Labels& labels) {
  for (const auto& alternatives : selector.required()) {
    require(has_one_of(labels, alternatives.key, alternatives.values),
            "what matches has a value of each that is required", alternatives.key);
  }
}

}  // namespace

void run(std::string_view input) {
  const auto parts = parts_of(input, 2);
  const auto selector = model::LabelSelector::parse(parts[0]);
  if (!selector) {
    require(selector.error().code == ErrorCode::invalid, "what does not parse is invalid");
    return;
  }
  const auto again = model::LabelSelector::parse(selector->text());
  require(again && *again == *selector, "a selector reads back equal", selector->text());

  const auto labels = model::parse_labels(trim(parts[1]));
  if (!labels) return;
  const bool matched = selector->matches(*labels);
  require(matched == again->matches(*labels), "it matches as before", selector->text());
  require(matched == matches(parts[0], *labels), "it matches as the plain evaluation says",
          selector->text());
  if (matched) check_required(*selector, *labels);
}

}  // namespace titan::fuzz

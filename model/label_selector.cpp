#include "model/label_selector.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {

// One pass over the text; `at_` only ever moves forward.
class LabelSelector::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Clause>> clauses() {
    std::vector<Clause> clauses;
    skip_space();
    if (at_ == text_.size()) return clauses;
    while (true) {
      clause_start_ = at_;
      TITAN_ASSIGN(Clause clause, this->clause());
      clauses.push_back(std::move(clause));
      skip_space();
      if (at_ == text_.size()) return clauses;
      if (!take(",")) return refuse("expected a comma or the end");
      skip_space();
    }
  }

 private:
  Result<Clause> clause() {
    const bool absent = take("!");
    skip_space();
    TITAN_ASSIGN(std::string key, label_key());
    skip_space();
    if (absent) return Clause{.key = std::move(key), .op = Op::absent};
    if (take("!=")) return comparison(std::move(key), Op::not_in);
    if (take("==") || take("=")) return comparison(std::move(key), Op::in);
    if (take_word("in")) return set(std::move(key), Op::in);
    if (take_word("notin")) return set(std::move(key), Op::not_in);
    return Clause{.key = std::move(key), .op = Op::exists};
  }

  Result<Clause> comparison(std::string key, Op op) {
    skip_space();
    TITAN_ASSIGN(std::string value, label_value());
    return Clause{.key = std::move(key), .op = op, .values = {std::move(value)}};
  }

  Result<Clause> set(std::string key, Op op) {
    Clause clause{.key = std::move(key), .op = op};
    skip_space();
    if (!take("(")) return refuse("expected \"(\" and the values");
    skip_space();
    if (text_.substr(at_).starts_with(")")) return refuse("expected at least one value");
    do {
      skip_space();
      TITAN_ASSIGN(std::string value, label_value());
      clause.values.push_back(std::move(value));
      skip_space();
    } while (take(","));
    if (!take(")")) return refuse("expected a comma or \")\"");
    return clause;
  }

  Result<std::string> label_key() {
    const std::size_t start = at_;
    const std::string_view key = word();
    if (key.empty()) return refuse("expected a label key");
    if (!is_label_key(key)) return refuse(start, quote(key) + " is not a label key");
    return std::string(key);
  }

  Result<std::string> label_value() {
    const std::size_t start = at_;
    const std::string_view value = word();
    if (!is_label_value(value)) return refuse(start, quote(value) + " is not a label value");
    return std::string(value);
  }

  std::string_view word() {
    const std::size_t start = at_;
    at_ = std::min(text_.find_first_of(" \t\r\n=!,()", start), text_.size());
    return text_.substr(start, at_ - start);
  }

  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  // A keyword: not the front of a longer word.
  bool take_word(std::string_view keyword) {
    const std::size_t start = at_;
    if (word() == keyword) return true;
    at_ = start;
    return false;
  }

  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  [[nodiscard]] Error refuse(const std::string& why) const { return refuse(at_, why); }

  [[nodiscard]] Error refuse(std::size_t place, const std::string& why) const {
    const std::size_t end = std::min(text_.find(',', at_), text_.size());
    return invalid("selector clause " +
                   quote(trim(text_.substr(clause_start_, end - clause_start_))) + ", column " +
                   std::to_string(place + 1) + ": " + why);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t clause_start_ = 0;
};

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  if (text.size() > kSelectorBytesMax) {
    return invalid("the selector is " + std::to_string(text.size()) + " bytes long, the limit is " +
                   std::to_string(kSelectorBytesMax));
  }
  LabelSelector selector;
  TITAN_ASSIGN(selector.clauses_, Parser(text).clauses());
  selector.text_ = trim(text);
  return selector;
}

bool LabelSelector::matches(const LabelLookup& label) const {
  return std::all_of(clauses_.begin(), clauses_.end(), [&](const Clause& clause) {
    const std::string* value = label(clause.key);
    const auto listed = [&] {
      return std::find(clause.values.begin(), clause.values.end(), *value) != clause.values.end();
    };
    switch (clause.op) {
      case Op::exists:
        return value != nullptr;
      case Op::absent:
        return value == nullptr;
      case Op::in:
        return value != nullptr && listed();
      case Op::not_in:
        return value == nullptr || !listed();
    }
    return false;
  });
}

std::vector<LabelAlternatives> LabelSelector::required() const {
  std::vector<LabelAlternatives> required;
  for (const Clause& clause : clauses_) {
    if (clause.op == Op::in) required.push_back({clause.key, clause.values});
  }
  return required;
}

}  // namespace titan::model

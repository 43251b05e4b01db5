#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/labels.hpp"

namespace titan::model {

// A LabelSelector picks the hosts an object is meant for: "site=lab,tier!=db,gpu,region in
// (eu,us)". A comma means AND. Clauses: key=value (or ==), key!=value, key in (a,b), key notin
// (a,b), key (the label exists), !key (it does not); white space may stand between the parts. !=
// and notin also hold when the label is absent, as in Kubernetes label selectors, whose syntax this
// is. A value may be empty ("site="), a list of values may not. The empty selector matches every
// host. Immutable once parsed, so safe to share between threads.
class LabelSelector {
 public:
  LabelSelector() = default;
  // invalid, quoting the clause and the column where it goes wrong (counted in bytes from 1), when
  // a clause does not parse; invalid, too, when the text is longer than kSelectorBytesMax.
  static Result<LabelSelector> parse(std::string_view text);

  [[nodiscard]] bool matches(const LabelLookup& label) const;
  [[nodiscard]] bool matches(const Labels& labels) const { return matches(lookup_in(labels)); }
  // What an index can look for: one for each clause that names the values it takes. Whatever
  // matches satisfies all of them; what satisfies them need not match.
  [[nodiscard]] std::vector<LabelAlternatives> required() const;
  // As it was written.
  [[nodiscard]] const std::string& text() const { return text_; }
  bool operator==(const LabelSelector& other) const { return text_ == other.text_; }

 private:
  enum class Op { exists, absent, in, not_in };
  struct Clause {
    std::string key;
    Op op = Op::exists;
    std::vector<std::string> values = {};
  };
  class Parser;

  std::string text_;
  std::vector<Clause> clauses_;
};

}  // namespace titan::model

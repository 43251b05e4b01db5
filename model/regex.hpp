#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace titan::model {

// A regular expression of the sort that JSON Schema's `pattern` takes (ECMA-262 with the flag u),
// as far as it can be matched in time that grows with the length of the text and no faster: it is
// compiled to a program whose states are all followed at once (Thompson's construction), so that
// no expression and no text make it go back.
//
//   x \. \/ \n \r \t \f \v \0 \xHH \uHHHH \u{H…}   this character
//   . [a-z_] [^…] \d \D \w \W \s \S                one of some
//   ^ $                                            the start and the end of the text
//   xy x|y (x) (?:x)                               one after another, one of them, a group
//   x* x+ x? x{3} x{3,} x{3,5}                     repeated; a "?" behind it changes nothing here
//
// Refused: what looks ahead or behind, \1 and other references, \b, \p{…}, names of groups.
// Characters are code points. Immutable, so safe to share between threads.
class Regex {
 public:
  // invalid, with the column: it is none, or not of this sort. exhausted: kRegexBytesMax,
  // kRegexGroupsMax or kRegexProgramMax.
  static Result<Regex> compile(std::string_view text);

  // Whether the text, which is UTF-8, has it somewhere. Takes `steps` down by the work that it was,
  // and stops once it is 0: the outcome means nothing then.
  [[nodiscard]] bool is_in(std::string_view text, std::size_t& steps) const;

 private:
  class Parser;
  class Compiler;
  struct Range {
    char32_t first;
    char32_t last;
  };
  struct Instruction {
    enum class Op : std::uint8_t { set, split, jump, start, end, found };
    Op op = Op::found;
    std::uint32_t x = 0;  // the set; where to go on
    std::uint32_t y = 0;  // of a split: the other place
  };
  class Threads;

  std::vector<Instruction> program_;
  std::vector<std::vector<Range>> sets_;  // sorted, apart from one another
};

}  // namespace titan::model

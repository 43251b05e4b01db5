#include "model/regex.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

constexpr char32_t kLastCharacter = 0x10ffff;

// The next character of UTF-8; what is none counts byte by byte.
char32_t take_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  if (more == 0 || at + static_cast<std::size_t>(more) > text.size()) return first;
  char32_t value = first & (0x3fU >> static_cast<unsigned>(more));
  for (int i = 0; i < more; ++i) value = (value << 6U) | (byte(at++) & 0x3fU);
  return value;
}

}  // namespace

// What the text says, before it is a program.
struct RegexNode {
  enum class Kind : std::uint8_t { empty, set, start, end, all, any, repeat };
  Kind kind = Kind::empty;
  std::uint32_t set = 0;                // the number of a set
  std::vector<RegexNode> parts = {};    // of `all` one after another, of `any` one of them
  std::size_t min = 0;                  // of `repeat`, of its one part
  std::optional<std::size_t> max = {};  // none: without end
};

class Regex::Parser {
 public:
  Parser(std::string_view text, std::vector<std::vector<Range>>& sets) : text_(text), sets_(sets) {}

  Result<RegexNode> parse() {
    TITAN_ASSIGN(RegexNode node, parse_alternatives(0));
    if (!is_done()) return fail("a ')' without its '('");
    return node;
  }

 private:
  [[nodiscard]] bool is_done() const { return at_ == text_.size(); }
  [[nodiscard]] bool sees(std::string_view what) const {
    return text_.substr(at_).starts_with(what);
  }
  bool take(std::string_view what) {
    if (!sees(what)) return false;
    at_ += what.size();
    return true;
  }
  [[nodiscard]] Error fail(const std::string& message) const {
    return invalid("column " + std::to_string(at_ + 1) + ": " + message);
  }

  Result<RegexNode> parse_alternatives(std::size_t depth) {
    if (depth > kRegexGroupsMax) {
      return exhausted("its groups are nested deeper than " + std::to_string(kRegexGroupsMax));
    }
    RegexNode any{.kind = RegexNode::Kind::any};
    do {
      RegexNode all{.kind = RegexNode::Kind::all};
      while (!is_done() && !sees("|") && !sees(")")) {
        TITAN_ASSIGN(RegexNode node, parse_repeated(depth));
        all.parts.push_back(std::move(node));
      }
      any.parts.push_back(std::move(all));
    } while (take("|"));
    if (any.parts.size() > 1) return any;
    RegexNode only = std::move(any.parts.front());
    return only;
  }

  Result<RegexNode> parse_repeated(std::size_t depth) {
    TITAN_ASSIGN(RegexNode node, parse_one(depth));
    RegexNode repeat{.kind = RegexNode::Kind::repeat};
    if (take("*")) {
      // without bounds
    } else if (take("+")) {
      repeat.min = 1;
    } else if (take("?")) {
      repeat.max = 1;
    } else if (sees("{")) {
      TITAN_TRY(parse_bounds(repeat));
    } else {
      return node;
    }
    if (node.kind == RegexNode::Kind::start || node.kind == RegexNode::Kind::end) {
      return fail("'^' and '$' cannot be repeated");
    }
    take("?");
    repeat.parts.push_back(std::move(node));
    return repeat;
  }

  Result<void> parse_bounds(RegexNode& repeat) {
    const std::size_t start = at_;
    take("{");
    const auto min = parse_number();
    std::optional<std::size_t> max = min;
    if (take(",")) max = sees("}") ? std::nullopt : parse_number();
    const bool has_end = take("}");
    if (!min || !has_end || (max && *max < *min)) {
      at_ = start;
      return fail("expected {3}, {3,} or {3,5}, with numbers up to " +
                  std::to_string(kRegexRepeatMax));
    }
    repeat.min = *min;
    repeat.max = max;
    return {};
  }

  std::optional<std::size_t> parse_number() {
    std::size_t number = 0;
    const std::size_t start = at_;
    while (!is_done() && text_[at_] >= '0' && text_[at_] <= '9') {
      number = number * 10 + static_cast<std::size_t>(text_[at_++] - '0');
      if (number > kRegexRepeatMax) return std::nullopt;
    }
    return at_ == start ? std::nullopt : std::optional(number);
  }

  Result<RegexNode> parse_one(std::size_t depth) {
    if (take("^")) return RegexNode{.kind = RegexNode::Kind::start};
    if (take("$")) return RegexNode{.kind = RegexNode::Kind::end};
    if (take("(")) return parse_group(depth);
    if (sees("*") || sees("+") || sees("?") || sees("{") || sees("}") || sees("]")) {
      return fail(quote(text_.substr(at_, 1)) + R"( has nothing before it: write "\" before it)");
    }
    if (take(".")) {
      return of_set(complement({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}));
    }
    if (take("[")) return parse_set();
    if (take("\\")) {
      TITAN_ASSIGN(auto ranges, parse_escape());
      return of_set(std::move(ranges));
    }
    const char32_t character = take_character(text_, at_);
    return of_set({{character, character}});
  }

  Result<RegexNode> parse_group(std::size_t depth) {
    if (!take("?:") && sees("?")) {
      return fail(
          "expected (…) or (?:…): nothing looks ahead or behind here, and groups have no "
          "names");
    }
    TITAN_ASSIGN(RegexNode node, parse_alternatives(depth + 1));
    if (!take(")")) return fail("expected ')'");
    return node;
  }

  Result<RegexNode> parse_set() {
    const bool is_negated = take("^");
    std::vector<Range> ranges;
    while (!take("]")) {
      if (is_done()) return fail("expected ']'");
      TITAN_ASSIGN(auto first, parse_in_set());
      const bool is_one = first.size() == 1 && first[0].first == first[0].last;
      const bool is_range = sees("-") && !sees("-]");
      if (is_range) {
        take("-");
        if (is_done()) return fail("expected ']'");
        TITAN_ASSIGN(const auto last, parse_in_set());
        if (!is_one || last.size() != 1 || last[0].first != last[0].last ||
            last[0].first < first[0].first) {
          return fail("expected two characters around '-', the lower one first");
        }
        first[0].last = last[0].last;
      }
      ranges.insert(ranges.end(), first.begin(), first.end());
    }
    return of_set(is_negated ? complement(ranges) : ranges);
  }

  Result<std::vector<Range>> parse_in_set() {
    if (take("\\")) return parse_escape();
    const char32_t character = take_character(text_, at_);
    return std::vector<Range>{{character, character}};
  }

  // Behind the backslash.
  Result<std::vector<Range>> parse_escape() {
    if (is_done()) return fail("a '\\' with nothing behind it");
    const char c = text_[at_++];
    const auto one = [](char32_t value) { return std::vector<Range>{{value, value}}; };
    switch (c) {
      case 'd':
        return digits();
      case 'D':
        return complement(digits());
      case 'w':
        return letters();
      case 'W':
        return complement(letters());
      case 's':
        return spaces();
      case 'S':
        return complement(spaces());
      case 'n':
        return one('\n');
      case 'r':
        return one('\r');
      case 't':
        return one('\t');
      case 'f':
        return one('\f');
      case 'v':
        return one('\v');
      case '0':
        return one(0);
      case 'x':
        return parse_code(2);
      case 'u':
        return take("{") ? parse_braced_code() : parse_code(4);
      default:
        break;
    }
    constexpr std::string_view kThemselves = R"(^$\.*+?()[]{}|/-)";
    if (kThemselves.find(c) != std::string_view::npos) return one(static_cast<unsigned char>(c));
    --at_;
    return fail(quote(std::string("\\") + c) + " is not known here");
  }

  static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }
  Result<std::vector<Range>> parse_code(std::size_t digits) {
    char32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const int digit = is_done() ? -1 : digit_of(text_[at_]);
      if (digit < 0) return fail("expected " + std::to_string(digits) + " hex digits");
      value = value * 16 + static_cast<char32_t>(digit);
      ++at_;
    }
    return std::vector<Range>{{value, value}};
  }
  Result<std::vector<Range>> parse_braced_code() {
    char32_t value = 0;
    while (!is_done() && digit_of(text_[at_]) >= 0 && value <= kLastCharacter) {
      value = value * 16 + static_cast<char32_t>(digit_of(text_[at_++]));
    }
    if (!take("}") || value > kLastCharacter) return fail("expected the code of a character");
    return std::vector<Range>{{value, value}};
  }

  static std::vector<Range> digits() { return {{'0', '9'}}; }
  static std::vector<Range> letters() { return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}; }
  static std::vector<Range> spaces() {
    return {{'\t', '\r'},     {' ', ' '},       {0xa0, 0xa0},     {0x1680, 0x1680},
            {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f},
            {0x3000, 0x3000}, {0xfeff, 0xfeff}};
  }

  static std::vector<Range> sorted(std::vector<Range> ranges) {
    std::ranges::sort(ranges, {}, &Range::first);
    std::vector<Range> apart;
    for (const Range& range : ranges) {
      if (!apart.empty() && range.first <= apart.back().last) {
        apart.back().last = std::max(apart.back().last, range.last);
      } else {
        apart.push_back(range);
      }
    }
    return apart;
  }
  static std::vector<Range> complement(std::vector<Range> ranges) {
    std::vector<Range> others;
    char32_t next = 0;
    for (const Range& range : sorted(std::move(ranges))) {
      if (range.first > next) others.push_back({next, range.first - 1});
      next = range.last + 1;
    }
    if (next <= kLastCharacter) others.push_back({next, kLastCharacter});
    return others;
  }

  RegexNode of_set(std::vector<Range> ranges) {
    sets_.push_back(sorted(std::move(ranges)));
    return {.kind = RegexNode::Kind::set, .set = static_cast<std::uint32_t>(sets_.size() - 1)};
  }

  std::string_view text_;
  std::vector<std::vector<Range>>& sets_;
  std::size_t at_ = 0;
};

class Regex::Compiler {
 public:
  explicit Compiler(std::vector<Instruction>& program) : program_(program) {}

  // The parts of the tree are as deep as the groups of the text, which are bounded.
  Result<void> emit(const RegexNode& node) {
    switch (node.kind) {
      case RegexNode::Kind::empty:
        return {};
      case RegexNode::Kind::set:
        return add({Instruction::Op::set, node.set, 0});
      case RegexNode::Kind::start:
        return add({Instruction::Op::start, 0, 0});
      case RegexNode::Kind::end:
        return add({Instruction::Op::end, 0, 0});
      case RegexNode::Kind::all:
        for (const RegexNode& part : node.parts) TITAN_TRY(emit(part));
        return {};
      case RegexNode::Kind::any:
        return emit_any(node.parts);
      case RegexNode::Kind::repeat:
        return emit_repeat(node);
    }
    return {};
  }
  Result<void> finish() { return add({Instruction::Op::found, 0, 0}); }

 private:
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(program_.size()); }

  Result<void> add(Instruction instruction) {
    if (program_.size() == kRegexProgramMax) {
      return exhausted("with its repetitions it is longer than " +
                       std::to_string(kRegexProgramMax) + " steps");
    }
    program_.push_back(instruction);
    return {};
  }

  Result<void> emit_any(const std::vector<RegexNode>& parts) {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::uint32_t split = here();
      TITAN_TRY(add({Instruction::Op::split, split + 1, 0}));
      TITAN_TRY(emit(parts[i]));
      ends.push_back(here());
      TITAN_TRY(add({Instruction::Op::jump, 0, 0}));
      program_[split].y = here();
    }
    TITAN_TRY(emit(parts.back()));
    for (const std::uint32_t end : ends) program_[end].x = here();
    return {};
  }

  Result<void> emit_repeat(const RegexNode& node) {
    const RegexNode& part = node.parts.front();
    for (std::size_t i = 0; i < node.min; ++i) {
      const std::uint32_t before = here();
      TITAN_TRY(emit(part));
      if (here() == before) break;  // nothing, and so as often as one likes
    }
    if (!node.max) {
      const std::uint32_t split = here();
      TITAN_TRY(add({Instruction::Op::split, split + 1, 0}));
      TITAN_TRY(emit(part));
      TITAN_TRY(add({Instruction::Op::jump, split, 0}));
      program_[split].y = here();
      return {};
    }
    std::vector<std::uint32_t> splits;
    for (std::size_t i = node.min; i < *node.max; ++i) {
      splits.push_back(here());
      TITAN_TRY(add({Instruction::Op::split, here() + 1, 0}));
      TITAN_TRY(emit(part));
    }
    for (const std::uint32_t split : splits) program_[split].y = here();
    return {};
  }

  std::vector<Instruction>& program_;
};

// The places of the program that are reached, each once.
class Regex::Threads {
 public:
  explicit Threads(const Regex& regex) : regex_(regex), seen_at_(regex.program_.size(), SIZE_MAX) {}

  struct Place {
    std::size_t position;  // in the text
    bool is_end;
  };
  // Follows all that needs no character. True: the end of the program was reached.
  bool add(std::uint32_t start, Place place) {
    todo_.push_back(start);
    while (!todo_.empty()) {
      const std::uint32_t at = todo_.back();
      todo_.pop_back();
      if (seen_at_[at] == place.position) continue;
      seen_at_[at] = place.position;
      const Instruction& instruction = regex_.program_[at];
      switch (instruction.op) {
        case Instruction::Op::set:
          waiting_.push_back(at);
          break;
        case Instruction::Op::split:
          todo_.push_back(instruction.y);
          [[fallthrough]];
        case Instruction::Op::jump:
          todo_.push_back(instruction.x);
          break;
        case Instruction::Op::start:
          if (place.position == 0) todo_.push_back(at + 1);
          break;
        case Instruction::Op::end:
          if (place.is_end) todo_.push_back(at + 1);
          break;
        case Instruction::Op::found:
          todo_.clear();
          return true;
      }
    }
    return false;
  }
  std::vector<std::uint32_t> take_waiting() { return std::exchange(waiting_, {}); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  const Regex& regex_;
  std::vector<std::size_t> seen_at_;
  std::vector<std::uint32_t> waiting_;
  std::vector<std::uint32_t> todo_;
};

Result<Regex> Regex::compile(std::string_view text) {
  if (text.size() > kRegexBytesMax) {
    return exhausted("it is longer than " + std::to_string(kRegexBytesMax) + " bytes");
  }
  Regex regex;
  TITAN_ASSIGN(const RegexNode node, Parser(text, regex.sets_).parse());
  Compiler compiler(regex.program_);
  TITAN_TRY(compiler.emit(node));
  TITAN_TRY(compiler.finish());
  return regex;
}

bool Regex::is_in(std::string_view text, std::size_t& steps) const {
  Threads threads(*this);
  const auto holds = [&](std::uint32_t at, char32_t character) {
    const auto& ranges = sets_[program_[at].x];
    const auto after = std::ranges::upper_bound(ranges, character, {}, &Range::first);
    return after != ranges.begin() && character <= std::prev(after)->last;
  };
  std::size_t at = 0;
  std::size_t position = 0;
  while (true) {
    // It may begin anywhere.
    if (threads.add(0, {position, at == text.size()})) return true;
    if (at == text.size()) return false;
    const std::size_t work = 1 + threads.waiting();
    if (steps <= work) {
      steps = 0;
      return false;
    }
    steps -= work;
    const char32_t character = take_character(text, at);
    ++position;
    for (const std::uint32_t one : threads.take_waiting()) {
      if (holds(one, character) && threads.add(one + 1, {position, at == text.size()})) return true;
    }
  }
}

}  // namespace titan::model

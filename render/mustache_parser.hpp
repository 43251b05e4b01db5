#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "render/mustache.hpp"

namespace titan::render {

// Turns the text of a Mustache into its instructions, in one pass from front to back and in time
// linear in the text. Internal to render/.
class MustacheParser {
 public:
  // Fills `into`, whose name and text are set.
  explicit MustacheParser(Mustache& into) : into_(into), text_(into.text_) {}
  Result<void> parse();

 private:
  using Op = Mustache::Op;
  using Position = Mustache::Position;
  using Instruction = Mustache::Instruction;
  struct Tag {
    char sigil = '\0';  // one of kSigils, or NUL for a plain variable
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view content = {};  // without the white space around it
    Position position = {};
  };
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  // What a tag takes of the text: itself, and white space and a line break that go with it.
  struct Extent {
    Range taken = {};
    bool starts_line = false;  // nothing but white space stands before it
    bool ends_line = false;    // nor after it
    bool standalone = false;   // alone on its line, which then gives no line of output
  };
  enum class Scope { section, parent, block, argument };
  // A section, parent or block that has no end yet.
  struct Open {
    Scope scope = Scope::section;
    std::size_t instruction = 0;  // that opened it; of an argument, its first
    Mustache::Span name = {};
    Position position = {};
    Mustache::Span lead = {};                        // of a block: white space before it
    std::string_view dedent = {};                    // of an argument: what was dedent_ around it
    std::vector<Mustache::Argument> arguments = {};  // of a parent
  };

  Result<Tag> read_tag(std::size_t begin);
  Result<void> add_tag(const Tag& tag, const Extent& extent);
  void add_text(std::size_t from, std::size_t to, Position position);
  Result<void> add_named(Op op, const Tag& tag);
  Result<void> add_partial(const Tag& tag, const Extent& extent);
  Result<void> set_delimiters(const Tag& tag);

  Result<void> enter(Scope scope, const Tag& tag);
  Result<void> open_section(Op op, const Tag& tag);
  Result<void> open_parent(const Tag& tag, const Extent& extent);
  Result<void> open_block(const Tag& tag, const Extent& extent);
  Result<void> open_argument(const Tag& tag, const Extent& extent);
  Result<void> close(const Tag& tag, const Extent& extent);
  void close_section(const Open& opened);
  Result<void> close_parent(Open& opened, const Extent& extent);
  void close_block(const Open& opened, const Tag& tag, const Extent& extent);
  void close_argument(const Open& opened, const Extent& extent);
  [[nodiscard]] Error unclosed() const;
  static const char* kind_of(Scope scope);

  [[nodiscard]] Extent extent_of(const Tag& tag) const;
  [[nodiscard]] bool is_in(Scope scope) const;
  [[nodiscard]] bool needs_line_start(const Tag& tag, const Extent& extent) const;
  [[nodiscard]] Range indentation_from(std::size_t line) const;
  [[nodiscard]] Mustache::Span dedented(Range line) const;
  [[nodiscard]] bool holds_nothing(std::size_t from) const;
  [[nodiscard]] std::uint32_t next_instruction() const;
  Result<void> check_tag_name(const Tag& tag) const;

  void move_cursor(std::size_t to);
  [[nodiscard]] bool is_source_line_start(std::size_t offset) const;
  [[nodiscard]] bool at_line_start(std::size_t offset) const;
  [[nodiscard]] Mustache::Span span_of(std::string_view piece) const;
  static Mustache::Span span_of(Range range);
  [[nodiscard]] Error error_at(Position position, std::string message) const;

  Mustache& into_;
  std::string_view text_;
  std::string open_ = "{{";
  std::string close_ = "}}";
  std::size_t tags_ = 0;
  std::vector<Open> scopes_;  // the innermost last
  std::string_view dedent_;   // what lines of the innermost argument lose
  std::size_t argument_begin_ = std::string_view::npos;  // stands for the start of a line
  std::size_t inverted_end_ = 0;  // the instruction behind the last inverted section
  std::size_t cursor_ = 0;        // what position_ is the position of
  Position position_ = {};
};

}  // namespace titan::render

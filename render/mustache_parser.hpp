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

  Result<Tag> read_tag(std::size_t begin);
  [[nodiscard]] std::optional<Range> line_of(const Tag& tag) const;
  Result<void> add_tag(const Tag& tag, const std::optional<Range>& line);
  void add_text(std::size_t from, std::size_t to);
  Result<void> add_named(Op op, const Tag& tag);
  Result<void> open_section(Op op, const Tag& tag);
  Result<void> close_section(const Tag& tag);
  Result<void> add_partial(const Tag& tag, const std::optional<Range>& line);
  Result<void> set_delimiters(const Tag& tag);
  Result<void> check_tag_name(const Tag& tag) const;

  void move_cursor(std::size_t to);
  [[nodiscard]] bool at_line_start(std::size_t offset) const;
  [[nodiscard]] Mustache::Span span_of(std::string_view piece) const;
  [[nodiscard]] Error error_at(Position position, std::string message) const;

  Mustache& into_;
  std::string_view text_;
  std::string open_ = "{{";
  std::string close_ = "}}";
  std::size_t tags_ = 0;
  std::vector<std::size_t> sections_;  // the instructions that opened those not closed yet
  std::size_t cursor_ = 0;             // what position_ is the position of
  Position position_ = {};
};

}  // namespace titan::render

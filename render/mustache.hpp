#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "render/budget.hpp"
#include "render/escape.hpp"
#include "render/input_names.hpp"

namespace titan::render {

class Mustache;
class Recorder;

// Texts that {{> name}} includes and {{<name}} inherits from, by name. Compiled once for all kinds
// of files: a partial is escaped like the file that includes it.
using Partials = std::map<std::string, Mustache, std::less<>>;

// One compiled template text in Mustache (github.com/mustache/spec: interpolation, sections,
// inverted sections, comments, partials, set delimiters, inheritance; no lambdas). Where the
// specification leaves a choice:
// - {{#x}} is left out for a missing x, null, false and an empty list; "" and 0 are values, and
//   so is an empty object. Presence is what a section asks for, so a missing name is no error.
// - Numbers are written as in JSON, integers exactly.
// - Strict rendering (the default) refuses a missing name, a null, and a partial that does not
//   exist; so too an object or a list in the place of a variable, but for {{{x}}} in JSON and YAML
//   files, where it is written as compact JSON. Rendering that is not strict writes nothing for
//   what is missing and for null, and compact JSON for an object or a list.
// - A standalone partial indents each line of the partial, empty ones too.
// - A block is a parameter of the text that it is written in, also inside of what another block is
//   filled with. Of several texts that fill it, the outermost wins: the one furthest from the
//   parent.
// - Directly in a parent, text is ignored; a tag that could never show is refused.
// - What fills a block loses the indentation of its own first line and gets that of the block: of
//   the first line of its default, or else of its tag.
// - A block that ends its line brings the line break if what fills it does not. One that has its
//   line for itself leaves none behind when nothing fills it.
// Pure: the same text and the same context give the same bytes. Immutable once compiled, so safe
// to share between threads.
class Mustache {
 public:
  struct Settings {
    Escape escape = Escape::plain;
    bool strict = true;
  };
  // Where a tag starts. Columns count characters (Unicode code points), from 1.
  struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
  };

  // `name` stands before the position in errors: "root/etc/motd:3:7: …".
  // invalid: a tag without an end, a section, parent or block without its end or start, a name that
  // is none, a parent that fills a block twice or holds other tags than blocks.
  // exhausted: kTextBytesMax, kTagsMax, kTagNameBytesMax, kSectionDepthMax.
  static Result<Mustache> compile(std::string text, std::string name);

  // `context` is usually an object; any JSON value can be the "." of a template.
  // invalid: what strict rendering refuses; the message has the position, the name and the
  // closest name there is. exhausted: kFileOutputBytesMax, kPartialDepthMax, kIndentBytesMax, or
  // the steps of `budget`.
  Result<std::string> render(const nlohmann::json& context, const Partials& partials,
                             Settings settings, Budget& budget) const;

  // The same, and tells `recorder` where each piece of the output is from. exhausted, besides: the
  // pieces of `budget`.
  Result<std::string> trace(const nlohmann::json& context, const Partials& partials,
                            Settings settings, Budget& budget, Recorder& recorder) const;

  // Renders a path: as above, strict and without partials, but what a placeholder gives has to
  // be (part of) a single name, with {{{x}}} too: invalid when it is "." or "..", or holds "/" or
  // a control character.
  // With a recorder, it is told where each piece is from.
  Result<std::string> render_path(const nlohmann::json& context, Budget& budget,
                                  Recorder* recorder = nullptr) const;

  // A partial that the text includes or inherits from, and where.
  struct Inclusion {
    std::string partial;
    Position position;
  };
  [[nodiscard]] std::vector<Inclusion> inclusions() const;
  // Adds the names of its tags, which may be those of inputs.
  void add_names_to(InputNames& names) const;
  // There are no tags but {{x}}, {{{x}}}, {{&x}}, comments and set delimiters.
  [[nodiscard]] bool holds_only_variables() const;
  // "root/etc/motd:3:7".
  [[nodiscard]] std::string place(Position position) const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  friend class MustacheParser;
  friend class MustacheMachine;
  friend class Recorder;

  // A piece of text_, by offset, so that a Mustache can be moved.
  struct Span {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };
  enum class Op : std::uint8_t {
    text,          // write `span`
    variable,      // write the value of the name, escaped
    raw,           // write the value of the name as it is
    section,       // enter the section, or go on at `jump`, behind its end
    inverted,      // go on into the section, or at `jump`, behind its end
    section_end,   // go back to `jump`, the first of the section, for the next value of a list
    partial,       // render the partial, each line of it indented by `indent`
    parent,        // the same, with arguments; go on at `jump`, behind the last of them
    block,         // render what fills the block and go on behind `jump`, or go on into its default
    block_end,     // of the default; `span` is the rest of the line when nothing else stands there
    argument_end,  // of what fills a block
  };
  // What text_ means, as a flat list of these; sections are jumps in it.
  struct Instruction {
    Op op = Op::text;
    // At the start of a line: of op text, the indentation of an including partial precedes it.
    bool starts_line = false;
    // Of op partial and parent: alone on its line, so it passes indentation on. Of op block: its
    // default starts on another line, or is nothing, so `indent` is no text before it. Of op
    // block_end: the block has all of its lines for itself.
    bool standalone = false;
    // Of op block_end: so does the default, and `span` is not needed. Of sections: a line break of
    // the text ends them, whatever is in them.
    bool ends_line = false;
    Span span = {};    // the literal text, or the name as written
    Span indent = {};  // white space before the tag; of op block, that of what fills it
    // The name's parts: `part_count` of parts_ from here; none for ".". Of op parent: of
    // arguments_.
    std::uint32_t part = 0;
    std::uint32_t part_count = 0;
    std::uint32_t jump = 0;
    Position position = {};
  };
  // What fills a block: the instructions from `first` up to an argument_end.
  struct Argument {
    Span name = {};
    std::uint32_t first = 0;
    bool empty = false;
    bool ends_line = false;
  };

  Mustache() = default;
  [[nodiscard]] std::string_view view(Span span) const {
    return std::string_view(text_).substr(span.offset, span.length);
  }

  std::string name_;
  std::string text_;
  std::vector<Instruction> instructions_;
  std::vector<Span> parts_;
  std::vector<Argument> arguments_;  // those of one parent together, by name
};

}  // namespace titan::render

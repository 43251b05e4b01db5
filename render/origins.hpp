#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/rendered.hpp"
#include "render/trace.hpp"

// Where the lines of rendered files come from: CompiledTemplate::trace() gives TracedFiles.
namespace titan::render {

// Where something starts in a template; lines and columns as in Mustache::Position.
struct Place {
  std::string file = {};  // "root/etc/motd", "partials/header"
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  bool operator==(const Place&) const = default;
};

// One piece of a line, or what decides about a piece.
struct Origin {
  enum class Role : std::uint8_t {
    text,      // text of the template
    value,     // {{x}}, {{{x}}}, {{&x}}
    section,   // {{#x}}
    inverted,  // {{^x}}
  };
  Role role = Role::text;
  // A piece of the line: text, or a value (also one of no bytes). What is not written decides: the
  // sections around a piece, with how long their lists are; a section in the line that gave
  // nothing; what ended the line before, where this one begins because of that.
  bool written = true;
  bool left_out = false;  // a section in the line that gave nothing
  bool encloses = false;  // a section around something that is written in the line
  // Of the text or the tag. In the origins of a path, it is a place in the path of that file.
  Place place = {};
  // The tags in whose place that text was rendered, the innermost first: partials and parents, and
  // blocks that it fills.
  std::vector<Place> included = {};
  // What the tag names: a JSON pointer (RFC 6901) into the inputs, "/values/servers/2/host". It
  // need not exist, when it is of a section; "" is all of the inputs. Of text it is empty.
  std::string input = {};
  // Of a section that is at an item of a list: which, from 0. `input` is the list.
  std::optional<std::size_t> item = {};
  // Where it stands in the line, in bytes; 0 of what is not written.
  std::size_t offset = 0;
  std::size_t length = 0;
  bool operator==(const Origin&) const = default;
};

// One rendered file that remembers where each of its lines is from. Owns all it has; immutable, so
// safe to share between threads. It holds what the inputs gave, so it is as secret as they are;
// origins name inputs, and hold no values.
//
// What a line names is all that it depends on: as long as these inputs stay, and the others keep
// their kinds (string, list, object …) and their names, the line stays. When the value of a written
// input becomes another, the line does. Sections that give lines of their own do not stand in the
// origins of the lines around them.
class TracedFile {
 public:
  // For CompiledTemplate. `source` is the path that the file has in the template.
  TracedFile(std::string source, model::RenderedFile file, const Trace& path, Trace content);

  [[nodiscard]] const model::RenderedFile& file() const { return file_; }
  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] const std::vector<Origin>& path_origins() const { return path_origins_; }

  // A line ends behind its line break, or with the file; an empty file has none.
  [[nodiscard]] std::size_t line_count() const { return line_begins_.size(); }
  // Without its line break. REQUIRES: `number` is 1 to line_count().
  [[nodiscard]] std::string_view line(std::size_t number) const;
  // In the order in which they stand in the line, each after what decides about it. Of a line that
  // has more than kLineOriginsMax, the first.
  // REQUIRES: as above.
  [[nodiscard]] std::vector<Origin> origins(std::size_t number) const;

 private:
  [[nodiscard]] std::size_t end_of(std::size_t number) const;  // behind its line break

  std::string source_;
  model::RenderedFile file_;
  std::vector<std::size_t> line_begins_;
  std::vector<Origin> path_origins_;
  Trace content_;
};

}  // namespace titan::render

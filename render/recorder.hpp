#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "render/budget.hpp"
#include "render/mustache.hpp"
#include "render/trace.hpp"

namespace titan::render {

// Is told by a MustacheMachine what it does, and writes down where each piece of the output is
// from. For one rendering of one text. Internal to render/.
class Recorder {
 public:
  // All it writes down is taken from the pieces of `budget`, which fall below zero when it is too
  // much.
  explicit Recorder(Budget& budget) : budget_(budget) {}
  [[nodiscard]] Trace finish() && { return std::move(trace_); }

  // `begin` is where what was written begins in `out`, which it ends.
  void wrote_text(const Mustache& text, Mustache::Position position, std::size_t begin,
                  std::string_view out);
  // `found_in` counts the contexts, from the outermost, whose member the first part of the name is.
  void wrote_value(const Mustache& text, const Mustache::Instruction& tag, std::size_t found_in,
                   std::size_t begin, std::string_view out);
  // The section was not entered, or is entered; `level` counts the texts that include one another.
  void left_out(const Mustache& text, const Mustache::Instruction& tag, std::size_t found_in,
                std::string_view out);
  void entered(const Mustache& text, const Mustache::Instruction& tag, std::size_t found_in,
               bool is_list, std::size_t level, std::string_view out);
  // The innermost section goes on with the next item of its list.
  void next_item(std::string_view out);
  // From here on until left(), what is rendered stands in the place of this tag.
  void included(const Mustache& text, const Mustache::Instruction& tag);
  void left();
  // Instead of all that: a file that is copied as it is.
  void copied(const std::string& source, std::string_view out);
  // The text of `level` is at this instruction: sections before it have ended.
  void reached(std::size_t instruction, std::size_t level, std::string_view out);

 private:
  struct Section {
    std::size_t end = 0;  // the instruction behind it
    std::size_t level = 0;
    bool has_context = false;
    std::uint32_t pointer = 0;
    // Of the item that it is at, or of all of it.
    std::uint32_t decider = 0;
    bool begins_in_line = false;  // not at the start of one
    // Pieces that decide whether a line begins where it does.
    std::size_t causes_begin = 0;
    std::size_t causes_end = 0;
  };

  std::uint32_t text_index(const Mustache& text);
  std::uint32_t pointer_below(std::uint32_t outer, std::string_view name);
  std::uint32_t pointer_of(const Mustache& text, const Mustache::Instruction& tag,
                           std::size_t found_in);
  std::uint32_t add_decider(const Mustache& text, const Mustache::Instruction& tag,
                            std::uint32_t pointer);
  void add(const Trace::Piece& piece);
  void begin_item(Section& section, std::string_view out);
  void end_item(const Section& section, std::string_view out);
  [[nodiscard]] std::uint32_t innermost() const;

  Budget& budget_;
  Trace trace_;
  std::uint32_t inclusion_ = Trace::kNone;  // the innermost
  std::vector<Section> sections_;
  std::vector<std::uint32_t> contexts_ = {0};  // pointers; those of the machine's contexts
  std::unordered_map<const Mustache*, std::uint32_t> texts_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t, std::less<>> pointers_;
};

}  // namespace titan::render

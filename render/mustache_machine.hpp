#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "render/escape.hpp"
#include "render/mustache.hpp"
#include "render/recorder.hpp"

namespace titan::render {

// Executes the instructions of a Mustache once, with one context. Borrows all it is given.
// Sections are jumps and a stack of contexts; only partials, parents and what fills a block call
// deeper, kPartialDepthMax at most. Internal to render/.
class MustacheMachine {
 public:
  enum class Output { text, path };

  // A recorder is told of all that is written and of what decides about it.
  MustacheMachine(Output output, const Partials& partials, Mustache::Settings settings,
                  Budget& budget, Recorder* recorder = nullptr)
      : output_(output),
        partials_(partials),
        settings_(settings),
        escaper_(settings.escape),
        budget_(budget),
        recorder_(recorder) {}
  Result<std::string> run(const Mustache& text, const nlohmann::json& context);

 private:
  using Op = Mustache::Op;
  using Instruction = Mustache::Instruction;
  // A section that is being executed; the value it is at is the last of contexts_.
  struct Loop {
    const nlohmann::json* list = nullptr;  // null: executed once
    std::size_t next = 0;
  };

  // The parents around a text, each with what it fills blocks with; the innermost first.
  struct Frame {
    const Mustache& text;  // that the parent tag stands in
    const Instruction& parent;
    const Frame* outer = nullptr;
  };
  // Which instructions to execute, and how.
  struct Part {
    const Mustache& text;
    std::size_t first = 0;
    std::string_view indent = {};   // of each line
    const Frame* frames = nullptr;  // that may fill its blocks
  };
  // What fills a block, and the frame that it is from.
  struct Filling {
    const Frame* frame = nullptr;  // null: nothing does
    const Mustache::Argument* argument = nullptr;
  };

  Result<void> execute(const Part& part);
  [[nodiscard]] Error limit_reached(const Mustache& text) const;
  void write_text(const Part& part, const Instruction& text);
  void write_indented(std::string_view text, bool starts_line, std::string_view indent);
  void write_lead(const Part& part, const Instruction& tag);
  Result<void> write_variable(const Mustache& text, const Instruction& tag);
  Result<void> write_scalar(const Mustache& text, const Instruction& tag, std::string_view value);
  Result<void> write_structured(const Mustache& text, const Instruction& tag,
                                const nlohmann::json& value);
  void wrote_value(const Mustache& text, const Instruction& tag, std::size_t begin);
  bool enter_section(const Mustache& text, const Instruction& tag);
  bool enter_inverted(const Mustache& text, const Instruction& tag);
  void tell_of_section(const Mustache& text, const Instruction& tag, bool shown, bool is_list);
  bool next_of_section();
  Result<void> include(const Part& part, const Instruction& tag);
  // Gives the instruction to go on at.
  Result<std::size_t> enter_block(const Part& part, const Instruction& block);
  Filling filling_of(const Part& part, const Instruction& block);
  Result<void> fill_block(const Part& part, const Instruction& block, const Filling& filling);
  Result<void> go_deeper(const Mustache& text, const Instruction& tag);
  [[nodiscard]] Result<std::string> deeper_indent(const Part& part, const Instruction& tag) const;

  const nlohmann::json* find(const Mustache& text, const Instruction& tag);
  Error unknown_name(const Mustache& text, const Instruction& tag) const;
  static Error refuse(const Mustache& text, const Instruction& tag, std::string_view why);

  Output output_;
  const Partials& partials_;
  Mustache::Settings settings_;
  Escaper escaper_;
  Budget& budget_;
  Recorder* recorder_;
  std::string out_;
  // When nothing was written since here, what starts a line does so in one that has begun.
  std::size_t line_begun_at_ = std::string::npos;
  std::vector<const nlohmann::json*> contexts_;  // the innermost last
  std::vector<Loop> loops_;
  std::size_t depth_ = 0;     // partials, parents and blocks that are being executed
  std::size_t found_in_ = 0;  // which of contexts_ has what find() was asked for last
};

}  // namespace titan::render

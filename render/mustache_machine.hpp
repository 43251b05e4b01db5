#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "render/mustache.hpp"

namespace titan::render {

// Executes the instructions of a Mustache once, with one context. Borrows all it is given.
// Sections are jumps and a stack of contexts; only a partial calls deeper, kPartialDepthMax at
// most. Internal to render/.
class MustacheMachine {
 public:
  enum class Output { text, path };

  MustacheMachine(Output output, const Partials& partials, Mustache::Settings settings,
                  Budget& budget)
      : output_(output), partials_(partials), settings_(settings), budget_(budget) {}
  Result<std::string> run(const Mustache& text, const nlohmann::json& context);

 private:
  using Op = Mustache::Op;
  using Instruction = Mustache::Instruction;
  // A section that is being executed; the value it is at is the last of contexts_.
  struct Loop {
    const nlohmann::json* list = nullptr;  // null: executed once
    std::size_t next = 0;
  };

  Result<void> execute(const Mustache& text, std::string_view indent);
  void write_text(std::string_view text, bool starts_line, std::string_view indent);
  Result<void> write_variable(const Mustache& text, const Instruction& tag);
  Result<void> write_scalar(const Mustache& text, const Instruction& tag, std::string_view value);
  Result<void> write_structured(const Mustache& text, const Instruction& tag,
                                const nlohmann::json& value);
  bool enter_section(const Mustache& text, const Instruction& tag);
  bool next_of_section();
  Result<void> include(const Mustache& text, const Instruction& tag, std::string_view indent);

  const nlohmann::json* find(const Mustache& text, const Instruction& tag);
  Error unknown_name(const Mustache& text, const Instruction& tag) const;
  static Error refuse(const Mustache& text, const Instruction& tag, std::string_view why);

  Output output_;
  const Partials& partials_;
  Mustache::Settings settings_;
  Budget& budget_;
  std::string out_;
  std::vector<const nlohmann::json*> contexts_;  // the innermost last
  std::vector<Loop> loops_;
  std::size_t partial_depth_ = 0;
};

}  // namespace titan::render

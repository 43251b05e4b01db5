#include "render/mustache.hpp"

#include <algorithm>

#include "render/mustache_machine.hpp"
#include "render/mustache_parser.hpp"

namespace titan::render {

Result<Mustache> Mustache::compile(std::string text, std::string name) {
  Mustache mustache;
  mustache.name_ = std::move(name);
  mustache.text_ = std::move(text);
  TITAN_TRY(MustacheParser(mustache).parse());
  return mustache;
}

Result<std::string> Mustache::render(const nlohmann::json& context, const Partials& partials,
                                     Settings settings, Budget& budget) const {
  return MustacheMachine(MustacheMachine::Output::text, partials, settings, budget)
      .run(*this, context);
}

Result<std::string> Mustache::trace(const nlohmann::json& context, const Partials& partials,
                                    Settings settings, Budget& budget, Recorder& recorder) const {
  return MustacheMachine(MustacheMachine::Output::text, partials, settings, budget, &recorder)
      .run(*this, context);
}

Result<std::string> Mustache::render_path(const nlohmann::json& context, Budget& budget,
                                          Recorder* recorder) const {
  const Partials no_partials;
  return MustacheMachine(MustacheMachine::Output::path, no_partials, Settings{}, budget, recorder)
      .run(*this, context);
}

std::vector<Mustache::Inclusion> Mustache::inclusions() const {
  std::vector<Inclusion> inclusions;
  for (const Instruction& instruction : instructions_) {
    if (instruction.op != Op::partial && instruction.op != Op::parent) continue;
    inclusions.push_back({std::string(view(instruction.span)), instruction.position});
  }
  return inclusions;
}

void Mustache::add_names_to(InputNames& names) const {
  for (const Instruction& tag : instructions_) {
    const bool asks = tag.op == Op::variable || tag.op == Op::raw || tag.op == Op::section ||
                      tag.op == Op::inverted;
    if (!asks) continue;
    InputNames::Name name;
    for (std::uint32_t i = 0; i < tag.part_count; ++i)
      name.emplace_back(view(parts_[tag.part + i]));
    name.empty() ? names.add_all() : names.add(std::move(name));
  }
}

bool Mustache::holds_only_variables() const {
  return std::all_of(instructions_.begin(), instructions_.end(), [](const Instruction& each) {
    return each.op == Op::text || each.op == Op::variable || each.op == Op::raw;
  });
}

std::string Mustache::place(Position position) const {
  return name_ + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

}  // namespace titan::render

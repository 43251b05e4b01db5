#include "render/recorder.hpp"

namespace titan::render {
namespace {

bool ends_at_line_start(std::string_view out) {
  return out.empty() || out.back() == '\n';
}

std::uint32_t offset(std::size_t number) {
  return static_cast<std::uint32_t>(number);  // kFileOutputBytesMax fits
}

}  // namespace

void Recorder::wrote_text(const Mustache& text, Mustache::Position position, std::size_t begin,
                          std::string_view out) {
  if (begin == out.size()) return;
  trace_.pieces.push_back({.begin = offset(begin),
                           .end = offset(out.size()),
                           .kind = Trace::Kind::text,
                           .text = text_index(text),
                           .position = position,
                           .decider = innermost()});
}

void Recorder::wrote_value(const Mustache& text, const Mustache::Instruction& tag,
                           std::size_t found_in, std::size_t begin, std::string_view out) {
  Trace::Piece piece{.begin = offset(begin),
                     .end = offset(out.size()),
                     .kind = Trace::Kind::value,
                     .text = text_index(text),
                     .position = tag.position,
                     .pointer = pointer_of(text, tag, found_in),
                     .decider = innermost()};
  trace_.pieces.push_back(piece);
  // With another value, the next line might not begin here.
  if (begin == out.size() || out.back() != '\n') return;
  piece.begin = piece.end;
  piece.kind = Trace::Kind::value_before;
  trace_.pieces.push_back(piece);
}

void Recorder::copied(const std::string& source, std::string_view out) {
  trace_.texts.push_back(source);
  trace_.pieces.push_back({.begin = 0, .end = offset(out.size())});
}

void Recorder::left_out(const Mustache& text, const Mustache::Instruction& tag,
                        std::size_t found_in, std::string_view out) {
  const std::uint32_t decider = add_decider(text, tag, pointer_of(text, tag, found_in));
  trace_.deciders[decider].left_out = true;
  trace_.pieces.push_back({.begin = offset(out.size()),
                           .end = offset(out.size()),
                           .kind = Trace::Kind::decider,
                           .decider = decider});
}

void Recorder::entered(const Mustache& text, const Mustache::Instruction& tag, std::size_t found_in,
                       bool is_list, std::size_t level, std::string_view out) {
  const bool in_line = !ends_at_line_start(out);
  const bool has_context = tag.op == Mustache::Op::section;
  const std::uint32_t pointer = pointer_of(text, tag, found_in);
  const std::uint32_t decider = add_decider(text, tag, pointer);
  if (is_list) trace_.deciders[decider].item = 0;
  sections_.push_back({.end = tag.jump,
                       .level = level,
                       .has_context = has_context,
                       .begins_in_line = in_line,
                       .item_begins_in_line = in_line,
                       .decider = decider,
                       .pointer = pointer});
  if (has_context) contexts_.push_back(is_list ? pointer_below(pointer, "0") : pointer);
}

void Recorder::next_item(std::string_view out) {
  Section& section = sections_.back();
  end_item(section, section.item_begins_in_line, out);
  Trace::Decider decider = trace_.deciders[section.decider];
  ++decider.item;
  section.decider = offset(trace_.deciders.size());
  section.item_begins_in_line = !ends_at_line_start(out);
  contexts_.back() = pointer_below(section.pointer, std::to_string(decider.item));
  trace_.deciders.push_back(decider);
}

void Recorder::reached(std::size_t instruction, std::size_t level, std::string_view out) {
  while (!sections_.empty() && sections_.back().level == level &&
         sections_.back().end <= instruction) {
    const Section& section = sections_.back();
    end_item(section, section.begins_in_line || section.item_begins_in_line, out);
    if (section.has_context) contexts_.pop_back();
    sections_.pop_back();
  }
}

// What began in a line and ends at the start of another has split a line: without it, what comes
// next would have been more of the first.
void Recorder::end_item(const Section& section, bool begins_in_line, std::string_view out) {
  if (!begins_in_line || !ends_at_line_start(out)) return;
  trace_.pieces.push_back({.begin = offset(out.size()),
                           .end = offset(out.size()),
                           .kind = Trace::Kind::decider,
                           .decider = section.decider});
}

std::uint32_t Recorder::innermost() const {
  return sections_.empty() ? Trace::kNone : sections_.back().decider;
}

std::uint32_t Recorder::add_decider(const Mustache& text, const Mustache::Instruction& tag,
                                    std::uint32_t pointer) {
  trace_.deciders.push_back({.outer = innermost(),
                             .inverted = tag.op == Mustache::Op::inverted,
                             .text = text_index(text),
                             .position = tag.position,
                             .pointer = pointer});
  return offset(trace_.deciders.size() - 1);
}

std::uint32_t Recorder::text_index(const Mustache& text) {
  const auto [found, is_new] = texts_.try_emplace(&text, offset(trace_.texts.size()));
  if (is_new) trace_.texts.push_back(text.name());
  return found->second;
}

std::uint32_t Recorder::pointer_below(std::uint32_t outer, std::string_view name) {
  const auto [found, is_new] =
      pointers_.try_emplace({outer, std::string(name)}, offset(trace_.pointers.size()));
  if (is_new) trace_.pointers.push_back({outer, std::string(name)});
  return found->second;
}

std::uint32_t Recorder::pointer_of(const Mustache& text, const Mustache::Instruction& tag,
                                   std::size_t found_in) {
  std::uint32_t pointer = contexts_[found_in];
  for (std::uint32_t i = 0; i < tag.part_count; ++i) {
    pointer = pointer_below(pointer, text.view(text.parts_[tag.part + i]));
  }
  return pointer;
}

}  // namespace titan::render

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
  add({.begin = offset(begin),
       .end = offset(out.size()),
       .kind = Trace::Kind::text,
       .text = text_index(text),
       .position = position,
       .inclusion = inclusion_,
       .decider = innermost()});
}

void Recorder::wrote_value(const Mustache& text, const Mustache::Instruction& tag,
                           std::size_t found_in, std::size_t begin, std::string_view out) {
  Trace::Piece piece{.begin = offset(begin),
                     .end = offset(out.size()),
                     .kind = Trace::Kind::value,
                     .text = text_index(text),
                     .position = tag.position,
                     .inclusion = inclusion_,
                     .pointer = pointer_of(text, tag, found_in),
                     .decider = innermost()};
  add(piece);
  // With another value, the next line might not begin here.
  if (begin == out.size() || out.back() != '\n') return;
  piece.begin = piece.end;
  piece.kind = Trace::Kind::value_before;
  add(piece);
}

void Recorder::included(const Mustache& text, const Mustache::Instruction& tag) {
  trace_.inclusions.push_back(
      {.outer = inclusion_, .text = text_index(text), .position = tag.position});
  inclusion_ = offset(trace_.inclusions.size() - 1);
  --budget_.pieces;
}

void Recorder::left() {
  inclusion_ = trace_.inclusions[inclusion_].outer;
}

void Recorder::copied(const std::string& source, std::string_view out) {
  trace_.texts.push_back(source);
  add({.begin = 0, .end = offset(out.size())});
}

void Recorder::left_out(const Mustache& text, const Mustache::Instruction& tag,
                        std::size_t found_in, std::string_view out) {
  // What would be lines of its own does not stand in the line that comes next.
  if (ends_at_line_start(out) && tag.ends_line) return;
  const std::uint32_t decider = add_decider(text, tag, pointer_of(text, tag, found_in));
  trace_.deciders[decider].left_out = true;
  add({.begin = offset(out.size()),
       .end = offset(out.size()),
       .kind = Trace::Kind::decider,
       .decider = decider});
}

void Recorder::entered(const Mustache& text, const Mustache::Instruction& tag, std::size_t found_in,
                       bool is_list, std::size_t level, std::string_view out) {
  const std::uint32_t pointer = pointer_of(text, tag, found_in);
  const std::uint32_t decider = add_decider(text, tag, pointer);
  if (is_list) trace_.deciders[decider].item = 0;
  Section section{.end = tag.jump,
                  .level = level,
                  .has_context = tag.op == Mustache::Op::section,
                  .pointer = pointer,
                  .decider = decider};
  begin_item(section, out);
  sections_.push_back(section);
  if (section.has_context) contexts_.push_back(is_list ? pointer_below(pointer, "0") : pointer);
}

void Recorder::next_item(std::string_view out) {
  Section& section = sections_.back();
  end_item(section, out);
  Trace::Decider decider = trace_.deciders[section.decider];
  ++decider.item;
  section.decider = offset(trace_.deciders.size());
  trace_.deciders.push_back(decider);
  --budget_.pieces;
  contexts_.back() = pointer_below(section.pointer, std::to_string(decider.item));
  begin_item(section, out);
}

void Recorder::reached(std::size_t instruction, std::size_t level, std::string_view out) {
  while (!sections_.empty() && sections_.back().level == level &&
         sections_.back().end <= instruction) {
    end_item(sections_.back(), out);
    if (sections_.back().has_context) contexts_.pop_back();
    sections_.pop_back();
  }
}

void Recorder::begin_item(Section& section, std::string_view out) {
  section.begins_in_line = !ends_at_line_start(out);
  section.causes_end = trace_.pieces.size();
  section.causes_begin = section.causes_end;
  if (section.begins_in_line) return;
  for (; section.causes_begin > 0 && budget_.pieces >= 0; --budget_.pieces) {
    const Trace::Piece& before = trace_.pieces[section.causes_begin - 1];
    if (before.begin != before.end || before.end != out.size()) break;
    --section.causes_begin;
  }
}

// What began in a line and ends at the start of another has split a line: without it, what comes
// next would have been more of the first. What began at the start of a line may be gone together
// with what made that start.
void Recorder::end_item(const Section& section, std::string_view out) {
  if (!ends_at_line_start(out)) return;
  const std::uint32_t here = offset(out.size());
  if (section.begins_in_line) {
    add({.begin = here, .end = here, .kind = Trace::Kind::decider, .decider = section.decider});
    return;
  }
  for (std::size_t i = section.causes_begin; i < section.causes_end && budget_.pieces >= 0; ++i) {
    Trace::Piece cause = trace_.pieces[i];
    if (cause.begin == here) return;  // nothing was written since
    cause.begin = here;
    cause.end = here;
    if (cause.kind == Trace::Kind::value) cause.kind = Trace::Kind::value_before;
    add(cause);
  }
}

void Recorder::add(const Trace::Piece& piece) {
  --budget_.pieces;
  trace_.pieces.push_back(piece);
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
                             .inclusion = inclusion_,
                             .pointer = pointer});
  --budget_.pieces;
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

#include "render/mustache_parser.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "render/limits.hpp"

namespace titan::render {
namespace {

constexpr std::string_view kSigils = "!={&#^/><$";
constexpr std::size_t kReservedInstructions = 16;
constexpr std::string_view kWhiteSpace = " \t\r\n";
constexpr std::string_view kBlanks = " \t";
// What no name starts with: the sigils of Mustache, and those of its optional modules.
constexpr std::string_view kReserved = "!={}&#^/><$*";

bool holds_white_space_or_control(std::string_view name) {
  for (const char byte : name) {
    if (static_cast<unsigned char>(byte) <= ' ' || byte == '\x7f') return true;
  }
  return false;
}

std::string_view common_start(std::string_view a, std::string_view b) {
  const auto length = std::min(a.size(), b.size());
  return a.substr(
      0, static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + length, b.begin()).first -
                                  a.begin()));
}

}  // namespace

Result<void> MustacheParser::parse() {
  if (text_.size() > kTextBytesMax) {
    return exhausted(into_.name_ + ": " + std::to_string(text_.size()) +
                     " bytes; a template text has at most " + std::to_string(kTextBytesMax));
  }
  into_.instructions_.reserve(kReservedInstructions);
  std::size_t at = 0;
  Position text_position;
  while (true) {
    const std::size_t begin = text_.find(open_, at);
    if (begin == std::string_view::npos) break;
    TITAN_ASSIGN(const Tag tag, read_tag(begin));
    if (++tags_ > kTagsMax) {
      return exhausted(into_.name_ + ": more than " + std::to_string(kTagsMax) + " tags");
    }
    const Extent extent = extent_of(tag);
    add_text(at, extent.taken.begin, text_position);
    if (needs_line_start(tag, extent)) {
      into_.instructions_.push_back(
          {.op = Op::text, .starts_line = true, .position = tag.position});
    }
    move_cursor(tag.end);
    TITAN_TRY(add_tag(tag, extent));
    at = extent.taken.end;
    move_cursor(at);
    text_position = position_;
  }
  add_text(at, text_.size(), text_position);
  if (!scopes_.empty()) return unclosed();
  return {};
}

Result<MustacheParser::Tag> MustacheParser::read_tag(std::size_t begin) {
  move_cursor(begin);
  Tag tag{.begin = begin, .position = position_};
  std::size_t content = text_.find_first_not_of(kWhiteSpace, begin + open_.size());
  std::string closing = close_;
  if (content != std::string_view::npos && kSigils.find(text_[content]) != std::string_view::npos) {
    tag.sigil = text_[content++];
    if (tag.sigil == '{') closing.insert(0, 1, '}');
    if (tag.sigil == '=') closing.insert(0, 1, '=');
  }
  const std::size_t end =
      content == std::string_view::npos ? content : text_.find(closing, content);
  if (end == std::string_view::npos) {
    return error_at(position_, "the tag that starts here has no end; expected " + closing);
  }
  tag.content = trim(text_.substr(content, end - content));
  tag.end = end + closing.size();
  return tag;
}

bool MustacheParser::is_in(Scope scope) const {
  return !scopes_.empty() && scopes_.back().scope == scope;
}

MustacheParser::Extent MustacheParser::extent_of(const Tag& tag) const {
  Extent extent{.taken = {tag.begin, tag.end}};
  if (tag.sigil == '\0' || tag.sigil == '{' || tag.sigil == '&') return extent;
  Range line = extent.taken;
  while (line.begin > 0 && kBlanks.find(text_[line.begin - 1]) != std::string_view::npos) {
    --line.begin;
  }
  line.end = std::min(text_.find_first_not_of(kBlanks, line.end), text_.size());
  const std::string_view rest = text_.substr(line.end);
  const std::size_t line_break = rest.starts_with("\r\n") ? 2 : rest.starts_with('\n') ? 1 : 0;
  line.end += line_break;
  extent.ends_line = line_break > 0 || rest.empty();
  extent.starts_line = tag.sigil == '<' || tag.sigil == '$' ? at_line_start(line.begin)
                                                            : is_source_line_start(line.begin);
  extent.standalone = extent.starts_line && extent.ends_line;

  const bool closes = tag.sigil == '/' && !scopes_.empty();
  const Scope scope = closes ? scopes_.back().scope : Scope::section;
  bool takes_begin = extent.standalone;
  bool takes_end = extent.standalone;
  if (tag.sigil == '<') {  // whether it is alone, its end tells
    takes_begin = extent.starts_line;
    takes_end = false;
  } else if (tag.sigil == '$') {
    takes_begin = extent.starts_line;
    if (is_in(Scope::parent)) takes_end = extent.ends_line;
  } else if (closes && scope == Scope::parent) {
    takes_begin = false;
    takes_end = extent.ends_line && into_.instructions_[scopes_.back().instruction].starts_line;
  } else if (closes && scope == Scope::argument) {
    takes_begin = extent.starts_line;
    takes_end = false;
  } else if (closes && scope == Scope::block) {
    takes_end = extent.ends_line;
  }
  if (takes_begin) extent.taken.begin = line.begin;
  if (takes_end) extent.taken.end = line.end;
  return extent;
}

// Text carries the indentation of a partial's lines, so a line that a tag starts needs some; but
// parents and blocks know by themselves.
bool MustacheParser::needs_line_start(const Tag& tag, const Extent& extent) const {
  if (extent.standalone || is_in(Scope::parent) || tag.sigil == '<' || tag.sigil == '$') {
    return false;
  }
  const bool ends_argument = tag.sigil == '/' && is_in(Scope::argument);
  return !ends_argument && at_line_start(extent.taken.begin);
}

Result<void> MustacheParser::add_tag(const Tag& tag, const Extent& extent) {
  if (is_in(Scope::parent) && std::string_view("!=$/").find(tag.sigil) == std::string_view::npos) {
    return error_at(tag.position, quote(text_.substr(tag.begin, tag.end - tag.begin)) +
                                      " stands in the parent " +
                                      quote(into_.view(scopes_.back().name)) +
                                      ", but in none of its blocks, so it would never be shown");
  }
  switch (tag.sigil) {
    case '!':
      return {};
    case '=':
      return set_delimiters(tag);
    case '#':
      return open_section(Op::section, tag);
    case '^':
      return open_section(Op::inverted, tag);
    case '<':
      return open_parent(tag, extent);
    case '$':
      return is_in(Scope::parent) ? open_argument(tag, extent) : open_block(tag, extent);
    case '/':
      return close(tag, extent);
    case '>':
      return add_partial(tag, extent);
    case '{':
    case '&':
      return add_named(Op::raw, tag);
    default:
      return add_named(Op::variable, tag);
  }
}

void MustacheParser::add_text(std::size_t from, std::size_t to, Position position) {
  if (from == to || is_in(Scope::parent)) return;
  if (dedent_.empty()) {
    into_.instructions_.push_back({.op = Op::text,
                                   .starts_line = at_line_start(from),
                                   .span = span_of(Range{from, to}),
                                   .position = position});
    return;
  }
  while (from < to) {
    const Range line{from, std::min(text_.find('\n', from), to - 1) + 1};
    const Mustache::Span span = dedented(line);
    position.column += span.offset - static_cast<std::uint32_t>(from);  // white space was left out
    into_.instructions_.push_back(
        {.op = Op::text, .starts_line = at_line_start(from), .span = span, .position = position});
    from = line.end;
    position = {position.line + 1, 1};
  }
}

Result<void> MustacheParser::add_named(Op op, const Tag& tag) {
  TITAN_TRY(check_tag_name(tag));
  Mustache::Instruction instruction{
      .op = op,
      .span = span_of(tag.content),
      .part = static_cast<std::uint32_t>(into_.parts_.size()),
      .position = tag.position,
  };
  if (tag.content == ".") {
    into_.instructions_.push_back(instruction);
    return {};
  }
  for (std::size_t start = 0; start <= tag.content.size();) {
    const std::size_t dot = std::min(tag.content.find('.', start), tag.content.size());
    if (dot == start) {
      return error_at(tag.position, quote(tag.content) +
                                        " is not a name; expected names with single dots between "
                                        "them, or \".\" alone");
    }
    into_.parts_.push_back(span_of(tag.content.substr(start, dot - start)));
    ++instruction.part_count;
    start = dot + 1;
  }
  into_.instructions_.push_back(instruction);
  return {};
}

Result<void> MustacheParser::add_partial(const Tag& tag, const Extent& extent) {
  TITAN_TRY(check_tag_name(tag));
  Instruction partial{.op = Op::partial, .span = span_of(tag.content), .position = tag.position};
  if (extent.standalone) {
    partial.standalone = true;
    partial.indent = dedented({extent.taken.begin, tag.begin});
  }
  into_.instructions_.push_back(partial);
  return {};
}

Result<void> MustacheParser::enter(Scope scope, const Tag& tag) {
  if (scopes_.size() == kSectionDepthMax) {
    return exhausted(into_.place(tag.position) + ": more than " + std::to_string(kSectionDepthMax) +
                     " sections, parents and blocks inside one another");
  }
  TITAN_TRY(check_tag_name(tag));
  scopes_.push_back({.scope = scope,
                     .instruction = into_.instructions_.size(),
                     .name = span_of(tag.content),
                     .position = tag.position});
  return {};
}

Result<void> MustacheParser::open_section(Op op, const Tag& tag) {
  TITAN_TRY(enter(Scope::section, tag));
  return add_named(op, tag);
}

Result<void> MustacheParser::open_parent(const Tag& tag, const Extent& extent) {
  TITAN_TRY(enter(Scope::parent, tag));
  into_.instructions_.push_back({.op = Op::parent,
                                 .starts_line = extent.starts_line,
                                 .span = span_of(tag.content),
                                 .indent = dedented({extent.taken.begin, tag.begin}),
                                 .position = tag.position});
  return {};
}

Result<void> MustacheParser::open_block(const Tag& tag, const Extent& extent) {
  TITAN_TRY(enter(Scope::block, tag));
  const Mustache::Span lead = dedented({extent.taken.begin, tag.begin});
  scopes_.back().lead = lead;
  into_.instructions_.push_back(
      {.op = Op::block,
       .starts_line = extent.starts_line,
       .standalone = extent.standalone,
       .span = span_of(tag.content),
       .indent = extent.standalone ? dedented(indentation_from(extent.taken.end)) : lead,
       .position = tag.position});
  return {};
}

Result<void> MustacheParser::open_argument(const Tag& tag, const Extent& extent) {
  TITAN_TRY(enter(Scope::argument, tag));
  scopes_.back().dedent = dedent_;
  const Range indentation =
      extent.ends_line ? indentation_from(extent.taken.end) : Range{tag.end, tag.end};
  dedent_ = text_.substr(indentation.begin, indentation.end - indentation.begin);
  argument_begin_ = extent.taken.end;
  return {};
}

Result<void> MustacheParser::close(const Tag& tag, const Extent& extent) {
  const std::string written = open_ + "/" + std::string(tag.content) + close_;
  if (scopes_.empty()) return error_at(tag.position, written + " ends no section");
  if (into_.view(scopes_.back().name) != tag.content) {
    return error_at(tag.position, written + " does not end the innermost " +
                                      kind_of(scopes_.back().scope) + ", which is " +
                                      quote(into_.view(scopes_.back().name)) + " from line " +
                                      std::to_string(scopes_.back().position.line));
  }
  Open opened = std::move(scopes_.back());
  scopes_.pop_back();
  switch (opened.scope) {
    case Scope::section:
      close_section(opened);
      return {};
    case Scope::parent:
      return close_parent(opened, extent);
    case Scope::block:
      close_block(opened, tag, extent);
      return {};
    case Scope::argument:
      close_argument(opened, extent);
  }
  return {};
}

void MustacheParser::close_section(const Open& opened) {
  const Instruction& last = into_.instructions_.back();
  const bool is_of_inner = inverted_end_ == into_.instructions_.size();
  const bool ends_line =
      last.op == Op::text && !is_of_inner && into_.view(last.span).ends_with('\n');
  Instruction& section = into_.instructions_[opened.instruction];
  section.ends_line = ends_line;
  const bool is_inverted = section.op == Op::inverted;
  if (!is_inverted) {
    into_.instructions_.push_back(
        {.op = Op::section_end, .jump = static_cast<std::uint32_t>(opened.instruction + 1)});
  }
  into_.instructions_[opened.instruction].jump = next_instruction();
  if (is_inverted) inverted_end_ = into_.instructions_.size();
}

Result<void> MustacheParser::close_parent(Open& opened, const Extent& extent) {
  const auto name_of = [this](const Mustache::Argument& each) { return into_.view(each.name); };
  std::vector<Mustache::Argument>& arguments = opened.arguments;
  std::sort(arguments.begin(), arguments.end(),
            [&](const auto& a, const auto& b) { return name_of(a) < name_of(b); });
  const auto twice =
      std::adjacent_find(arguments.begin(), arguments.end(),
                         [&](const auto& a, const auto& b) { return name_of(a) == name_of(b); });
  if (twice != arguments.end()) {
    return error_at(opened.position, "the parent " + quote(into_.view(opened.name)) +
                                         " is given the block " + quote(name_of(*twice)) +
                                         " twice");
  }
  Instruction& parent = into_.instructions_[opened.instruction];
  parent.standalone = parent.starts_line && extent.ends_line;
  parent.part = static_cast<std::uint32_t>(into_.arguments_.size());
  parent.part_count = static_cast<std::uint32_t>(arguments.size());
  parent.jump = next_instruction();
  into_.arguments_.insert(into_.arguments_.end(), arguments.begin(), arguments.end());
  return {};
}

void MustacheParser::close_block(const Open& opened, const Tag& tag, const Extent& extent) {
  const bool empty = holds_nothing(opened.instruction + 1);
  Instruction& block = into_.instructions_[opened.instruction];
  const bool whole = block.starts_line && extent.ends_line;
  if (empty) block.indent = opened.lead;
  if (empty && whole) block.standalone = true;
  block.jump = next_instruction();
  into_.instructions_.push_back({.op = Op::block_end,
                                 .standalone = whole,
                                 .ends_line = empty ? whole : extent.standalone,
                                 .span = span_of(Range{tag.end, extent.taken.end}),
                                 .position = position_});
}

void MustacheParser::close_argument(const Open& opened, const Extent& extent) {
  const bool empty = holds_nothing(opened.instruction);
  scopes_.back().arguments.push_back({.name = opened.name,
                                      .first = static_cast<std::uint32_t>(opened.instruction),
                                      .empty = empty,
                                      .ends_line = !empty && extent.starts_line});
  into_.instructions_.push_back({.op = Op::argument_end});
  dedent_ = opened.dedent;
}

Error MustacheParser::unclosed() const {
  const Open& opened = scopes_.back();
  const std::string name(into_.view(opened.name));
  return error_at(opened.position, std::string("the ") + kind_of(opened.scope) + " " + quote(name) +
                                       " has no end; expected " + open_ + "/" + name + close_);
}

const char* MustacheParser::kind_of(Scope scope) {
  if (scope == Scope::section) return "section";
  return scope == Scope::parent ? "parent" : "block";
}

// The white space at the start of the first line from here that holds something.
MustacheParser::Range MustacheParser::indentation_from(std::size_t line) const {
  const std::size_t end = std::min(text_.find_first_not_of(kWhiteSpace, line), text_.size());
  const std::size_t before = text_.substr(0, end).find_last_of("\r\n");
  return {before == std::string_view::npos ? line : std::max(line, before + 1), end};
}

// What is left of a line, or of its start, without the indentation that the argument around it has.
Mustache::Span MustacheParser::dedented(Range line) const {
  if (is_source_line_start(line.begin)) {
    line.begin += common_start(dedent_, text_.substr(line.begin, line.end - line.begin)).size();
  }
  return span_of(line);
}

bool MustacheParser::holds_nothing(std::size_t from) const {
  return std::all_of(
      into_.instructions_.begin() + static_cast<std::ptrdiff_t>(from), into_.instructions_.end(),
      [](const Instruction& each) { return each.op == Op::text && each.span.length == 0; });
}

std::uint32_t MustacheParser::next_instruction() const {
  return static_cast<std::uint32_t>(into_.instructions_.size());
}

Result<void> MustacheParser::set_delimiters(const Tag& tag) {
  const std::size_t gap = tag.content.find_first_of(kWhiteSpace);
  const std::string_view open = tag.content.substr(0, gap);
  const std::string_view close =
      gap == std::string_view::npos ? std::string_view() : trim(tag.content.substr(gap));
  if (open.empty() || close.empty() || holds_white_space_or_control(close) ||
      tag.content.find('=') != std::string_view::npos) {
    return error_at(tag.position, quote(tag.content) +
                                      " does not set delimiters; expected two, with white space "
                                      "between them and no \"=\" in them, as in {{=<% %>=}}");
  }
  open_ = open;
  close_ = close;
  return {};
}

Result<void> MustacheParser::check_tag_name(const Tag& tag) const {
  const std::string_view name = tag.content;
  if (name.empty()) return error_at(tag.position, "a tag without a name");
  if (name.size() > kTagNameBytesMax) {
    return exhausted(into_.place(tag.position) + ": a name of " + std::to_string(name.size()) +
                     " bytes; at most " + std::to_string(kTagNameBytesMax) + " are allowed");
  }
  if (holds_white_space_or_control(name)) {
    return error_at(tag.position, quote(name) + " is not a name: it holds white space");
  }
  if (kReserved.find(name.front()) != std::string_view::npos) {
    return error_at(tag.position,
                    quote(name) + " is not a name: it starts with \"" + name.front() + "\"");
  }
  return {};
}

void MustacheParser::move_cursor(std::size_t to) {
  for (; cursor_ < to; ++cursor_) {
    const auto byte = static_cast<unsigned char>(text_[cursor_]);
    if (byte == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((byte & 0xC0U) != 0x80U) {  // not a continuation byte of UTF-8
      ++position_.column;
    }
  }
}

bool MustacheParser::is_source_line_start(std::size_t offset) const {
  return offset == 0 || text_[offset - 1] == '\n';
}

bool MustacheParser::at_line_start(std::size_t offset) const {
  return offset == argument_begin_ || is_source_line_start(offset);
}

Mustache::Span MustacheParser::span_of(std::string_view piece) const {
  return {static_cast<std::uint32_t>(piece.data() - text_.data()),
          static_cast<std::uint32_t>(piece.size())};
}

Mustache::Span MustacheParser::span_of(Range range) {
  return {static_cast<std::uint32_t>(range.begin),
          static_cast<std::uint32_t>(range.end - range.begin)};
}

Error MustacheParser::error_at(Position position, std::string message) const {
  return invalid(into_.place(position) + ": " + std::move(message));
}

}  // namespace titan::render

#include "render/mustache_parser.hpp"

#include "base/text.hpp"
#include "render/limits.hpp"

namespace titan::render {
namespace {

constexpr std::string_view kSigils = "!={&#^/>";
constexpr std::string_view kWhiteSpace = " \t\r\n";
// What no name starts with: the sigils of Mustache, and those of its optional modules.
constexpr std::string_view kReserved = "!={}&#^/><$*";

// These may stand alone on a line, which then gives no line of output.
bool may_stand_alone(char sigil) {
  return sigil != '\0' && std::string_view("!=#^/>").find(sigil) != std::string_view::npos;
}

bool holds_white_space_or_control(std::string_view name) {
  for (const char byte : name) {
    if (static_cast<unsigned char>(byte) <= ' ' || byte == '\x7f') return true;
  }
  return false;
}

}  // namespace

Result<void> MustacheParser::parse() {
  if (text_.size() > kTextBytesMax) {
    return exhausted(into_.name_ + ": " + std::to_string(text_.size()) +
                     " bytes; a template text has at most " + std::to_string(kTextBytesMax));
  }
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text_.find(open_, at);
    if (begin == std::string_view::npos) break;
    TITAN_ASSIGN(const Tag tag, read_tag(begin));
    if (++tags_ > kTagsMax) {
      return exhausted(into_.name_ + ": more than " + std::to_string(kTagsMax) + " tags");
    }
    const std::optional<Range> line = line_of(tag);
    add_text(at, line ? line->begin : begin);
    // Text carries the indentation of a partial's lines, so a line that a tag starts needs some.
    if (!line && at_line_start(begin)) {
      into_.instructions_.push_back({.op = Op::text, .starts_line = true});
    }
    TITAN_TRY(add_tag(tag, line));
    at = line ? line->end : tag.end;
  }
  add_text(at, text_.size());
  if (sections_.empty()) return {};
  const Mustache::Instruction& section = into_.instructions_[sections_.back()];
  const std::string name(into_.view(section.span));
  return error_at(section.position, "the section " + quote(name) + " has no end; expected " +
                                        open_ + "/" + name + close_);
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

// The line (with its line break) that the tag has for itself, if it has.
std::optional<MustacheParser::Range> MustacheParser::line_of(const Tag& tag) const {
  if (!may_stand_alone(tag.sigil)) return std::nullopt;
  Range line{.begin = tag.begin, .end = tag.end};
  while (line.begin > 0 && (text_[line.begin - 1] == ' ' || text_[line.begin - 1] == '\t')) {
    --line.begin;
  }
  if (!at_line_start(line.begin)) return std::nullopt;
  while (line.end < text_.size() && (text_[line.end] == ' ' || text_[line.end] == '\t')) {
    ++line.end;
  }
  const std::string_view rest = text_.substr(line.end);
  if (rest.empty()) return line;
  if (rest.starts_with("\r\n")) return Range{line.begin, line.end + 2};
  if (rest.starts_with('\n')) return Range{line.begin, line.end + 1};
  return std::nullopt;
}

Result<void> MustacheParser::add_tag(const Tag& tag, const std::optional<Range>& line) {
  switch (tag.sigil) {
    case '!':
      return {};
    case '=':
      return set_delimiters(tag);
    case '#':
      return open_section(Op::section, tag);
    case '^':
      return open_section(Op::inverted, tag);
    case '/':
      return close_section(tag);
    case '>':
      return add_partial(tag, line);
    case '{':
    case '&':
      return add_named(Op::raw, tag);
    default:
      return add_named(Op::variable, tag);
  }
}

void MustacheParser::add_text(std::size_t from, std::size_t to) {
  if (from == to) return;
  into_.instructions_.push_back({.op = Op::text,
                                 .starts_line = at_line_start(from),
                                 .span = span_of(text_.substr(from, to - from))});
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

Result<void> MustacheParser::open_section(Op op, const Tag& tag) {
  if (sections_.size() == kSectionDepthMax) {
    return exhausted(into_.place(tag.position) + ": more than " + std::to_string(kSectionDepthMax) +
                     " sections inside one another");
  }
  TITAN_TRY(add_named(op, tag));
  sections_.push_back(into_.instructions_.size() - 1);
  return {};
}

Result<void> MustacheParser::close_section(const Tag& tag) {
  const std::string written = open_ + "/" + std::string(tag.content) + close_;
  if (sections_.empty()) return error_at(tag.position, written + " ends no section");
  const std::size_t start = sections_.back();
  const Mustache::Instruction section = into_.instructions_[start];
  if (into_.view(section.span) != tag.content) {
    return error_at(tag.position, written + " does not end the innermost section, which is " +
                                      quote(into_.view(section.span)) + " from line " +
                                      std::to_string(section.position.line));
  }
  sections_.pop_back();
  if (section.op == Op::section) {
    into_.instructions_.push_back(
        {.op = Op::section_end, .jump = static_cast<std::uint32_t>(start + 1)});
  }
  into_.instructions_[start].jump = static_cast<std::uint32_t>(into_.instructions_.size());
  return {};
}

Result<void> MustacheParser::add_partial(const Tag& tag, const std::optional<Range>& line) {
  TITAN_TRY(check_tag_name(tag));
  Mustache::Instruction partial{
      .op = Op::partial, .span = span_of(tag.content), .position = tag.position};
  if (line) {
    partial.standalone = true;
    partial.indent = span_of(text_.substr(line->begin, tag.begin - line->begin));
  }
  into_.instructions_.push_back(partial);
  return {};
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

bool MustacheParser::at_line_start(std::size_t offset) const {
  return offset == 0 || text_[offset - 1] == '\n';
}

Mustache::Span MustacheParser::span_of(std::string_view piece) const {
  return {static_cast<std::uint32_t>(piece.data() - text_.data()),
          static_cast<std::uint32_t>(piece.size())};
}

Error MustacheParser::error_at(Position position, std::string message) const {
  return invalid(into_.place(position) + ": " + std::move(message));
}

}  // namespace titan::render

#include "render/mustache_machine.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/secret_use.hpp"
#include "render/limits.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

constexpr std::size_t kReservedBytes = 4096;  // for the output, which is often as long as the text

bool is_shown(const json* value) {
  if (value == nullptr || value->is_null()) return false;
  if (value->is_boolean()) return value->get<bool>();
  return !value->is_array() || !value->empty();
}

const json* member_of(const json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string_view kind_of(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "true or false";
  return value.is_null() ? "null" : "a number";
}

// Why `value` cannot be part of one name in a path; empty when it can.
std::string_view why_no_path_name(std::string_view value) {
  if (value == "." || value == "..") return "would lead to another folder";
  for (const char byte : value) {
    if (byte == '/') return "holds \"/\"";
    if (static_cast<unsigned char>(byte) < ' ' || byte == '\x7f') {
      return "holds a control character";
    }
  }
  return {};
}

}  // namespace

Result<std::string> MustacheMachine::run(const Mustache& text, const json& context) {
  contexts_.push_back(&context);
  out_.reserve(std::min(text.text_.size(), kReservedBytes));
  TITAN_TRY(execute({text}));
  return std::move(out_);
}

Result<void> MustacheMachine::execute(const Part& part) {
  const Mustache& text = part.text;
  for (std::size_t at = part.first; at < text.instructions_.size();) {
    if (recorder_ != nullptr) recorder_->reached(at, depth_, out_);
    const Instruction& instruction = text.instructions_[at++];
    --budget_.steps;
    switch (instruction.op) {
      case Op::text:
        write_text(part, instruction);
        break;
      case Op::variable:
      case Op::raw:
        TITAN_TRY(write_variable(text, instruction));
        break;
      case Op::section:
        if (!enter_section(text, instruction)) at = instruction.jump;
        break;
      case Op::inverted:
        if (!enter_inverted(text, instruction)) at = instruction.jump;
        break;
      case Op::section_end:
        if (next_of_section()) at = instruction.jump;
        break;
      case Op::partial:
        TITAN_TRY(include(part, instruction));
        break;
      case Op::parent:
        TITAN_TRY(include(part, instruction));
        at = instruction.jump;
        break;
      case Op::block: {
        TITAN_ASSIGN(at, enter_block(part, instruction));
        break;
      }
      case Op::block_end:
        if (!instruction.ends_line) write_text(part, instruction);
        break;
      case Op::argument_end:
        at = text.instructions_.size();
        break;
    }
    const bool spent = budget_.steps < 0 || budget_.pieces < 0;
    if (spent || out_.size() > kFileOutputBytesMax) return limit_reached(text);
  }
  if (recorder_ != nullptr) recorder_->reached(text.instructions_.size(), depth_, out_);
  return {};
}

Error MustacheMachine::limit_reached(const Mustache& text) const {
  if (budget_.steps < 0) {
    return exhausted(text.name_ + ": rendering takes more than " + std::to_string(kStepsMax) +
                     " steps");
  }
  if (out_.size() > kFileOutputBytesMax) {
    return exhausted(text.name_ + ": more than " + std::to_string(kFileOutputBytesMax) +
                     " bytes of output");
  }
  return exhausted(text.name_ + ": more than " + std::to_string(kTracedPiecesMax) +
                   " pieces of output, too many to say where each is from");
}

void MustacheMachine::write_text(const Part& part, const Instruction& text) {
  const std::size_t begin = out_.size();
  const std::string_view written = part.text.view(text.span);
  if (part.indent.empty()) {
    out_ += written;
  } else {
    write_indented(written, text.starts_line, part.indent);
  }
  if (recorder_ == nullptr) return;
  recorder_->wrote_text(part.text, text.position, begin, out_);
}

void MustacheMachine::write_indented(std::string_view text, bool starts_line,
                                     std::string_view indent) {
  if (starts_line && out_.size() != line_begun_at_) out_ += indent;
  while (!text.empty() && out_.size() <= kFileOutputBytesMax) {
    const std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
    out_ += text.substr(0, line);
    text.remove_prefix(line);
    // When the text ends here, what starts the next line brings the indentation itself.
    if (!text.empty()) out_ += indent;
  }
}

// The white space before a parent or block that turned out to be text.
void MustacheMachine::write_lead(const Part& part, const Instruction& tag) {
  const Mustache::Position position{tag.position.line, tag.position.column - tag.indent.length};
  write_text(
      part,
      {.op = Op::text, .starts_line = tag.starts_line, .span = tag.indent, .position = position});
}

Result<void> MustacheMachine::write_variable(const Mustache& text, const Instruction& tag) {
  const json* value = find(text, tag);
  if (value == nullptr || value->is_null()) {
    if (settings_.strict && value == nullptr) return unknown_name(text, tag);
    if (settings_.strict) return refuse(text, tag, "is null");
    wrote_value(text, tag, out_.size());
    return {};
  }
  switch (value->type()) {
    case json::value_t::string:
      return write_scalar(text, tag, value->get_ref<const std::string&>());
    case json::value_t::object:
    case json::value_t::array:
      return write_structured(text, tag, *value);
    case json::value_t::number_integer:
      return write_scalar(text, tag, std::to_string(value->get<std::int64_t>()));
    case json::value_t::number_unsigned:
      return write_scalar(text, tag, std::to_string(value->get<std::uint64_t>()));
    default:
      return write_scalar(text, tag, canonical_json(*value));
  }
}

Result<void> MustacheMachine::write_scalar(const Mustache& text, const Instruction& tag,
                                           std::string_view value) {
  if (output_ == Output::path) {
    const std::string_view why = why_no_path_name(value);
    if (!why.empty()) {
      return refuse(text, tag,
                    "gives " + quote(value) + ", which " + std::string(why) +
                        "; in a path, a value has to be part of a single name");
    }
  }
  budget_.steps -= static_cast<std::int64_t>(value.size() / kEscapedBytesPerStep);
  const std::size_t begin = out_.size();
  if (tag.op == Op::raw) {
    out_ += value;
  } else if (const Result<void> done = escaper_.append(out_, value); !done) {
    return refuse(text, tag, done.error().message);
  }
  wrote_value(text, tag, begin);
  return {};
}

void MustacheMachine::wrote_value(const Mustache& text, const Instruction& tag, std::size_t begin) {
  if (recorder_ == nullptr) return;
  recorder_->wrote_value(text, tag, found_in_, begin, out_);
}

Result<void> MustacheMachine::write_structured(const Mustache& text, const Instruction& tag,
                                               const json& value) {
  const bool is_json_place =
      tag.op == Op::raw && (settings_.escape == Escape::json || settings_.escape == Escape::yaml);
  if (settings_.strict && model::is_secret_reference(value)) {
    return refuse(text, tag, "is the value of a secret, which may not stand here");
  }
  if (settings_.strict && !is_json_place) {
    return refuse(text, tag,
                  "is " + std::string(kind_of(value)) +
                      "; expected a string, a number, or true or false ({{{name}}} writes all of "
                      "it as JSON in JSON and YAML files)");
  }
  const std::string json_text = canonical_json(value);
  budget_.steps -= static_cast<std::int64_t>(json_text.size() / kJsonBytesPerStep);
  if (settings_.escape != Escape::yaml || tag.op != Op::raw) {
    return write_scalar(text, tag, json_text);
  }
  const std::size_t begin = out_.size();
  append_json_as_yaml(out_, json_text);
  wrote_value(text, tag, begin);
  return {};
}

// False: the section is left out.
bool MustacheMachine::enter_section(const Mustache& text, const Instruction& tag) {
  const json* value = find(text, tag);
  const bool shown = is_shown(value);
  const bool is_list = shown && value->is_array();
  if (recorder_ != nullptr) tell_of_section(text, tag, shown, is_list);
  if (!shown) return false;
  contexts_.push_back(is_list ? &value->front() : value);
  loops_.push_back({.list = is_list ? value : nullptr, .next = 1});
  return true;
}

bool MustacheMachine::enter_inverted(const Mustache& text, const Instruction& tag) {
  const bool shown = !is_shown(find(text, tag));
  if (recorder_ != nullptr) tell_of_section(text, tag, shown, false);
  return shown;
}

void MustacheMachine::tell_of_section(const Mustache& text, const Instruction& tag, bool shown,
                                      bool is_list) {
  if (shown) {
    recorder_->entered(text, tag, found_in_, is_list, depth_, out_);
  } else {
    recorder_->left_out(text, tag, found_in_, out_);
  }
}

// False: the section is done.
bool MustacheMachine::next_of_section() {
  Loop& loop = loops_.back();
  if (loop.list != nullptr && loop.next < loop.list->size()) {
    contexts_.back() = &(*loop.list)[loop.next++];
    if (recorder_ != nullptr) {
      recorder_->next_item(out_);
    }
    return true;
  }
  contexts_.pop_back();
  loops_.pop_back();
  return false;
}

Result<void> MustacheMachine::include(const Part& part, const Instruction& tag) {
  const Mustache& text = part.text;
  if (tag.op == Op::parent && !tag.standalone) write_lead(part, tag);
  const auto partial = partials_.find(text.view(tag.span));
  if (partial == partials_.end()) {
    if (settings_.strict) return refuse(text, tag, "is a partial that does not exist");
    return {};
  }
  TITAN_TRY(go_deeper(text, tag));
  std::string indent;
  if (tag.standalone) {
    TITAN_ASSIGN(indent, deeper_indent(part, tag));
  }
  const Frame frame{text, tag, part.frames};
  const bool fills_blocks = tag.op == Op::parent && tag.part_count > 0;
  ++depth_;
  if (recorder_ != nullptr) recorder_->included(text, tag);
  Result<void> done = execute({partial->second, 0, indent, fills_blocks ? &frame : part.frames});
  --depth_;
  if (recorder_ != nullptr) recorder_->left();
  if (!done && done.error().code == ErrorCode::invalid) {
    done.error().message += ", included at " + text.place(tag.position);
  }
  return done;
}

Result<void> MustacheMachine::go_deeper(const Mustache& text, const Instruction& tag) {
  budget_.steps -= kStepsPerInclusion;
  if (depth_ < kPartialDepthMax) return {};
  return exhausted(text.place(tag.position) + ": more than " + std::to_string(kPartialDepthMax) +
                   " partials, parents and blocks inside one another");
}

// The indentation of what stands in the place of the tag.
Result<std::string> MustacheMachine::deeper_indent(const Part& part, const Instruction& tag) const {
  std::string indent(part.indent);
  indent += part.text.view(tag.indent);
  if (indent.size() <= kIndentBytesMax) return indent;
  return exhausted(part.text.place(tag.position) + ": partials are indented by more than " +
                   std::to_string(kIndentBytesMax) + " bytes");
}

Result<std::size_t> MustacheMachine::enter_block(const Part& part, const Instruction& block) {
  const Filling filling = filling_of(part, block);
  if (filling.frame == nullptr) {
    if (!block.standalone) write_lead(part, block);
    return static_cast<std::size_t>(&block - part.text.instructions_.data()) + 1;
  }
  const Instruction& end = part.text.instructions_[block.jump];
  if (!filling.argument->empty) {
    TITAN_TRY(fill_block(part, block, filling));
  } else if (!end.standalone) {
    write_lead(part, block);
  }
  const bool line_is_done = filling.argument->empty ? end.standalone : filling.argument->ends_line;
  if (!line_is_done) write_text(part, end);
  return block.jump + 1;
}

// Of the parents that fill the block, the outermost does.
MustacheMachine::Filling MustacheMachine::filling_of(const Part& part, const Instruction& block) {
  Filling filling;
  if (part.frames == nullptr) return filling;
  const std::string_view name = part.text.view(block.span);
  for (const Frame* frame = part.frames; frame != nullptr; frame = frame->outer) {
    --budget_.steps;
    const auto begin = frame->text.arguments_.begin() + frame->parent.part;
    const auto end = begin + frame->parent.part_count;
    const auto found = std::lower_bound(begin, end, name, [&](const auto& each, const auto& key) {
      return frame->text.view(each.name) < key;
    });
    if (found != end && frame->text.view(found->name) == name) filling = {frame, &*found};
  }
  return filling;
}

Result<void> MustacheMachine::fill_block(const Part& part, const Instruction& block,
                                         const Filling& filling) {
  TITAN_TRY(go_deeper(part.text, block));
  std::string indent(part.indent);
  if (block.starts_line) {
    TITAN_ASSIGN(indent, deeper_indent(part, block));
  } else {
    line_begun_at_ = out_.size();
  }
  ++depth_;
  if (recorder_ != nullptr) recorder_->included(part.text, block);
  // A block in there is one of the text that the filling is written in, so it is filled by the
  // parents around that one.
  Result<void> done =
      execute({filling.frame->text, filling.argument->first, indent, filling.frame->outer});
  --depth_;
  if (recorder_ != nullptr) recorder_->left();
  if (!done && done.error().code == ErrorCode::invalid) {
    done.error().message += ", in the place of the block at " + part.text.place(block.position);
  }
  return done;
}

// The value of the tag's name; null when there is none. The first part of a name is looked up
// from the innermost context outwards, the others in what that gave alone.
const json* MustacheMachine::find(const Mustache& text, const Instruction& tag) {
  found_in_ = contexts_.size() - 1;
  if (tag.part_count == 0) return contexts_.back();
  const json* value = nullptr;
  const std::string_view first = text.view(text.parts_[tag.part]);
  for (;; --found_in_) {
    --budget_.steps;
    value = member_of(*contexts_[found_in_], first);
    if (value != nullptr || found_in_ == 0) break;
  }
  for (std::uint32_t i = 1; i < tag.part_count && value != nullptr; ++i) {
    --budget_.steps;
    value = member_of(*value, text.view(text.parts_[tag.part + i]));
  }
  return value;
}

Error MustacheMachine::unknown_name(const Mustache& text, const Instruction& tag) const {
  // Goes the way of find() again, to where it ends.
  std::vector<const json*> scope(contexts_.rbegin(), contexts_.rend());
  std::uint32_t missing = 0;
  for (; missing < tag.part_count; ++missing) {
    const json* next = nullptr;
    for (const json* context : scope) {
      if (next == nullptr) next = member_of(*context, text.view(text.parts_[tag.part + missing]));
    }
    if (next == nullptr) break;
    scope = {next};
  }
  const std::string_view name = text.view(tag.span);
  const Mustache::Span part = text.parts_[tag.part + missing];
  const std::size_t part_begin = part.offset - tag.span.offset;
  const std::string before(name.substr(0, part_begin));
  const std::string after(name.substr(part_begin + part.length));
  if (missing > 0 && !scope.front()->is_object()) {
    return refuse(text, tag,
                  "is unknown: " + quote(before.substr(0, before.size() - 1)) + " is " +
                      std::string(kind_of(*scope.front())) + ", not an object");
  }
  std::vector<std::string> candidates;
  for (const json* context : scope) {
    if (!context->is_object()) continue;
    for (const auto& [key, value] : context->items()) {
      if (candidates.size() < kCandidatesMax) candidates.push_back(before + key + after);
    }
  }
  return refuse(text, tag, "is unknown" + did_you_mean(name, candidates));
}

Error MustacheMachine::refuse(const Mustache& text, const Instruction& tag, std::string_view why) {
  return invalid(text.place(tag.position) + ": " + quote(text.view(tag.span)) + " " +
                 std::string(why));
}

}  // namespace titan::render

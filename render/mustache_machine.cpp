#include "render/mustache_machine.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/secret_use.hpp"
#include "render/limits.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

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
  TITAN_TRY(execute(text, {}));
  return std::move(out_);
}

Result<void> MustacheMachine::execute(const Mustache& text, std::string_view indent) {
  for (std::size_t at = 0; at < text.instructions_.size();) {
    const Instruction& instruction = text.instructions_[at++];
    --budget_.steps;
    switch (instruction.op) {
      case Op::text:
        write_text(text.view(instruction.span), instruction.starts_line, indent);
        break;
      case Op::variable:
      case Op::raw:
        TITAN_TRY(write_variable(text, instruction));
        break;
      case Op::section:
        if (!enter_section(text, instruction)) at = instruction.jump;
        break;
      case Op::inverted:
        if (is_shown(find(text, instruction))) at = instruction.jump;
        break;
      case Op::section_end:
        if (next_of_section()) at = instruction.jump;
        break;
      case Op::partial:
        TITAN_TRY(include(text, instruction, indent));
        break;
    }
    if (budget_.steps < 0) {
      return exhausted(text.name_ + ": rendering takes more than " + std::to_string(kStepsMax) +
                       " steps");
    }
    if (out_.size() > kFileOutputBytesMax) {
      return exhausted(text.name_ + ": more than " + std::to_string(kFileOutputBytesMax) +
                       " bytes of output");
    }
  }
  return {};
}

void MustacheMachine::write_text(std::string_view text, bool starts_line, std::string_view indent) {
  if (indent.empty()) {
    out_ += text;
    return;
  }
  if (starts_line) out_ += indent;
  while (!text.empty() && out_.size() <= kFileOutputBytesMax) {
    const std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
    out_ += text.substr(0, line);
    text.remove_prefix(line);
    // When the text ends here, what starts the next line brings the indentation itself.
    if (!text.empty()) out_ += indent;
  }
}

Result<void> MustacheMachine::write_variable(const Mustache& text, const Instruction& tag) {
  const json* value = find(text, tag);
  if (value == nullptr) {
    if (settings_.strict) return unknown_name(text, tag);
    return {};
  }
  switch (value->type()) {
    case json::value_t::null:
      if (settings_.strict) return refuse(text, tag, "is null");
      return {};
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
  append_escaped(out_, tag.op == Op::raw ? Escape::plain : settings_.escape, value);
  return {};
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
  append_json_as_yaml(out_, json_text);
  return {};
}

// False: the section is left out.
bool MustacheMachine::enter_section(const Mustache& text, const Instruction& tag) {
  const json* value = find(text, tag);
  if (!is_shown(value)) return false;
  const bool is_list = value->is_array();
  contexts_.push_back(is_list ? &value->front() : value);
  loops_.push_back({.list = is_list ? value : nullptr, .next = 1});
  return true;
}

// False: the section is done.
bool MustacheMachine::next_of_section() {
  Loop& loop = loops_.back();
  if (loop.list != nullptr && loop.next < loop.list->size()) {
    contexts_.back() = &(*loop.list)[loop.next++];
    return true;
  }
  contexts_.pop_back();
  loops_.pop_back();
  return false;
}

Result<void> MustacheMachine::include(const Mustache& text, const Instruction& tag,
                                      std::string_view indent) {
  const auto partial = partials_.find(text.view(tag.span));
  if (partial == partials_.end()) {
    if (settings_.strict) return refuse(text, tag, "is a partial that does not exist");
    return {};
  }
  if (partial_depth_ == kPartialDepthMax) {
    return exhausted(text.place(tag.position) + ": more than " + std::to_string(kPartialDepthMax) +
                     " partials inside one another");
  }
  std::string inner_indent;
  if (tag.standalone) inner_indent.append(indent).append(text.view(tag.indent));
  if (inner_indent.size() > kIndentBytesMax) {
    return exhausted(text.place(tag.position) + ": partials are indented by more than " +
                     std::to_string(kIndentBytesMax) + " bytes");
  }
  ++partial_depth_;
  Result<void> done = execute(partial->second, inner_indent);
  --partial_depth_;
  if (!done && done.error().code == ErrorCode::invalid) {
    done.error().message += ", included at " + text.place(tag.position);
  }
  return done;
}

// The value of the tag's name; null when there is none. The first part of a name is looked up
// from the innermost context outwards, the others in what that gave alone.
const json* MustacheMachine::find(const Mustache& text, const Instruction& tag) {
  if (tag.part_count == 0) return contexts_.back();
  const json* value = nullptr;
  const std::string_view first = text.view(text.parts_[tag.part]);
  for (auto context = contexts_.rbegin(); context != contexts_.rend(); ++context) {
    --budget_.steps;
    value = member_of(**context, first);
    if (value != nullptr) break;
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

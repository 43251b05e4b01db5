#include "base/yaml.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace titan {
namespace {

using nlohmann::json;

// ---- Plain scalars, by the core schema (YAML 1.2.2, section 10.3.2) ----

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

std::size_t take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}

enum class NumberForm { none, integer, real };

// [-+]? [0-9]+, or [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
NumberForm number_form(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  std::size_t digits = take_digits(text);
  if (digits > 0 && text.empty()) return NumberForm::integer;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  if (digits == 0) return NumberForm::none;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (take_digits(text) == 0) return NumberForm::none;
  }
  return text.empty() ? NumberForm::real : NumberForm::none;
}

bool is_infinite_or_nan(std::string_view text) {
  if (is_any_of(text, {".nan", ".NaN", ".NAN"})) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return is_any_of(text, {".inf", ".Inf", ".INF"});
}

template <class Number>
std::optional<json> read_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return json(number);
}

// Nothing for a number that JSON cannot hold.
std::optional<json> plain_value(std::string_view text) {
  if (is_any_of(text, {"", "~", "null", "Null", "NULL"})) return json(nullptr);
  if (is_any_of(text, {"true", "True", "TRUE"})) return json(true);
  if (is_any_of(text, {"false", "False", "FALSE"})) return json(false);
  if (is_infinite_or_nan(text)) return std::nullopt;
  const NumberForm form = number_form(text);
  if (form == NumberForm::none) return json(text);
  if (form == NumberForm::integer) {
    if (auto number = read_number<std::int64_t>(text)) return number;
    if (auto number = read_number<std::uint64_t>(text)) return number;
  }
  return read_number<double>(text);
}

// ---- Reading ----

// Ends a parse, from inside the parser's callbacks.
struct Stop {
  Error error;
};

std::string place_text(const YAML::Mark& mark) {
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& why) {
  throw Stop{invalid(place_text(mark) + ": " + why)};
}

[[noreturn]] void refuse_too_large(const YAML::Mark& mark, const std::string& why) {
  throw Stop{exhausted(place_text(mark) + ": " + why)};
}

struct Size {
  std::size_t nodes = 0;
  std::size_t bytes = 0;  // of strings and keys
  std::size_t depth = 0;
};

Size size_of(const json& value) {
  Size size{.nodes = 1};
  if (value.is_string()) size.bytes = value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return size;
  for (const auto& [key, child] : value.items()) {
    const Size inner = size_of(child);
    size.nodes += inner.nodes;
    size.bytes += inner.bytes + (value.is_object() ? key.size() : 0);
    size.depth = std::max(size.depth, inner.depth);
  }
  ++size.depth;
  return size;
}

// Builds JSON values from the events of the parser. The limits are checked at each event, before
// anything large exists: an alias costs as much as what it stands for, and so does an anchor,
// since its value is kept a second time.
class Builder final : public YAML::EventHandler {
 public:
  std::vector<json> take() { return std::move(documents_); }

  // Where nothing can begin, yaml-cpp takes nothing and makes an empty document, again and again.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (document_start_ == mark.pos) {
      refuse(mark, "expected a value; a comma or a bracket here belongs to no list or map");
    }
    document_start_ = mark.pos;
    anchored_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (wants_key()) refuse(mark, "a key is empty or null, expected a string");
    add(mark, anchor, json(nullptr));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (wants_key()) {
      if (anchor != YAML::NullAnchor) refuse(mark, "a key has an anchor, which is not supported");
      return start_field(mark, tag, text);
    }
    if (tag == kTagQuoted || tag == kTagString) return add(mark, anchor, json(text));
    if (tag != kTagPlain) refuse(mark, "the tag " + quote(tag) + " is not supported");
    auto value = plain_value(text);
    if (!value) refuse(mark, "the number " + quote(text) + " is not one that JSON can hold");
    add(mark, anchor, std::move(*value));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (wants_key()) refuse(mark, "a key is an alias, expected a string");
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) refuse(mark, "the alias stands inside of what it stands for");
    const Size size = size_of(found->second);
    check_depth(mark, size.depth);
    count(mark, size);
    place(found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    if (tag != "tag:yaml.org,2002:seq") check_no_tag(mark, tag);
    open(mark, anchor, json::array());
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    if (tag != "tag:yaml.org,2002:map") check_no_tag(mark, tag);
    open(mark, anchor, json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr std::string_view kTagPlain = "?";
  static constexpr std::string_view kTagQuoted = "!";
  static constexpr std::string_view kTagString = "tag:yaml.org,2002:str";

  struct Level {
    json value;
    YAML::anchor_t anchor;
    YAML::Mark mark;
    std::optional<std::string> key = {};  // of an object, while its value is awaited
  };

  [[nodiscard]] bool wants_key() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
  }
  static void check_no_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == kTagPlain || tag == kTagQuoted) return;
    refuse(mark, "the tag " + quote(tag) + " is not supported");
  }
  void check_depth(const YAML::Mark& mark, std::size_t more) const {
    if (open_.size() + more <= kJsonDepthMax) return;
    refuse_too_large(mark, "nested deeper than " + std::to_string(kJsonDepthMax) + " levels");
  }
  void count(const YAML::Mark& mark, Size size) {
    nodes_ += size.nodes;
    bytes_ += size.bytes;
    if (nodes_ > kYamlNodesMax) {
      refuse_too_large(mark,
                       "more than " + std::to_string(kYamlNodesMax) + " values, aliases expanded");
    }
    if (bytes_ > kYamlBytesMax) {
      refuse_too_large(
          mark, "more than " + std::to_string(kYamlBytesMax) + " bytes of text, aliases expanded");
    }
  }

  void start_field(const YAML::Mark& mark, const std::string& tag, const std::string& key) {
    if (tag != kTagPlain && tag != kTagQuoted && tag != kTagString) {
      refuse(mark, "the tag " + quote(tag) + " is not supported");
    }
    if (tag == kTagPlain && key == "<<") {
      refuse(mark, "merge keys (<<) are not part of YAML 1.2 and not supported");
    }
    if (open_.back().value.contains(key)) {
      refuse(mark, "the key " + quote(key) + " stands twice in one map");
    }
    count(mark, {.bytes = key.size()});
    open_.back().key = key;
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, json value) {
    // yaml-cpp takes a bracket that is never closed for the start of such a key.
    if (wants_key()) {
      refuse(mark, "a list or a map is used as a key, or its bracket is never closed");
    }
    check_depth(mark, 1);
    count(mark, {.nodes = 1});
    open_.push_back({std::move(value), anchor, mark});
  }
  void close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    remember(level.mark, level.anchor, level.value);
    place(std::move(level.value));
  }
  void add(const YAML::Mark& mark, YAML::anchor_t anchor, json value) {
    count(mark, size_of(value));
    remember(mark, anchor, value);
    place(std::move(value));
  }
  void remember(const YAML::Mark& mark, YAML::anchor_t anchor, const json& value) {
    if (anchor == YAML::NullAnchor) return;
    count(mark, size_of(value));
    anchored_[anchor] = value;
  }
  void place(json value) {
    if (open_.empty()) {
      if (!value.is_null()) documents_.push_back(std::move(value));
      return;
    }
    Level& level = open_.back();
    if (level.value.is_array()) {
      level.value.push_back(std::move(value));
    } else {
      level.value[*level.key] = std::move(value);
      level.key.reset();
    }
  }

  std::vector<Level> open_;
  std::map<YAML::anchor_t, json> anchored_;
  std::vector<json> documents_;
  std::optional<int> document_start_;  // of the last one
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

// yaml-cpp takes 0x04 for the end of the text and other encodings by their first bytes; neither
// may cut a text short unseen.
Result<void> check_characters(std::string_view text) {
  const auto is_control = [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return (byte < 0x20 && letter != '\t' && letter != '\n' && letter != '\r') || byte == 0x7f;
  };
  const auto control = std::find_if(text.begin(), text.end(), is_control);
  const std::size_t at =
      std::min(static_cast<std::size_t>(control - text.begin()), utf8_prefix(text));
  if (at == text.size()) return {};
  const std::string_view before = text.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // 0 when there is none
  return invalid("line " + std::to_string(lines + 1) + ", column " +
                 std::to_string(at - line_start + 1) + ": " +
                 (control == text.begin() + static_cast<std::ptrdiff_t>(at)
                      ? "a control character, which YAML does not allow"
                      : "a byte that is not UTF-8"));
}

Result<std::vector<json>> parse_events(std::string_view text) {
  Builder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    return stop.error;
  } catch (const YAML::DeepRecursion& failure) {
    return exhausted(place_text(failure.mark) + ": nested too deep");
  } catch (const YAML::Exception& failure) {
    return invalid("not valid YAML at " + place_text(failure.mark) + ": " + failure.msg);
  }
  return builder.take();
}

}  // namespace

Result<std::vector<json>> parse_yaml(std::string_view text) {
  if (text.size() > kJsonBytesMax) {
    return exhausted("the YAML is longer than " + std::to_string(kJsonBytesMax) + " bytes");
  }
  // yaml-cpp refuses some JSON, such as surrogate pairs and keys of more than 1024 bytes.
  const std::string_view content = trim(text);
  if (content.starts_with('{') || content.starts_with('[')) {
    if (auto value = parse_json(content)) return std::vector<json>{std::move(*value)};
  }
  TITAN_TRY(check_characters(text));
  return parse_events(text);
}

// ---- Writing ----

namespace {

// A parser need not read longer ones back without the "? " before them.
constexpr std::size_t kSimpleKeyBytesMax = 1000;

// JSON's escapes are YAML's too. What JSON leaves as it is but YAML readers take for a line break,
// or refuse, is escaped as well: DEL, U+0080 to U+009F, U+2028, U+2029, U+FEFF.
std::string double_quoted(const std::string& text) {
  const std::string in_quotes = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  std::string escaped;
  for (std::size_t i = 0; i < in_quotes.size(); ++i) {
    const std::string_view rest = std::string_view(in_quotes).substr(i);
    if (rest[0] == '\x7f') {
      escaped += "\\x7f";
    } else if (rest.size() > 1 && rest[0] == '\xc2' && static_cast<unsigned char>(rest[1]) < 0xa0) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\x%02x", rest[1] & 0xffU);
      escaped += code.data();
      i += 1;
    } else if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) {
      escaped += rest.starts_with("\u2028") ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (rest.starts_with("\ufeff")) {
      escaped += "\\ufeff";
      i += 2;
    } else {
      escaped += rest[0];
    }
  }
  return escaped;
}

// A string that every reader, of YAML 1.1 as well, takes for the same string without quotes.
bool is_plain_string(const std::string& text) {
  if (text.empty() || text.back() == ' ' || text.back() == ':') return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!is_letter(text.front()) && text.front() != '_' && text.front() != '/') return false;
  const auto is_safe = [&](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view(" _-./:@+()=,~%").find(c) != std::string_view::npos;
  };
  if (!std::all_of(text.begin(), text.end(), is_safe)) return false;
  if (text.find(": ") != std::string::npos) return false;
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return !is_any_of(lower, {"null", "true", "false", "yes", "no", "on", "off", "y", "n"});
}

// Several lines that a literal block gives back byte for byte.
bool suits_block(const std::string& text) {
  if (text.find('\n') == std::string::npos) return false;
  if (text.front() == ' ' || text.front() == '\n' || text.front() == '\t') return false;
  if (text.find('\r') != std::string::npos || text.find('\t') != std::string::npos) return false;
  if (text.find(" \n") != std::string::npos || text.back() == ' ') return false;
  // What has to be escaped grows when it is quoted, beyond its line breaks and its own quotes.
  const auto once = std::count_if(text.begin(), text.end(),
                                  [](char c) { return c == '\n' || c == '"' || c == '\\'; });
  return double_quoted(text).size() == text.size() + static_cast<std::size_t>(once) + 2;
}

class Writer {
 public:
  std::string write(const json& value) {
    write_value(value, 0);
    return std::move(text_);
  }

 private:
  static constexpr std::size_t kStep = 2;

  static bool is_nested(const json& value) { return value.is_structured() && !value.empty(); }
  static std::string scalar(const std::string& text) {
    return is_plain_string(text) ? text : double_quoted(text);
  }
  void indent(std::size_t depth) { text_.append(depth, ' '); }

  // What stands after "key:" or "-", or alone; ends with a line break.
  void write_value(const json& value, std::size_t depth) {
    if (value.is_string() && suits_block(value.get_ref<const std::string&>())) {
      write_block(value.get_ref<const std::string&>(), std::max(depth, kStep));
    } else if (value.is_string()) {
      text_ += scalar(value.get_ref<const std::string&>()) + "\n";
    } else if (!is_nested(value)) {
      text_ += value.dump() + "\n";
    } else if (value.is_object()) {
      write_object(value, depth);
    } else {
      write_array(value, depth);
    }
  }

  void write_block(const std::string& text, std::size_t depth) {
    text_ += text.ends_with("\n\n") ? "|+\n" : text.ends_with('\n') ? "|\n" : "|-\n";
    std::vector<std::string> lines = split(text, '\n');
    if (lines.back().empty()) lines.pop_back();
    for (const std::string& line : lines) {
      if (!line.empty()) indent(depth);
      text_ += line + "\n";
    }
  }

  // The first line's indentation is there already: it may follow a "- ".
  void write_object(const json& value, std::size_t depth) {
    bool first = true;
    for (const auto& [key, child] : value.items()) {
      if (!std::exchange(first, false)) indent(depth);
      const std::string name = scalar(key);
      if (name.size() > kSimpleKeyBytesMax) {
        text_ += "? " + name + "\n";
        indent(depth);
        text_ += ":";
      } else {
        text_ += name + ":";
      }
      if (is_nested(child)) {
        text_ += "\n";
        indent(depth + kStep);
      } else {
        text_ += " ";
      }
      write_value(child, depth + kStep);
    }
  }

  void write_array(const json& value, std::size_t depth) {
    bool first = true;
    for (const json& child : value) {
      if (!std::exchange(first, false)) indent(depth);
      text_ += "- ";
      write_value(child, depth + kStep);
    }
  }

  std::string text_;
};

}  // namespace

std::string yaml_text(const json& value) {
  return Writer().write(value);
}

}  // namespace titan

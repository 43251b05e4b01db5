// Escaping: whatever a value is, it stays where the author of a template put it. What stands
// between the quotes is read back by a reader of the format.

#include "render/escape.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "fuzz/target.hpp"

namespace titan::fuzz {
namespace {

using render::Escape;

std::string escaped(Escape escape, std::string_view value) {
  std::string text;
  render::append_escaped(text, escape, value);
  return text;
}

void check_json(std::string_view value) {
  const std::string text = "\"" + escaped(Escape::json, value) + "\"";
  const auto read = parse_json(text);
  require(read && *read == value, "a JSON string holds the value", text);
}

void check_yaml(std::string_view value) {
  const std::string text = "key: \"" + escaped(Escape::yaml, value) + "\"\nnext: 1\n";
  const auto read = parse_yaml(text);
  const nlohmann::json expected = {{"key", value}, {"next", 1}};
  require(read && read->size() == 1 && read->front() == expected, "a YAML string holds the value",
          text);
}

// What the shell makes of '…', with \' between two such words; nothing when a quote is left open.
std::optional<std::string> shell_word(std::string_view text) {
  std::string word;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') {
      quoted = !quoted;
    } else if (quoted) {
      word += text[i];
    } else if (text.substr(i).starts_with("\\'")) {
      word += text[++i];
    } else {
      return std::nullopt;
    }
  }
  return quoted ? std::nullopt : std::optional(word);
}

void check_shell(std::string_view value) {
  const std::string text = "'" + escaped(Escape::shell, value) + "'";
  require(shell_word(text) == value, "a word of the shell holds the value", text);
}

// Nothing ends the word or the line, and every "%" is one of a pair.
void check_systemd(std::string_view value) {
  const std::string text = escaped(Escape::systemd, value);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    require(byte >= 0x20 && byte != '"', "a word of systemd holds the value", text);
    if (byte != '\\' && byte != '%') continue;
    require(++i < text.size() && (byte == '\\' || text[i] == '%'), "each escape is whole", text);
  }
}

void check_html(std::string_view value) {
  const std::string text = escaped(Escape::html, value);
  require(text.find_first_of("<>\"") == std::string::npos, "nothing of HTML is left", text);
}

}  // namespace

void run(std::string_view input) {
  require(escaped(Escape::plain, input) == input, "plain text is left alone");
  check_html(input);
  // Values come from JSON, which is UTF-8 and has no NUL where titan reads it.
  if (utf8_prefix(input) != input.size()) return;
  check_json(input);
  check_yaml(input);
  check_shell(input);
  check_systemd(input);
}

}  // namespace titan::fuzz

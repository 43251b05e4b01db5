// Escaping: whatever a value is, it stays where the author of a template put it. What stands
// between the quotes is read back by a reader of the format.

#include "render/escape.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "fuzz/target.hpp"

namespace titan::fuzz {
namespace {

using render::Escape;

// Nothing when the kind of file cannot hold the value, of which the error says what and where.
std::optional<std::string> escaped(Escape escape, std::string_view value, std::string_view before) {
  std::string text(before);
  const auto done = render::Escaper(escape).append(text, value);
  if (done) return text.substr(before.size());
  require(done.error().message.starts_with("holds "), "an error says what the value holds");
  require(done.error().message.find(" at character ") != std::string::npos, "and where");
  return std::nullopt;
}

// Of a value that each kind but INI and XML can hold.
std::string escaped(Escape escape, std::string_view value) {
  const auto text = escaped(escape, value, {});
  require(text.has_value(), "the value can be written", render::name_of(escape));
  return *text;
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

// A basic string of TOML is a JSON string that holds no DEL either.
void check_toml(std::string_view value) {
  const std::string text = escaped(Escape::toml, value);
  require(text.find('\x7f') == std::string::npos, "a TOML string holds the value", text);
  const auto read = parse_json("\"" + text + "\"");
  require(read && *read == value, "a TOML string holds the value", text);
}

// In a command line, each "$" is one of a pair, and nothing else is different.
void check_command_line(std::string_view value) {
  const auto text = escaped(Escape::systemd, value, "ExecStart=/bin/a \"");
  require(text.has_value(), "a command line can hold the value");
  std::string single;
  for (std::size_t i = 0; i < text->size(); ++i) {
    single += (*text)[i];
    if ((*text)[i] != '$') continue;
    ++i;
    require(i < text->size() && (*text)[i] == '$', "each dollar is one of a pair", *text);
  }
  require(single == escaped(Escape::systemd, value), "dollars alone are different", *text);
}

// The value as it is, on one line, without white space around it; or refused.
void check_ini(std::string_view value) {
  const auto text = escaped(Escape::ini, value, {});
  if (!text) return;
  require(*text == value, "nothing of INI is escaped", *text);
  require(text->find_first_of(std::string_view("\n\r\0%\\", 5)) == std::string::npos,
          "a line of INI holds the value", *text);
  require(trim(*text) == *text, "no white space is at the ends", *text);
}

void check_xml(std::string_view value) {
  const auto text = escaped(Escape::xml, value, {});
  if (!text) return;
  static const std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'},  {"&quot;", '"'}, {"&lt;", '<'},   {"&gt;", '>'},
      {"&#39;", '\''}, {"&#9;", '\t'},  {"&#10;", '\n'}, {"&#13;", '\r'}};
  std::string read;
  for (std::size_t i = 0; i < text->size(); ++i) {
    require(std::string_view("<>\"'\t\n\r").find((*text)[i]) == std::string_view::npos,
            "nothing of XML is left", *text);
    if ((*text)[i] != '&') {
      read += (*text)[i];
      continue;
    }
    bool known = false;
    for (const auto& [entity, byte] : kEntities) {
      if (text->compare(i, entity.size(), entity) != 0) continue;
      read += byte;
      i += entity.size() - 1;
      known = true;
      break;
    }
    require(known, "each entity is whole", *text);
  }
  require(read == value, "XML holds the value", *text);
}

void check_html(std::string_view value) {
  const std::string text = escaped(Escape::html, value);
  require(text.find_first_of("<>\"") == std::string::npos, "nothing of HTML is left", text);
}

}  // namespace

void run(std::string_view input) {
  require(escaped(Escape::plain, input) == input, "plain text is left alone");
  check_html(input);
  check_ini(input);
  check_xml(input);
  if (utf8_prefix(input) != input.size()) {
    for (const Escape escape :
         {Escape::json, Escape::yaml, Escape::toml, Escape::systemd, Escape::ini, Escape::xml}) {
      require(!escaped(escape, input, {}), "what is not UTF-8 is refused");
    }
    return;
  }
  check_json(input);
  check_yaml(input);
  check_toml(input);
  if (input.find('\0') != std::string_view::npos) {
    for (const Escape escape : {Escape::shell, Escape::systemd}) {
      require(!escaped(escape, input, {}), "a NUL is refused");
    }
    return;
  }
  check_shell(input);
  check_systemd(input);
  check_command_line(input);
}

}  // namespace titan::fuzz

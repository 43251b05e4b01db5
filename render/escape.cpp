#include "render/escape.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace titan::render {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// systemd.unit(5), and the Quadlet files of podman-systemd.unit(5).
constexpr std::array<std::string_view, 14> kUnitTypes = {
    "service", "socket", "timer",     "mount",  "automount", "swap", "path",
    "target",  "slice",  "container", "volume", "network",   "kube", "pod"};
constexpr std::array<std::string_view, 9> kXmlTypes = {"xml",  "svg",   "xhtml", "xsd", "xsl",
                                                       "xslt", "plist", "rss",   "atom"};
constexpr std::array<std::string_view, 6> kShells = {"sh", "bash", "dash", "ash", "ksh", "zsh"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view last_piece(std::string_view text, char separator) {
  const std::size_t at = text.rfind(separator);
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

// "json" of "etc/app.json"; empty when the name has no dot.
std::string_view extension_of(std::string_view path) {
  const std::string_view name = last_piece(path, '/');
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

// "etc/systemd/system/app.service.d/10-limits.conf" adds to the unit app.service.
bool is_unit_drop_in(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || extension_of(path) != "conf") return false;
  std::string_view folder = path.substr(0, slash);
  if (!folder.ends_with(".d")) return false;
  folder.remove_suffix(2);
  return contains(kUnitTypes, extension_of(folder));
}

// "#!/bin/sh -e" and "#!/usr/bin/env bash".
bool runs_in_shell(std::string_view content) {
  if (!content.starts_with("#!")) return false;
  std::string_view line = content.substr(2, content.find_first_of("\r\n") - 2);
  while (!line.empty()) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    line.remove_prefix(word.size());
    const std::string_view program = last_piece(word, '/');
    const bool is_option = word.starts_with('-');
    if (program != "env" && !is_option) return contains(kShells, program);
  }
  return false;
}

void append_hex(std::string& out, unsigned number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kHexDigits[(number >> static_cast<unsigned>(shift)) & 15U];
  }
}

// One character of UTF-8 (RFC 3629) at the start of a text.
struct Character {
  std::uint32_t code_point = 0;
  std::size_t bytes = 0;  // 0: there is none
};

// REQUIRES: `text` is not empty.
Character character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t bytes = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code_point = byte(0) & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code_point = code_point << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
  if (code_point < kLeast[bytes] || code_point > 0x10FFFF || is_surrogate) return {};
  return {code_point, bytes};
}

bool is_control(std::uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

// The escapes that JSON, YAML, TOML and systemd share; false when it is not one of them.
bool append_c_escape(std::string& out, std::uint32_t code_point) {
  switch (code_point) {
    case '"':
      out += "\\\"";
      return true;
    case '\\':
      out += "\\\\";
      return true;
    case '\n':
      out += "\\n";
      return true;
    case '\r':
      out += "\\r";
      return true;
    case '\t':
      out += "\\t";
      return true;
    default:
      return false;
  }
}

// Each of these appends one character, which is one of `special` or beyond ASCII; false when the
// kind of file cannot hold it.

bool append_json(std::string& out, Character character, std::string_view bytes) {
  if (append_c_escape(out, character.code_point)) return true;
  if (character.code_point >= 0x20) {
    out += bytes;
  } else {
    out += "\\u";
    append_hex(out, character.code_point, 4);
  }
  return true;
}

bool append_toml(std::string& out, Character character, std::string_view bytes) {
  if (character.code_point != 0x7F) return append_json(out, character, bytes);
  out += "\\u007f";
  return true;
}

// A line break of YAML, or not printable in it (YAML 1.1 and 1.2, c-printable).
bool is_printed_by_yaml(std::uint32_t code_point) {
  const bool is_break = code_point == 0x2028 || code_point == 0x2029;
  const bool is_mark = code_point == 0xFEFF || code_point == 0xFFFE || code_point == 0xFFFF;
  return !is_control(code_point) && !is_break && !is_mark;
}

bool append_yaml(std::string& out, Character character, std::string_view bytes) {
  if (append_c_escape(out, character.code_point)) return true;
  if (is_printed_by_yaml(character.code_point)) {
    out += bytes;
  } else {
    out += "\\u";
    append_hex(out, character.code_point, 4);
  }
  return true;
}

bool append_shell(std::string& out, Character character, std::string_view /*bytes*/) {
  if (character.code_point == 0) return false;
  out += "'\\''";
  return true;
}

// systemd refuses a line with one of the noncharacters of Unicode, so they are written as bytes.
bool is_noncharacter(std::uint32_t code_point) {
  return (code_point & 0xFFFEU) == 0xFFFEU || (code_point >= 0xFDD0 && code_point <= 0xFDEF);
}

bool append_systemd(std::string& out, Character character, std::string_view bytes) {
  if (character.code_point == 0) return false;
  if (append_c_escape(out, character.code_point)) return true;
  if (character.code_point == '%') {
    out += "%%";
  } else if (character.code_point < 0x20 || character.code_point == 0x7F ||
             is_noncharacter(character.code_point)) {
    for (const char byte : bytes) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(byte), 2);
    }
  } else {
    out += bytes;
  }
  return true;
}

bool append_ini(std::string& out, Character character, std::string_view bytes) {
  const std::uint32_t code_point = character.code_point;
  const bool is_break = code_point == 0x2028 || code_point == 0x2029;
  if (is_break || code_point == '%' || code_point == '\\') return false;
  if (is_control(code_point) && code_point != '\t') return false;
  out += bytes;
  return true;
}

bool append_entity(std::string& out, std::uint32_t code_point) {
  switch (code_point) {
    case '&':
      out += "&amp;";
      return true;
    case '"':
      out += "&quot;";
      return true;
    case '<':
      out += "&lt;";
      return true;
    case '>':
      out += "&gt;";
      return true;
    default:
      return false;
  }
}

bool append_html(std::string& out, Character character, std::string_view bytes) {
  if (!append_entity(out, character.code_point)) out += bytes;
  return true;
}

// XML 1.0, production 2 (Char). A reader makes spaces of tabs and line breaks in attributes, and a
// line feed of a carriage return, unless they are references.
bool append_xml(std::string& out, Character character, std::string_view bytes) {
  switch (character.code_point) {
    case '\'':
      out += "&#39;";
      return true;
    case '\t':
      out += "&#9;";
      return true;
    case '\n':
      out += "&#10;";
      return true;
    case '\r':
      out += "&#13;";
      return true;
    case 0xFFFE:
    case 0xFFFF:
      return false;
    default:
      if (character.code_point < 0x20) return false;
      return append_html(out, character, bytes);
  }
}

// How a kind of file is written.
struct Kind {
  std::string_view name;
  bool (*append)(std::string&, Character, std::string_view) = nullptr;  // null: all is as it is
  std::string_view special = {};      // bytes of ASCII that `append` is asked about
  bool controls_are_special = false;  // and so are those below the space, and DEL
  bool is_utf8 = false;               // and what is beyond ASCII; other bytes are refused
  std::string_view why_refused = {};
};

// In the order of Escape.
constexpr std::array<Kind, 9> kKinds = {{
    {.name = "plain"},
    {"json", append_json, "\"\\", true, true, "a JSON string cannot hold"},
    {"yaml", append_yaml, "\"\\", true, true, "a YAML string cannot hold"},
    {"shell", append_shell, std::string_view("'\0", 2), false, false,
     "no word of the shell can hold"},
    {"systemd", append_systemd, "\"\\%", true, true, "systemd cannot read in a unit"},
    {"html", append_html, "&\"<>", false, false, ""},
    {"toml", append_toml, "\"\\", true, true, "a TOML string cannot hold"},
    {"ini", append_ini, "\\%", true, true, "readers of INI files do not read alike"},
    {"xml", append_xml, "&\"<>'", true, true, "XML 1.0 cannot hold"},
}};

using Bytes = std::array<bool, 256>;

constexpr Bytes special_bytes(const Kind& kind) {
  Bytes bytes{};
  for (const char byte : kind.special) bytes[static_cast<unsigned char>(byte)] = true;
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    if (kind.controls_are_special && (byte < 0x20 || byte == 0x7F)) bytes[byte] = true;
    if (kind.is_utf8 && byte >= 0x80) bytes[byte] = true;
  }
  return bytes;
}

constexpr std::array<Bytes, kKinds.size()> special_bytes_of_all() {
  std::array<Bytes, kKinds.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = special_bytes(kKinds[i]);
  return all;
}

constexpr auto kSpecialBytes = special_bytes_of_all();

// "holds U+0001 at character 7, which XML 1.0 cannot hold".
Error refusal(const Kind& kind, std::string_view value, std::size_t at, Character character) {
  const auto before = std::count_if(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(at),
                                    [](char byte) { return (byte & '\xC0') != '\x80'; });
  std::string what = "holds ";
  if (character.bytes == 0) {
    what += "a byte that is not UTF-8";
  } else {
    what += "U+";
    append_hex(what, character.code_point, character.code_point > 0xFFFF ? 6 : 4);
  }
  return invalid(what + " at character " + std::to_string(before + 1) + ", which " +
                 std::string(kind.why_refused));
}

// What Python's str.strip() takes away, and so GLib's.
bool is_white_space(std::uint32_t code_point) {
  switch (code_point) {
    case ' ':
    case '\t':
    case 0xA0:
    case 0x1680:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return code_point >= 0x2000 && code_point <= 0x200A;
  }
}

Result<void> check_ends(const Kind& kind, std::string_view value) {
  if (value.empty()) return {};
  std::size_t last = value.size() - 1;
  while (last > 0 && (value[last] & '\xC0') == '\x80') --last;
  for (const std::size_t at : {std::size_t{0}, last}) {
    const Character character = character_at(value.substr(at));
    if (is_white_space(character.code_point)) return refusal(kind, value, at, character);
  }
  return {};
}

}  // namespace

std::string_view name_of(Escape escape) {
  return kKinds[static_cast<std::size_t>(escape)].name;
}

std::optional<Escape> parse_escape(std::string_view name) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].name == name) return static_cast<Escape>(i);
  }
  return std::nullopt;
}

std::vector<std::string> escape_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

Escape escape_for(std::string_view path, std::string_view content) {
  const std::string_view extension = extension_of(path);
  if (extension == "json") return Escape::json;
  if (extension == "yaml" || extension == "yml") return Escape::yaml;
  if (extension == "sh" || extension == "bash") return Escape::shell;
  if (extension == "toml") return Escape::toml;
  if (extension == "ini" || extension == "cfg") return Escape::ini;
  if (contains(kXmlTypes, extension)) return Escape::xml;
  if (contains(kUnitTypes, extension) || is_unit_drop_in(path)) return Escape::systemd;
  return runs_in_shell(content) ? Escape::shell : Escape::plain;
}

Result<void> Escaper::append(std::string& out, std::string_view value) {
  const auto index = static_cast<std::size_t>(escape_);
  const Kind& kind = kKinds[index];
  if (kind.append == nullptr) {
    out += value;
    return {};
  }
  if (escape_ == Escape::ini) TITAN_TRY(check_ends(kind, value));
  const Bytes& special = kSpecialBytes[index];
  const bool doubles_dollars = escape_ == Escape::systemd &&
                               value.find('$') != std::string_view::npos &&
                               unit_line_.fills_variables(out);
  std::size_t done = 0;  // up to here `out` has it
  for (std::size_t at = 0; at < value.size();) {
    const bool is_dollar = doubles_dollars && value[at] == '$';
    if (!special[static_cast<unsigned char>(value[at])] && !is_dollar) {
      ++at;
      continue;
    }
    out += value.substr(done, at - done);
    const std::string_view rest = value.substr(at);
    const Character character = character_at(rest);
    if (is_dollar) {
      out += "$$";
    } else if (character.bytes == 0 ||
               !kind.append(out, character, rest.substr(0, character.bytes))) {
      return refusal(kind, value, at, character);
    }
    at += character.bytes;
    done = at;
  }
  out += value.substr(done);
  return {};
}

void append_json_as_yaml(std::string& out, std::string_view json) {
  while (!json.empty()) {
    const Character character = character_at(json);  // JSON is UTF-8, and has quotes of its own
    const std::string_view bytes = json.substr(0, std::max<std::size_t>(character.bytes, 1));
    if (is_printed_by_yaml(character.code_point)) {
      out += bytes;
    } else {
      append_yaml(out, character, bytes);
    }
    json.remove_prefix(bytes.size());
  }
}

}  // namespace titan::render

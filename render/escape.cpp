#include "render/escape.hpp"

#include <algorithm>
#include <array>

namespace titan::render {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// systemd.unit(5), and the Quadlet files of podman-systemd.unit(5).
constexpr std::array<std::string_view, 14> kUnitTypes = {
    "service", "socket", "timer",     "mount",  "automount", "swap", "path",
    "target",  "slice",  "container", "volume", "network",   "kube", "pod"};
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

// The escapes that JSON, YAML and systemd share; false when `byte` is not one of them.
bool append_c_escape(std::string& out, char byte) {
  switch (byte) {
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

bool is_control(char byte) {
  return static_cast<unsigned char>(byte) < ' ';
}

void append_json(std::string& out, std::string_view value) {
  for (const char byte : value) {
    if (append_c_escape(out, byte)) continue;
    if (is_control(byte)) {
      out += "\\u";
      append_hex(out, static_cast<unsigned char>(byte), 4);
    } else {
      out += byte;
    }
  }
}

// The code point at the start of `text` if YAML takes it for a line break or not printable
// (YAML 1.1 and 1.2, c-printable), with the bytes it takes in UTF-8.
struct Unprintable {
  unsigned code_point = 0;
  std::size_t bytes = 0;  // 0: there is none
};

Unprintable unprintable_at(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return {byte(0), 1};
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return {byte(1), 2};
  if (text.starts_with("\u2028")) return {0x2028, 3};
  if (text.starts_with("\u2029")) return {0x2029, 3};
  if (text.starts_with("\uFEFF")) return {0xFEFF, 3};
  if (text.starts_with("\uFFFE")) return {0xFFFE, 3};
  if (text.starts_with("\uFFFF")) return {0xFFFF, 3};
  return {};
}

// Appends the first character of `text`, which is not empty; gives the bytes it took of it.
std::size_t append_printable(std::string& out, std::string_view text) {
  const Unprintable unprintable = unprintable_at(text);
  if (unprintable.bytes == 0) {
    out += text.front();
    return 1;
  }
  out += "\\u";
  append_hex(out, unprintable.code_point, 4);
  return unprintable.bytes;
}

void append_yaml(std::string& out, std::string_view value) {
  while (!value.empty()) {
    value.remove_prefix(append_c_escape(out, value.front()) ? 1 : append_printable(out, value));
  }
}

void append_shell(std::string& out, std::string_view value) {
  for (const char byte : value) {
    if (byte == '\'') {
      out += "'\\''";
    } else {
      out += byte;
    }
  }
}

void append_systemd(std::string& out, std::string_view value) {
  for (const char byte : value) {
    if (append_c_escape(out, byte)) continue;
    if (byte == '%') {
      out += "%%";
    } else if (is_control(byte)) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(byte), 2);
    } else {
      out += byte;
    }
  }
}

void append_html(std::string& out, std::string_view value) {
  for (const char byte : value) {
    switch (byte) {
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += byte;
    }
  }
}

}  // namespace

Escape escape_for(std::string_view path, std::string_view content) {
  const std::string_view extension = extension_of(path);
  if (extension == "json") return Escape::json;
  if (extension == "yaml" || extension == "yml") return Escape::yaml;
  if (extension == "sh" || extension == "bash") return Escape::shell;
  if (contains(kUnitTypes, extension) || is_unit_drop_in(path)) return Escape::systemd;
  return runs_in_shell(content) ? Escape::shell : Escape::plain;
}

void append_escaped(std::string& out, Escape escape, std::string_view value) {
  switch (escape) {
    case Escape::plain:
      out += value;
      return;
    case Escape::json:
      return append_json(out, value);
    case Escape::yaml:
      return append_yaml(out, value);
    case Escape::shell:
      return append_shell(out, value);
    case Escape::systemd:
      return append_systemd(out, value);
    case Escape::html:
      return append_html(out, value);
  }
}

void append_json_as_yaml(std::string& out, std::string_view json) {
  while (!json.empty()) json.remove_prefix(append_printable(out, json));
}

}  // namespace titan::render

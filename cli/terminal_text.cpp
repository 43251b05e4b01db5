#include "cli/terminal_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace titan::cli {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The first character of a text that is not empty (RFC 3629, but for overlong forms that stand
// for printable characters anyway).
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {lead, 0};
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return {lead, 0};
    code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {code, bytes};
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

bool turns_direction(std::uint32_t code) {
  return code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string escaped(std::uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\r') return "\\r";
  if (code == '\t') return "\\t";
  std::array<char, 16> buffer{};
  const char* form = code <= 0xFF ? "\\x%02x" : "\\u%04x";
  const int length = std::snprintf(buffer.data(), buffer.size(), form, code);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string safe(std::string_view text, bool keep_lines) {
  std::string result;
  while (!text.empty()) {
    const Character character = first_of(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    const bool kept = keep_lines && character.code == '\n';
    const bool unsafe =
        character.bytes == 0 || is_control(character.code) || turns_direction(character.code);
    result += unsafe && !kept ? escaped(character.code) : std::string(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return result;
}

}  // namespace

std::string terminal_text(std::string_view text) {
  return safe(text, false);
}

std::string terminal_lines(std::string_view text) {
  return safe(text, true);
}

std::size_t width_of(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

}  // namespace titan::cli

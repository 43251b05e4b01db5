#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

namespace titan::render {

// Makes texts of what formats treat in their own way: code points and whole pieces, with others
// between them. UTF-8. The same seed makes the same texts.
class NastyValues {
 public:
  NastyValues(std::uint32_t seed, bool with_nul) : random_(seed), with_nul_(with_nul) {}

  std::string next() {
    std::string text;
    for (std::size_t length = pick(12); length > 0; --length) {
      if (pick(3) == 0) {
        text += kPieces[pick(std::size(kPieces))];
      } else {
        append(text, code_point());
      }
    }
    return text;
  }

 private:
  static constexpr std::string_view kPieces[] = {
      "$(id)", "`id`",   "${HOME}",   "$HOME",    "$$",   "$A",     ": ",     " #",
      "# ",    "- ",     "? ",        "%n",       "%%",   "%(k)s",  "{{x}}",  "}}",
      "]]>",   "<!--",   "-->",       "&amp;",    "</i>", "\"\"\"", "'''",    "\r\n",
      "\n\n",  "[s]",    "\nk = v",   "\n[s9]\n", "; ",   "\\n",    "\\x41",  "\\u0041",
      "\\",    "\\\\\n", "null",      "true",     "*a",   "&a",     "!!int ", "|\n",
      ">-\n",  "@",      "\n---\n",   "\n...\n",  "' ",   "\" ",    "\", \"", "'; id; '",
      "\\\"",  "\\'",    "<![CDATA[", "<?xml?>",  "&#0;", "  "};

  std::uint32_t pick(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }

  std::uint32_t code_point() {
    static constexpr std::uint32_t kSpecial[] = {
        '"',  '\'', '\\',   '\n',   '\r',   '\t',   ' ',    '%',    '$',    '`',
        '#',  ':',  '{',    '}',    '-',    '&',    '*',    '!',    0x7F,   0x80,
        0x85, 0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF, 0xD7FF, 0xE000, 0x10FFFF};
    switch (pick(4)) {
      case 0:
        return kSpecial[pick(std::size(kSpecial))];
      case 1:
        return with_nul_ ? pick(0x20) : 1 + pick(0x1F);
      case 2:
        return 0x20 + pick(0x60);
      default: {
        const std::uint32_t any = 0x80 + pick(0x110000 - 0x80);
        return any >= 0xD800 && any < 0xE000 ? any - 0x800 : any;  // no surrogates
      }
    }
  }

  static void append(std::string& text, std::uint32_t code_point) {
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code_point < 0x80) return put(code_point);
    if (code_point < 0x800) {
      put(0xC0U | code_point >> 6U);
    } else {
      if (code_point < 0x10000) {
        put(0xE0U | code_point >> 12U);
      } else {
        put(0xF0U | code_point >> 18U);
        put(0x80U | (code_point >> 12U & 0x3FU));
      }
      put(0x80U | (code_point >> 6U & 0x3FU));
    }
    put(0x80U | (code_point & 0x3FU));
  }

  std::mt19937 random_;
  bool with_nul_;
};

}  // namespace titan::render

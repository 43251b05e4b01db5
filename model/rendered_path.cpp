#include "model/rendered_path.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

// How many bytes at the start of `text` encode a code point that HFS+ leaves out when it compares
// names: U+200C..U+200F, U+202A..U+202E, U+206A..U+206F, U+FEFF. Git refuses the same ones.
std::size_t ignorable_length(std::string_view text) {
  if (text.size() < 3) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto third_is_in = [&](unsigned first, unsigned last) {
    return byte(2) >= first && byte(2) <= last;
  };
  bool ignorable = false;
  if (byte(0) == 0xE2 && byte(1) == 0x80) {
    ignorable = third_is_in(0x8C, 0x8F) || third_is_in(0xAA, 0xAE);
  } else if (byte(0) == 0xE2 && byte(1) == 0x81) {
    ignorable = third_is_in(0xAA, 0xAF);
  } else if (byte(0) == 0xEF && byte(1) == 0xBB) {
    ignorable = third_is_in(0xBF, 0xBF);
  }
  return ignorable ? 3 : 0;
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// The name as the least careful file system sees it: lower case, ignorable code points left out,
// cut at a ":" (an NTFS stream), without dots and spaces at the end.
std::string folded(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size() && name[i] != ':';) {
    const std::size_t ignored = ignorable_length(name.substr(i));
    if (ignored == 0) result += lower(name[i]);
    i += std::max<std::size_t>(ignored, 1);
  }
  while (!result.empty() && (result.back() == '.' || result.back() == ' ')) result.pop_back();
  return result;
}

// "git~1" is the NTFS short name of ".git", "gitmod~1" that of ".gitmodules" and "gitatt~1" that of
// ".gitattributes"; they become "gi7eba~1" and "gi7d29~1" when the plain ones are taken.
bool is_short_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> kStems = {"git", "gitmod", "gi7eba", "gitatt",
                                                      "gi7d29"};
  const std::size_t tilde = name.find('~');
  if (tilde == std::string_view::npos || tilde + 1 == name.size()) return false;
  const std::string_view number = name.substr(tilde + 1);
  return number.find_first_not_of("0123456789") == std::string_view::npos &&
         std::find(kStems.begin(), kStems.end(), name.substr(0, tilde)) != kStems.end();
}

// As temporary_path() makes them.
bool is_temporary(std::string_view name) {
  const std::string sample = temporary_path("x");  // ".x.titan-tmp"
  const std::string_view ending = std::string_view(sample).substr(std::string_view(".x").size());
  return name.starts_with('.') && name.size() > ending.size() && name.ends_with(ending);
}

bool is_reserved(std::string_view name) {
  const std::string plain = folded(name);
  return plain == ".git" || plain == ".gitmodules" || plain == ".gitattributes" ||
         is_short_name(plain);
}

Error refused(std::string_view path, std::string_view why) {
  return invalid("the path " + quote(path) + " " + std::string(why));
}

}  // namespace

Result<void> check_rendered_path(std::string_view path) {
  if (auto checked = check_relative_path(path); !checked) {
    return refused(path, "is refused: " + checked.error().message);
  }
  if (utf8_prefix(path) != path.size()) return refused(path, "is not UTF-8");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(path.begin(), path.end(), is_control)) {
    return refused(path, "holds a control character; expected printable ones");
  }
  const std::vector<std::string> names = split(path, '/');
  if (names.size() > kRenderedPathDepthMax) {
    return refused(path, "is " + std::to_string(names.size()) + " names deep; at most " +
                             std::to_string(kRenderedPathDepthMax) + " are allowed");
  }
  for (const std::string& name : names) {
    if (name.size() > kRenderedNameBytesMax) {
      return refused(path, "holds a name of " + std::to_string(name.size()) + " bytes; at most " +
                               std::to_string(kRenderedNameBytesMax) + " are allowed");
    }
    if (is_temporary(name)) {
      return refused(path, "holds the name " + quote(name) +
                               ", which is kept for files that are being written");
    }
    for (const std::string& part : split(name, '\\')) {
      if (is_reserved(part)) {
        return refused(path, "holds the name " + quote(name) + ", which Git keeps for itself");
      }
    }
  }
  return {};
}

}  // namespace titan::model

#include "base/text.hpp"

#include <algorithm>
#include <numeric>

namespace titan {
namespace {

// Levenshtein distance by the two-row method (Wagner and Fischer, 1974).
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

// The length of the one UTF-8 sequence that `text` starts with; 0 when it starts with none.
// Refuses overlong forms, surrogates, and what is beyond U+10FFFF (RFC 3629, section 4).
std::size_t utf8_sequence(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f;
  const bool too_large = first == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::size_t utf8_prefix(std::string_view text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const std::size_t length = utf8_sequence(text.substr(done));
    if (length == 0) break;
    done += length;
  }
  return done;
}

std::string quote(std::string_view text) {
  constexpr std::size_t kShown = 64;
  if (text.size() <= kShown) return '"' + std::string(text) + '"';
  std::size_t end = kShown;
  while (end > 0 && is_continuation(text[end])) --end;  // cut between characters
  return '"' + std::string(text.substr(0, end)) + "…\"";
}

std::string clip(std::string_view text, std::size_t bytes_max) {
  std::string clipped;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const bool fit = length > 0 && text[0] != '\0';
    const std::string_view next = fit ? text.substr(0, length) : "?";
    if (clipped.size() + next.size() > bytes_max) break;
    clipped += next;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clipped;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kWordMax = 64;
  constexpr std::size_t kEditsMax = 2;
  if (word.size() > kWordMax) return {};
  const std::string* closest = nullptr;
  std::size_t least = kEditsMax + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kWordMax) continue;
    // The lengths alone rule out most, and what a stranger sends is often far from all of them.
    if (word.size() + kEditsMax < candidate.size()) continue;
    if (candidate.size() + kEditsMax < word.size()) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least && distance < candidate.size()) {
      least = distance;
      closest = &candidate;
    }
  }
  return closest == nullptr ? "" : " (did you mean \"" + *closest + "\"?)";
}

}  // namespace titan

#include "tests/support/bad_requests.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>

namespace titan::testing {
namespace {

constexpr const char* kFile = "tests/server-lite/front_door/bad_requests.txt";
constexpr std::string_view kSeparator = " | ";

const std::map<std::string_view, std::string_view>& abbreviations() {
  static const std::map<std::string_view, std::string_view> kAbbreviations = {
      {"get", "GET / HTTP/1.1\r\nHost: titan\r\n"},
      {"post", "POST / HTTP/1.1\r\nHost: titan\r\n"},
      {"end", "\r\n\r\n"},
  };
  return kAbbreviations;
}

// The byte of the escape after the "\" at the start of `text`, which becomes shorter by both.
char take_escape(std::string_view& text) {
  const char letter = text.size() > 1 ? text[1] : '\0';
  if (letter == 'x' && text.size() > 3) {
    const char byte = static_cast<char>(std::stoi(std::string(text.substr(2, 2)), nullptr, 16));
    text.remove_prefix(4);
    return byte;
  }
  text.remove_prefix(std::min<std::size_t>(2, text.size()));
  switch (letter) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '\\':
    case '{':
      return letter;
    default:
      throw std::runtime_error(std::string("an unknown escape: \\") + letter);
  }
}

// What stands in the braces at the start of `text`, which becomes shorter by both.
std::string_view take_braces(std::string_view& text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      const std::string_view inside = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return inside;
    }
  }
  throw std::runtime_error("a brace is not closed");
}

std::string expanded(std::string_view inside) {
  const auto abbreviation = abbreviations().find(inside);
  if (abbreviation != abbreviations().end()) return std::string(abbreviation->second);
  const std::size_t star = inside.rfind('*');
  if (star == std::string_view::npos) {
    throw std::runtime_error("unknown braces: " + std::string(inside));
  }
  const std::string once = unescaped(inside.substr(0, star));
  const std::size_t count = std::stoul(std::string(inside.substr(star + 1)));
  std::string text;
  text.reserve(once.size() * count);
  for (std::size_t i = 0; i < count; ++i) text += once;
  return text;
}

BadRequestSample sample_of(const std::string& line) {
  const std::size_t name = line.find(kSeparator);
  const std::size_t bytes = line.find(kSeparator, name + kSeparator.size());
  if (name == std::string::npos || bytes == std::string::npos) {
    throw std::runtime_error("expected STATUS | NAME | BYTES");
  }
  const std::size_t name_start = name + kSeparator.size();
  return {.name = line.substr(name_start, bytes - name_start),
          .bytes = unescaped(std::string_view(line).substr(bytes + kSeparator.size())),
          .status = std::stoi(line.substr(0, name))};
}

}  // namespace

std::vector<BadRequestSample> bad_requests() {
  std::ifstream file(kFile);
  std::vector<BadRequestSample> samples;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    try {
      samples.push_back(sample_of(line));
    } catch (const std::exception& error) {
      throw std::runtime_error(std::string(kFile) + ":" + std::to_string(number) + ": " +
                               error.what());
    }
  }
  if (samples.empty()) throw std::runtime_error(std::string("nothing could be read of ") + kFile);
  return samples;
}

std::string unescaped(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text.front() == '\\') {
      bytes += take_escape(text);
    } else if (text.front() == '{') {
      bytes += expanded(take_braces(text));
    } else {
      bytes += text.front();
      text.remove_prefix(1);
    }
  }
  return bytes;
}

}  // namespace titan::testing

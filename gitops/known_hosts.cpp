#include "gitops/known_hosts.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "gitops/base64.hpp"
#include "gitops/hashes.hpp"
#include "gitops/limits.hpp"

namespace titan::gitops {
namespace {

constexpr std::uint16_t kSshPort = 22;
constexpr std::string_view kHashMark = "|1|";

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

// As the file has it: the port stands there when it is not the usual one.
std::string name_of(std::string_view host, std::uint16_t port) {
  std::string name = lower(host);
  return port == kSshPort ? name : "[" + name + "]:" + std::to_string(port);
}

// "*" is any number of characters, "?" is one. Without recursion: of several stars the last one
// that was passed is the only one that has to give way.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_text = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++star_text;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

bool is_hash_of(std::string_view hashed, std::string_view name) {
  const auto parts = split(hashed.substr(kHashMark.size()), '|');
  if (parts.size() != 2) return false;
  const auto salt = parse_base64(parts[0]);
  const auto hash = parse_base64(parts[1]);
  return salt && hash && hmac_sha1(*salt, name) == *hash;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  constexpr std::string_view kBlank = " \t\r";
  for (;;) {
    const std::size_t first = line.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return words;
    line.remove_prefix(first);
    const std::size_t end = std::min(line.find_first_of(kBlank), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

}  // namespace

std::string ssh_fingerprint(std::string_view key_blob) {
  return "SHA256:" + base64_unpadded(sha256(key_blob));
}

KnownHosts KnownHosts::parse(std::string_view text) {
  KnownHosts made;
  for (const std::string& line : split(text, '\n')) {
    auto words = words_of(line);
    if (words.empty() || words.front().starts_with('#')) continue;
    Line read;
    if (words.front().starts_with('@')) {
      read.is_revoked = words.front() == "@revoked";
      if (!read.is_revoked) continue;
      words.erase(words.begin());
    }
    constexpr std::size_t kWords = 3;  // names, type, key; what follows is a comment
    if (words.size() < kWords) continue;
    read.names = split(words[0], ',');
    read.type = words[1];
    read.key = words[2];
    made.lines_.push_back(std::move(read));
    if (made.lines_.size() == kKnownHostsLinesMax) break;
  }
  return made;
}

bool KnownHosts::is_about(const Line& line, std::string_view name) {
  bool found = false;
  for (std::string_view pattern : line.names) {
    if (pattern.starts_with(kHashMark)) {
      found = found || is_hash_of(pattern, name);
      continue;
    }
    const bool is_denied = pattern.starts_with('!');
    if (is_denied) pattern.remove_prefix(1);
    if (!matches(lower(pattern), name)) continue;
    if (is_denied) return false;
    found = true;
  }
  return found;
}

KnownHosts::Verdict KnownHosts::judge(std::string_view host, std::uint16_t port,
                                      std::string_view key_blob) const {
  const std::string name = name_of(host, port);
  const std::string key = base64(key_blob);
  Verdict verdict = Verdict::unknown;
  for (const Line& line : lines_) {
    if (line.is_revoked && line.key == key && is_about(line, name)) return Verdict::revoked;
    if (line.is_revoked || !is_about(line, name)) continue;
    if (line.key == key) {
      verdict = Verdict::known;
    } else if (verdict == Verdict::unknown) {
      verdict = Verdict::changed;
    }
  }
  return verdict;
}

std::vector<std::string> KnownHosts::key_types(std::string_view host, std::uint16_t port) const {
  const std::string name = name_of(host, port);
  std::vector<std::string> types;
  for (const Line& line : lines_) {
    if (line.is_revoked || !is_about(line, name)) continue;
    if (std::ranges::find(types, line.type) == types.end()) types.push_back(line.type);
  }
  return types;
}

}  // namespace titan::gitops

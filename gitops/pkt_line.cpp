#include "gitops/pkt_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "base/text.hpp"
#include "gitops/limits.hpp"

namespace titan::gitops {
namespace {

constexpr std::size_t kLengthDigits = 4;
constexpr std::size_t kIdDigits = 40;
constexpr std::string_view kErrorMark = "ERR ";

std::string_view without_newline(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

Error no_packet(std::string_view found) {
  return invalid("expected a packet of Git's protocol, found " + quote(shown(found)));
}

Result<std::size_t> length_of(std::string_view bytes) {
  std::size_t length = 0;
  const char* const end = bytes.data() + kLengthDigits;
  constexpr int kHex = 16;
  const auto [stopped, failure] = std::from_chars(bytes.data(), end, length, kHex);
  const bool is_data = length >= kLengthDigits && length <= kPacketBytesMax + kLengthDigits;
  if (failure != std::errc{} || stopped != end || (length != 0 && !is_data)) {
    return no_packet(bytes.substr(0, kLengthDigits));
  }
  return length;
}

// "<id> <name>", and behind a NUL what the other side can do.
Result<void> read_reference(std::string_view line, Advertisement& into) {
  line = without_newline(line);
  if (line.starts_with(kErrorMark)) {
    return unavailable("the remote says: " + shown(line.substr(kErrorMark.size())));
  }
  const std::size_t end = line.find('\0');
  if (end != std::string_view::npos) {
    for (const std::string& word : split(line.substr(end + 1), ' ')) {
      if (!word.empty()) into.capabilities.insert(word);
    }
    line = line.substr(0, end);
  }
  if (line.starts_with("shallow ")) return {};
  const bool is_reference = line.size() > kIdDigits + 1 && line[kIdDigits] == ' ' &&
                            std::all_of(line.begin(), line.begin() + kIdDigits, is_hex);
  if (!is_reference) {
    return invalid("expected a reference of a remote, found " + quote(shown(line)));
  }
  const std::string_view name = line.substr(kIdDigits + 1);
  if (name != "capabilities^{}") into.references.emplace(name, line.substr(0, kIdDigits));
  return {};
}

}  // namespace

std::string packet(std::string_view content) {
  std::array<char, kLengthDigits + 1> length{};
  std::snprintf(length.data(), length.size(), "%04zx", content.size() + kLengthDigits);
  return std::string(length.data(), kLengthDigits).append(content);
}

Result<void> PacketReader::feed(std::string_view bytes) {
  waiting_ += bytes;
  std::size_t at = 0;
  while (waiting_.size() - at >= kLengthDigits) {
    const std::string_view rest = std::string_view(waiting_).substr(at);
    TITAN_ASSIGN(const std::size_t length, length_of(rest));
    if (length == 0) {
      TITAN_TRY(sink_(std::nullopt));
      at += kLengthDigits;
      continue;
    }
    if (rest.size() < length) break;
    TITAN_TRY(sink_(rest.substr(kLengthDigits, length - kLengthDigits)));
    at += length;
  }
  waiting_.erase(0, at);
  return {};
}

Result<Advertisement> Advertisement::parse(std::string_view bytes) {
  Advertisement made;
  bool ended = false;
  PacketReader reader([&](std::optional<std::string_view> content) -> Result<void> {
    if (ended) return invalid("found something behind the references of a remote");
    ended = !content;
    return content ? read_reference(*content, made) : Result<void>();
  });
  TITAN_TRY(reader.feed(bytes));
  if (!ended) return invalid("the references of the remote did not come whole");
  for (const std::string& capability : made.capabilities) {
    constexpr std::string_view kFormat = "object-format=";
    if (capability.starts_with(kFormat) && capability != "object-format=sha1") {
      return invalid("the remote's objects have another form than SHA-1: " + shown(capability));
    }
  }
  return made;
}

Error too_many_references() {
  return exhausted("the remote has more references than fit into " +
                   std::to_string(kAdvertisementBytesMax) + " bytes");
}

Error too_many_bytes(std::size_t bytes_max) {
  return exhausted("the remote sends more than " + std::to_string(bytes_max) + " bytes");
}

std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytesMax = 256;
  std::string made = clip(trim(text), kShownBytesMax);
  std::ranges::replace_if(
      made, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return made;
}

Result<void> parse_push_report(std::string_view bytes) {
  bool was_unpacked = false;
  bool was_moved = false;
  PacketReader reader([&](std::optional<std::string_view> content) -> Result<void> {
    if (!content) return {};
    const std::string_view line = without_newline(*content);
    if (line.starts_with("unpack ")) {
      was_unpacked = line == "unpack ok";
      if (!was_unpacked) return unavailable("the remote could not keep it: " + shown(line));
    } else if (line.starts_with("ng ")) {
      return denied("the remote refused: " + shown(line.substr(3)));
    } else if (line.starts_with("ok ")) {
      was_moved = true;
    }
    return {};
  });
  TITAN_TRY(reader.feed(bytes));
  if (!was_unpacked || !was_moved) return invalid("the remote did not say what became of the push");
  return {};
}

Result<void> SideBands::take(std::string_view content) {
  constexpr char kData = 1;
  constexpr char kMessage = 2;
  constexpr char kFatal = 3;
  const char band = content.empty() ? '\0' : content.front();
  const std::string_view rest = content.substr(std::min<std::size_t>(1, content.size()));
  if (band == kData) return data_(rest);
  if (band == kFatal) return unavailable("the remote gave up: " + shown(rest));
  if (band != kMessage) return invalid("the remote sent a band that nobody asked for");
  if (!trim(rest).empty()) message_ = rest;
  return {};
}

}  // namespace titan::gitops

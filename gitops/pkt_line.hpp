#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"

// The frames of Git's own protocol: gitprotocol-common(5), gitprotocol-pack(5), version 0. Pure.
namespace titan::gitops {

constexpr std::string_view kFlushPacket = "0000";

// The packet that holds `content`. REQUIRES: at most kPacketBytesMax.
std::string packet(std::string_view content);

// Packets out of bytes that come in pieces of any size.
class PacketReader {
 public:
  // A flush packet gives nullopt; its content is borrowed for the call. An error ends the reading.
  using Sink = std::function<Result<void>(std::optional<std::string_view> content)>;
  explicit PacketReader(Sink sink) : sink_(std::move(sink)) {}

  // invalid: it is no packet; and the errors of the sink.
  Result<void> feed(std::string_view bytes);
  // Whether all that came was whole packets.
  [[nodiscard]] bool is_between_packets() const { return waiting_.empty(); }

 private:
  Sink sink_;
  std::string waiting_;  // of the packet that has not come whole
};

// What a repository says first: where its references are, and what its side can do.
struct Advertisement {
  std::map<std::string, std::string, std::less<>> references = {};  // name to id in hex
  std::set<std::string, std::less<>> capabilities = {};

  // `bytes`: packets up to the flush that ends them. unavailable: the repository answered with an
  // error, which is in the message. invalid: no such packets, or ids that are no SHA-1.
  static Result<Advertisement> parse(std::string_view bytes);
};

// exhausted: a remote says more of itself than kAdvertisementBytesMax, or sends more than this.
Error too_many_references();
Error too_many_bytes(std::size_t bytes_max);

// The text of a line from elsewhere, for messages: one line, printable, at most 256 bytes.
std::string shown(std::string_view text);

// The answer to a push, as it comes on the first band: whether the branch moved.
// denied: the repository refused, with its reason. unavailable: it could not keep what it got.
// invalid: no such report. REQUIRES: one reference was to be moved.
Result<void> parse_push_report(std::string_view bytes);

// Splits what comes on side-band-64k: the first band goes to a sink, the last line of the second,
// which is for people, is kept.
class SideBands {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;
  explicit SideBands(Sink data) : data_(std::move(data)) {}

  // unavailable: the other side gives up, and why. invalid: no such band.
  Result<void> take(std::string_view content);
  [[nodiscard]] std::string last_message() const { return shown(message_); }

 private:
  Sink data_;
  std::string message_;
};

}  // namespace titan::gitops

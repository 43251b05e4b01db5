// What Git servers say: packets, references, reports of pushes, bands, as they come and as packets
// that hold the input; files known_hosts; and remotes as people write them. Packets come to the
// same however they arrive in pieces, what is shown of them is one short printable line, and no
// message about a remote has its password.

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/target.hpp"
#include "gitops/base64.hpp"
#include "gitops/known_hosts.hpp"
#include "gitops/limits.hpp"
#include "gitops/pkt_line.hpp"
#include "gitops/reference_choice.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/remote_prefix.hpp"

namespace titan::fuzz {
namespace {

using gitops::PacketReader;

struct Packets {
  std::vector<std::string> contents;
  bool is_refused = false;
  bool operator==(const Packets&) const = default;
};

Packets read(std::string_view input, std::size_t piece) {
  Packets packets;
  PacketReader reader([&](std::optional<std::string_view> content) -> Result<void> {
    packets.contents.emplace_back(content.value_or("flush"));
    return {};
  });
  for (std::size_t at = 0; at < input.size() && !packets.is_refused; at += piece) {
    packets.is_refused = !reader.feed(input.substr(at, piece));
  }
  return packets;
}

void check_error(const Error& error) {
  for (const char c : error.message) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "an error is one printable line",
            error.message);
  }
}

void check_references(const gitops::Advertisement& advertisement) {
  const auto was_named = [&](const std::string& id) {
    return std::ranges::any_of(advertisement.references,
                               [&](const auto& reference) { return reference.second == id; });
  };
  for (const std::string name : {"", "main", "v1", "refs/tags/v1"}) {
    const auto commit = gitops::commit_of(advertisement, name);
    if (!commit) continue;
    require(was_named(*commit), "a commit was named", *commit);
    require(was_named(gitops::object_for(advertisement, *commit)), "so was what is asked for");
  }
}

void check_packets(std::string_view input) {
  const Packets whole = read(input, input.size() + 1);
  require(read(input, 1) == whole && read(input, 3) == whole, "pieces come to the same");
  const auto advertisement = gitops::Advertisement::parse(input);
  if (!advertisement) check_error(advertisement.error());
  if (advertisement) check_references(*advertisement);
  const auto report = gitops::parse_push_report(input);
  if (!report) check_error(report.error());
  gitops::SideBands bands([](std::string_view) { return Result<void>(); });
  for (const std::string& content : whole.contents) {
    const auto taken = bands.take(content);
    if (!taken) check_error(taken.error());
  }
  require(bands.last_message().size() <= 256, "a message is short");
}

void check_content(std::string_view input) {
  const std::string_view content = input.substr(0, gitops::kPacketBytesMax);
  const std::string bytes = gitops::packet(content) + std::string(gitops::kFlushPacket);
  const Packets read_back = read(bytes, 7);
  require(read_back.contents == std::vector<std::string>{std::string(content), "flush"},
          "a packet reads back equal");
  const auto advertisement = gitops::Advertisement::parse(bytes);
  if (!advertisement) check_error(advertisement.error());
}

void check_known_hosts(std::string_view input) {
  using Verdict = gitops::KnownHosts::Verdict;
  const auto hosts = gitops::KnownHosts::parse(input);
  const auto verdict = hosts.judge("git.example.org", 22, "a key");
  if (verdict == Verdict::known) {
    require(!hosts.key_types("git.example.org", 22).empty(), "a known key has a type");
    require(input.find(gitops::base64("a key")) != std::string_view::npos, "a known key is there");
  }
  require(gitops::parse_base64(gitops::base64(input)) == std::string(input),
          "base64 reads back equal");
}

void check_remote(std::string_view input) {
  constexpr std::string_view kPassword = "hunter2";
  for (const std::string_view scheme : {"https://", "ssh://", ""}) {
    const std::string remote =
        std::string(scheme) + "ada:" + std::string(kPassword) + "@" + std::string(input);
    const auto parsed = gitops::RemoteAddress::parse(remote);
    require(parsed.ok() || parsed.error().text().find(kPassword) == std::string::npos,
            "no message has a password", remote);
  }
  const auto parsed = gitops::RemoteAddress::parse(input);
  if (!parsed || parsed->kind == gitops::RemoteAddress::Kind::file) return;
  require(!parsed->host.empty() && parsed->host.front() != '-', "a host is no option");
  require(!parsed->path.empty(), "a remote has a path");
  const auto prefix = gitops::RemotePrefix::parse("https://git.example.org/team/").value();
  if (!prefix.holds(*parsed)) return;
  require(parsed->user.empty() && !parsed->is_plain, "nobody else is asked");
  require(parsed->path.find("/../") == std::string::npos, "a path leads down", parsed->path);
}

}  // namespace

void run(std::string_view input) {
  check_packets(input);
  check_content(input);
  check_known_hosts(input);
  check_remote(input);
}

}  // namespace titan::fuzz

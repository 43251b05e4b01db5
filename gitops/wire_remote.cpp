#include "gitops/wire_remote.hpp"

#include <utility>

#include "gitops/branch.hpp"
#include "gitops/file_remote.hpp"
#include "gitops/limits.hpp"
#include "gitops/reference_choice.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/tcp_socket.hpp"

namespace titan::gitops {
namespace {

constexpr std::string_view kSideBand = "side-band-64k";
constexpr std::string_view kAgent = "agent=titan";

template <class T>
Result<T> about(const std::string& remote, Result<T> result) {
  if (result || !result.error().subject.empty()) return result;
  Error error = std::move(result).error();
  error.subject = remote;
  return error;
}

Result<git_oid> parse_id(std::string_view hex) {
  git_oid id;
  if (hex.size() != GIT_OID_HEXSZ || git_oid_fromstrn(&id, hex.data(), hex.size()) < 0) {
    return invalid("the remote named a commit that is none: " + shown(hex));
  }
  return id;
}

Result<void> check_side_band(const Advertisement& advertisement) {
  if (advertisement.capabilities.contains(kSideBand)) return {};
  return invalid("the remote's Git is too old: it has no " + std::string(kSideBand));
}

// The pack that comes, into the object store.
class PackWriter {
 public:
  static Result<PackWriter> open(git_repository* local, const WireRemote::Limits& limits) {
    PackWriter made;
    made.bytes_max_ = limits.bytes_max;
    made.end_ = SteadyClock::now() + limits.time_max;
    TITAN_TRY(git_call(made.objects_, "opening the objects", git_repository_odb, local));
    const std::string folder = std::string(git_repository_path(local)) + "objects/pack";
    constexpr unsigned kUsualMode = 0;
    TITAN_TRY(git_call(made.indexer_, "receiving a pack", git_indexer_new, folder.c_str(),
                       kUsualMode, made.objects_.get(), nullptr));
    return made;
  }
  Result<void> append(std::string_view bytes) {
    TITAN_TRY(check_head(bytes));
    received_ += bytes.size();
    if (received_ > bytes_max_) return too_many_bytes(bytes_max_);
    // Few bytes may stand for many, so that unpacking takes longer than the network.
    if (SteadyClock::now() > end_) return unavailable("a pack takes too long to be unpacked");
    return checked(git_indexer_append(indexer_.get(), bytes.data(), bytes.size(), &progress_));
  }
  Result<void> finish() {
    if (received_ == 0) return unavailable("the remote broke off before it sent a pack");
    TITAN_TRY(checked(git_indexer_commit(indexer_.get(), &progress_)));
    return git_check(git_odb_refresh(objects_.get()), "reading the objects");
  }

 private:
  // "PACK", the version and how many objects there are (gitformat-pack(5)): memory is taken for so
  // many before the first has come.
  Result<void> check_head(std::string_view bytes) {
    constexpr std::size_t kHeadBytes = 12;
    constexpr std::size_t kCountAt = 8;
    if (head_.size() == kHeadBytes) return {};
    head_ += bytes.substr(0, kHeadBytes - head_.size());
    if (head_.size() < kHeadBytes) return {};
    std::size_t objects = 0;
    for (const char c : head_.substr(kCountAt)) {
      objects = (objects << 8U) | static_cast<unsigned char>(c);
    }
    if (objects <= kFetchObjectsMax) return {};
    return exhausted("the remote sends " + std::to_string(objects) + " objects; expected at most " +
                     std::to_string(kFetchObjectsMax));
  }
  // What is wrong with it is the network's or the other side's fault, unless it is the disk's.
  static Result<void> checked(int code) {
    auto result = git_check(code, "receiving a pack");
    if (!result && result.error().code == ErrorCode::internal) {
      result.error().code = ErrorCode::unavailable;
    }
    return result;
  }

  GitOdb objects_;
  GitHandle<git_indexer, git_indexer_free> indexer_;
  git_indexer_progress progress_{};
  std::string head_;
  std::size_t received_ = 0;
  std::size_t bytes_max_ = 0;
  SteadyClock::time_point end_ = {};
};

// What the other side answers to a question for commits, as packets: where it cuts the history off
// (if that was asked for), what it has in common with us, and the pack.
class FetchAnswer {
 public:
  FetchAnswer(PackWriter& pack, bool asked_for_depth)
      : pack_(pack),
        part_(asked_for_depth ? Part::boundary : Part::common),
        bands_([this](std::string_view bytes) { return pack_.append(bytes); }) {}

  Result<void> take(std::optional<std::string_view> content) {
    switch (part_) {
      case Part::boundary:
        if (content) return take_boundary(*content);
        part_ = Part::common;
        return {};
      case Part::common:
        return take_common(content);
      case Part::pack:
        // A server says once or more what it has in common with us.
        if (content && is_common(*content)) return {};
        if (content) return bands_.take(*content);
        part_ = Part::over;
        return {};
      case Part::over:
        break;
    }
    return invalid("the remote sent more than a pack");
  }
  [[nodiscard]] bool is_whole() const { return part_ == Part::over; }
  [[nodiscard]] const std::vector<git_oid>& boundary() const { return boundary_; }

 private:
  enum class Part { boundary, common, pack, over };

  Result<void> take_boundary(std::string_view line) {
    constexpr std::string_view kShallow = "shallow ";
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (!line.starts_with(kShallow)) return complaint(line);
    TITAN_ASSIGN(const git_oid id, parse_id(line.substr(kShallow.size())));
    boundary_.push_back(id);
    return {};
  }
  Result<void> take_common(std::optional<std::string_view> line) {
    if (!line) return invalid("the remote sent no pack");
    if (!is_common(*line)) return complaint(*line);
    part_ = Part::pack;
    return {};
  }
  static bool is_common(std::string_view line) {
    return line.starts_with("NAK") || line.starts_with("ACK ");
  }
  static Error complaint(std::string_view line) {
    constexpr std::string_view kErrorMark = "ERR ";
    if (line.starts_with(kErrorMark)) {
      return unavailable("the remote says: " + shown(line.substr(kErrorMark.size())));
    }
    return invalid("the remote answered with " + shown(line));
  }

  PackWriter& pack_;
  Part part_;
  SideBands bands_;
  std::vector<git_oid> boundary_;
};

std::string fetch_request(const Remote::Wanted& wanted, const Boundary& boundary,
                          const Advertisement& advertisement) {
  const std::string object = object_for(advertisement, hex(wanted.tip));
  const auto can = [&](std::string_view what) { return advertisement.capabilities.contains(what); };
  std::string first = "want " + object + " " + std::string(kSideBand);
  for (const std::string_view name : {"ofs-delta", "no-progress"}) {
    if (can(name)) first.append(" ").append(name);
  }
  // Of a history that is cut off, what `have` leads to is left out only of such a pack.
  if (wanted.depth > 0 && can("thin-pack")) first.append(" thin-pack");
  std::string text = packet(first.append(" ").append(kAgent).append("\n"));
  if (can("shallow")) {
    for (const git_oid& id : boundary) text += packet("shallow " + hex(id) + "\n");
    if (wanted.depth > 0) text += packet("deepen " + std::to_string(wanted.depth) + "\n");
  }
  text += kFlushPacket;
  for (const git_oid& id : wanted.have) text += packet("have " + hex(id) + "\n");
  return text + packet("done\n");
}

int append_pack(void* bytes, std::size_t size, void* into) {
  auto& request = *static_cast<std::string*>(into);
  if (request.size() + size > kPushBytesMax) return -1;
  request.append(static_cast<const char*>(bytes), size);
  return 0;
}

// The commits behind `expected` up to `target`, with their objects.
Result<void> append_missing(LocalHistory local, const std::optional<git_oid>& expected,
                            const git_oid& target, std::string& request) {
  std::vector<git_oid> hidden;
  if (expected) hidden.push_back(*expected);
  TITAN_ASSIGN(const auto commits, commits_between(local, target, hidden));
  TITAN_ASSIGN(const auto objects, objects_of(local, commits));
  GitPackBuilder pack;
  TITAN_TRY(git_call(pack, "packing objects", git_packbuilder_new, local.repository));
  for (const git_oid& id : objects) {
    TITAN_TRY(
        git_check(git_packbuilder_insert(pack.get(), &id, nullptr), "packing object " + hex(id)));
  }
  const int code = git_packbuilder_foreach(pack.get(), append_pack, &request);
  if (code < 0 && request.size() + kPacketBytesMax > kPushBytesMax) {
    return exhausted("what is to be pushed is longer than " + std::to_string(kPushBytesMax) +
                     " bytes");
  }
  return git_check(code, "packing objects");
}

bool is_same(const std::optional<git_oid>& left, const std::optional<git_oid>& right) {
  return left.has_value() == right.has_value() && (!left || git_oid_equal(&*left, &*right) != 0);
}

}  // namespace

WireRemote::WireRemote(std::string name, std::unique_ptr<GitChannel> channel, const Limits& limits)
    : name_(std::move(name)), channel_(std::move(channel)), limits_(limits) {}

Result<std::optional<git_oid>> WireRemote::read_tip() {
  TITAN_ASSIGN(const std::string bytes, channel_->begin(GitService::receive_pack));
  TITAN_ASSIGN(const Advertisement advertisement, Advertisement::parse(bytes));
  TITAN_TRY(check_side_band(advertisement));
  seen_.reset();
  const auto found = advertisement.references.find(kBranchReference);
  if (found != advertisement.references.end()) {
    TITAN_ASSIGN(seen_, parse_id(found->second));
  }
  may_push_ = true;
  return seen_;
}

Result<std::optional<git_oid>> WireRemote::tip() {
  return about(name_, read_tip());
}

Result<git_oid> WireRemote::find_here(const std::string& ref) {
  may_push_ = false;
  TITAN_ASSIGN(const std::string bytes, channel_->begin(GitService::upload_pack));
  TITAN_ASSIGN(const Advertisement advertisement, Advertisement::parse(bytes));
  channel_->leave();
  TITAN_ASSIGN(const std::string commit, commit_of(advertisement, ref));
  return parse_id(commit);
}

Result<git_oid> WireRemote::find(const std::string& ref) {
  return about(name_, find_here(ref));
}

Result<std::vector<git_oid>> WireRemote::fetch(LocalHistory local, const Wanted& wanted) {
  return about(name_, fetch_here(local, wanted));
}

Result<std::vector<git_oid>> WireRemote::fetch_here(LocalHistory local, const Wanted& wanted) {
  may_push_ = false;
  TITAN_ASSIGN(const std::string bytes, channel_->begin(GitService::upload_pack));
  TITAN_ASSIGN(const Advertisement advertisement, Advertisement::parse(bytes));
  TITAN_TRY(check_side_band(advertisement));
  const bool asks_for_depth = wanted.depth > 0 && advertisement.capabilities.contains("shallow");
  TITAN_ASSIGN(PackWriter pack, PackWriter::open(local.repository, limits_));
  FetchAnswer answer(pack, asks_for_depth);
  PacketReader packets(
      [&](std::optional<std::string_view> content) { return answer.take(content); });
  TITAN_TRY(channel_->finish(fetch_request(wanted, local.boundary, advertisement),
                             [&](std::string_view piece) { return packets.feed(piece); }));
  if (!answer.is_whole()) return unavailable("the remote broke off while it sent a pack");
  TITAN_TRY(pack.finish());
  if (!read_commit(local.repository, wanted.tip)) {
    return invalid("the remote's " + hex(wanted.tip) + " is no commit");
  }
  return answer.boundary();
}

Result<void> WireRemote::push(LocalHistory local, const std::optional<git_oid>& expected,
                              const git_oid& target) {
  return about(name_, push_here(local, expected, target));
}

Result<void> WireRemote::push_here(LocalHistory local, const std::optional<git_oid>& expected,
                                   const git_oid& target) {
  if (!may_push_) TITAN_TRY(read_tip());
  if (!is_same(seen_, expected)) return conflict("the remote's branch main has moved");
  may_push_ = false;
  constexpr git_oid kNothing{};
  std::string request =
      hex(expected.value_or(kNothing)) + " " + hex(target) + " " + kBranchReference;
  request.append(1, '\0').append(" report-status ").append(kSideBand).append(" ").append(kAgent);
  request = packet(request) + std::string(kFlushPacket);
  TITAN_TRY(append_missing(local, expected, target, request));

  std::string report;
  SideBands bands([&](std::string_view bytes) -> Result<void> {
    report += bytes;
    return report.size() > kAdvertisementBytesMax ? Result<void>(exhausted("a report is too long"))
                                                  : Result<void>();
  });
  PacketReader packets([&](std::optional<std::string_view> content) {
    return content ? bands.take(*content) : Result<void>();
  });
  TITAN_TRY(channel_->finish(request, [&](std::string_view piece) { return packets.feed(piece); }));
  auto told = parse_push_report(report);
  if (told || told.error().code != ErrorCode::denied) return told;
  const std::string said = bands.last_message();
  if (!said.empty()) told.error().message += " (" + said + ")";
  // Somebody else may have been quicker, or hold the lock of the branch at this moment.
  TITAN_ASSIGN(const auto now, read_tip());
  const bool is_locked = told.error().message.find("lock") != std::string::npos ||
                         told.error().message.find("failed to update ref") != std::string::npos;
  if (is_locked || !is_same(now, expected)) return conflict(told.error().message);
  return told;
}

Result<void> WireRemote::leave() {
  channel_->leave();
  may_push_ = false;
  return {};
}

Result<std::unique_ptr<Remote>> open_remote(const std::string& remote,
                                            const RemoteOptions& options) {
  const std::string name = without_credentials(remote);
  const WireRemote::Limits limits{.bytes_max = options.answer_bytes_max,
                                  .time_max = options.conversation_max};
  TITAN_ASSIGN(const RemoteAddress address, about(name, RemoteAddress::parse(remote)));
  switch (address.kind) {
    case RemoteAddress::Kind::file: {
      TITAN_ASSIGN(FileRemote file, FileRemote::open(remote));
      return std::unique_ptr<Remote>(std::make_unique<FileRemote>(std::move(file)));
    }
    case RemoteAddress::Kind::http: {
      TITAN_ASSIGN(auto channel, about(name, open_http_channel(address, options)));
      return std::unique_ptr<Remote>(
          std::make_unique<WireRemote>(name, std::move(channel), limits));
    }
    case RemoteAddress::Kind::ssh:
      break;
  }
  return std::unique_ptr<Remote>(
      std::make_unique<WireRemote>(name, open_ssh_channel(address, options), limits));
}

}  // namespace titan::gitops

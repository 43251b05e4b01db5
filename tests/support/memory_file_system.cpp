#include "tests/support/memory_file_system.hpp"

#include <atomic>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace titan::testing {
namespace {

constexpr int kLinksMax = 40;
constexpr std::uint32_t kDirectoryMode = 0755;
constexpr std::uint32_t kPrivateMode = 0600;
constexpr std::uint32_t kModeBits = 07777;

Error missing(const std::string& path) {
  return about(path, not_found("does not exist"));
}

Error leads_out(const std::string& path) {
  return about(path, invalid("the path leads out of the root folder by a symbolic link"));
}

}  // namespace

struct MemoryFileSystem::Node {
  using Entries = std::map<std::string, std::shared_ptr<Node>>;

  Type type = Type::file;
  std::uint32_t mode = 0;
  std::string content = {};  // of a file; where a link leads to
  std::optional<std::string> flushed =
      {};  // of a file: what a power cut leaves, if not the content
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint64_t inode = next_number();
  std::uint64_t changed = next_number();
  Entries entries = {};                // of a folder
  Entries durable = {};                // of a folder, as of its last sync
  std::weak_ptr<const int> lock = {};  // lives as long as the Lock does

  // Never the same twice, so that a change is always seen.
  static std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }
  void flush() {
    durable = entries;
    flushed.reset();
    for (auto& [name, node] : entries) node->flush();
  }
  void cut_power() {
    entries = durable;
    if (flushed) content = *std::exchange(flushed, std::nullopt);
    lock.reset();
    for (auto& [name, node] : entries) node->cut_power();
  }
};

struct MemoryFileSystem::Place {
  std::shared_ptr<Node> folder;
  std::string name;

  // Nothing when there is nothing.
  [[nodiscard]] std::shared_ptr<Node> node() const {
    const auto found = folder->entries.find(name);
    return found == folder->entries.end() ? nullptr : found->second;
  }
};

MemoryFileSystem::MemoryFileSystem()
    : root_(std::make_shared<Node>(Node{.type = Type::directory, .mode = kDirectoryMode})) {}

MemoryFileSystem::~MemoryFileSystem() = default;

void MemoryFileSystem::power_cut() {
  root_->cut_power();
}

void MemoryFileSystem::make_symlink(const std::string& path, const std::string& target) {
  const auto place = find_place(path);
  TITAN_ASSERT(place.ok());
  const auto link = std::make_shared<Node>(Node{.type = Type::symlink, .content = target});
  place->folder->entries[place->name] = link;
  place->folder->durable[place->name] = link;
}

void MemoryFileSystem::stand_at(std::string absolute_path, bool in_memory) {
  absolute_path_ = std::move(absolute_path);
  in_memory_ = in_memory;
}

// Every part counts as a folder, so links are followed.
Result<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::folder_at(
    const std::string& path) const {
  if (path.empty()) return root_;
  const std::vector<std::string> parts = split(path, '/');
  std::deque<std::string> left(parts.begin(), parts.end());
  std::vector<std::shared_ptr<Node>> way = {root_};
  int links = 0;
  while (!left.empty()) {
    const std::string part = std::move(left.front());
    left.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      way.pop_back();
      if (way.empty()) return leads_out(path);
      continue;
    }
    const auto found = way.back()->entries.find(part);
    if (found == way.back()->entries.end()) return missing(path);
    const std::shared_ptr<Node> node = found->second;
    if (node->type == Type::symlink) {
      if (node->content.starts_with('/') || ++links > kLinksMax) return leads_out(path);
      const std::vector<std::string> target = split(node->content, '/');
      left.insert(left.begin(), target.begin(), target.end());
    } else if (node->type == Type::directory) {
      way.push_back(node);
    } else {
      return about(path, not_found("a file is in the way"));
    }
  }
  return way.back();
}

Result<MemoryFileSystem::Place> MemoryFileSystem::find_place(const std::string& path) const {
  TITAN_TRY(check_relative_path(path));
  const std::string parent = parent_of(path);
  auto folder = folder_at(parent);
  if (!folder) return about(path, std::move(folder).error());
  return Place{std::move(*folder), path.substr(parent.empty() ? 0 : parent.size() + 1)};
}

Result<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::open_regular(
    const std::string& path, bool create) {
  TITAN_ASSIGN(const Place place, find_place(path));
  std::shared_ptr<Node> node = place.node();
  if (node == nullptr && !create) return missing(path);
  if (node == nullptr) {
    node = std::make_shared<Node>(Node{.mode = kPrivateMode});
    place.folder->entries[place.name] = node;
  }
  if (node->type == Type::directory) return about(path, conflict("is a folder, expected a file"));
  if (node->type == Type::symlink) {
    return about(path, invalid("is a symbolic link, expected a file"));
  }
  return node;
}

Result<std::string> MemoryFileSystem::read(const std::string& path, std::size_t bytes_max) {
  TITAN_ASSIGN(const auto node, open_regular(path, false));
  if (node->content.size() > bytes_max) {
    return about(path, exhausted("is longer than " + std::to_string(bytes_max) + " bytes"));
  }
  return node->content;
}

Result<FileSystem::Info> MemoryFileSystem::info(const std::string& path) {
  std::shared_ptr<Node> node = root_;
  if (!path.empty()) {
    TITAN_ASSIGN(const Place place, find_place(path));
    node = place.node();
  }
  if (node == nullptr) return missing(path);
  return Info{.type = node->type,
              .mode = node->mode,
              .size = node->content.size(),
              .user = node->user,
              .group = node->group,
              .inode = node->inode,
              .changed_ns = static_cast<std::int64_t>(node->changed)};
}

Result<std::vector<FileSystem::Entry>> MemoryFileSystem::list(const std::string& path) {
  if (!path.empty()) TITAN_TRY(check_relative_path(path));
  TITAN_ASSIGN(const auto folder, folder_at(path));
  if (folder->entries.size() > kDirectoryEntriesMax) {
    return about(path, exhausted("the folder has too many entries"));
  }
  std::vector<Entry> entries;
  for (const auto& [name, node] : folder->entries) entries.push_back({name, node->type});
  return entries;
}

Result<std::string> MemoryFileSystem::read_link(const std::string& path) {
  TITAN_ASSIGN(const Place place, find_place(path));
  const auto node = place.node();
  if (node == nullptr) return missing(path);
  if (node->type != Type::symlink) return about(path, invalid("is no symbolic link"));
  return node->content;
}

Result<bool> MemoryFileSystem::in_memory(const std::string& path) {
  if (!path.empty()) TITAN_TRY(check_relative_path(path));
  TITAN_TRY(folder_at(path));
  return in_memory_;
}

Result<std::string> MemoryFileSystem::absolute_path() {
  return absolute_path_;
}

Result<void> MemoryFileSystem::write(const std::string& path, std::string_view content,
                                     std::uint32_t mode) {
  TITAN_ASSIGN(const auto node, open_regular(path, true));
  node->content = content;
  node->flushed.reset();
  node->mode = mode & kModeBits;
  node->changed = Node::next_number();
  return {};
}

Result<void> MemoryFileSystem::write_unflushed(const std::string& path, std::string_view content,
                                               std::uint32_t mode) {
  TITAN_ASSIGN(const auto node, open_regular(path, true));
  // What was there before goes when the file is emptied.
  node->flushed = "";
  node->content = content;
  node->mode = mode & kModeBits;
  node->changed = Node::next_number();
  return {};
}

Result<void> MemoryFileSystem::flush() {
  root_->flush();
  return {};
}

Result<void> MemoryFileSystem::set_mode(const std::string& path, std::uint32_t mode) {
  TITAN_ASSIGN(const Place place, find_place(path));
  const auto node = place.node();
  if (node == nullptr) return missing(path);
  if (node->type == Type::symlink) {
    return about(path, invalid("a symbolic link has no mode of its own"));
  }
  node->mode = mode & kModeBits;
  node->changed = Node::next_number();
  return {};
}

Result<void> MemoryFileSystem::set_owner(const std::string& path, std::uint32_t user,
                                         std::uint32_t group) {
  TITAN_ASSIGN(const auto node, open_regular(path, false));
  node->user = user;
  node->group = group;
  node->changed = Node::next_number();
  return {};
}

Result<void> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  TITAN_ASSIGN(const Place source, find_place(from));
  TITAN_ASSIGN(const Place target, find_place(to));
  const auto moved = source.node();
  if (moved == nullptr) return missing(from);
  if (const auto replaced = target.node(); replaced != nullptr) {
    if (replaced->type == Type::directory) {
      return about(to, conflict("is a folder, and is not replaced"));
    }
    if (moved->type == Type::directory) {
      return about(to, conflict("is no folder, and is not replaced by one"));
    }
  }
  if (moved->type == Type::directory && to.starts_with(from + "/")) {
    return about(to, invalid("is inside of the folder that is moved"));
  }
  source.folder->entries.erase(source.name);
  target.folder->entries[target.name] = moved;
  return {};
}

Result<void> MemoryFileSystem::make_link(const std::string& path, const std::string& target) {
  TITAN_ASSIGN(const Place place, find_place(path));
  if (target.empty() || target.size() > kPathBytesMax || target.find('\0') != std::string::npos) {
    return about(path, invalid("this is no text of a symbolic link"));
  }
  if (place.node() != nullptr) return about(path, conflict("exists already"));
  place.folder->entries[place.name] =
      std::make_shared<Node>(Node{.type = Type::symlink, .mode = 0777, .content = target});
  return {};
}

Result<void> MemoryFileSystem::make_directory(const std::string& path, std::uint32_t mode) {
  TITAN_ASSIGN(const Place place, find_place(path));
  if (place.node() == nullptr) {
    place.folder->entries[place.name] =
        std::make_shared<Node>(Node{.type = Type::directory, .mode = mode & kModeBits});
    return {};
  }
  auto existing = folder_at(path);
  if (existing) return {};
  if (existing.error().code == ErrorCode::not_found) {
    return about(path, conflict("exists and is no folder"));
  }
  return std::move(existing).error();
}

Result<void> MemoryFileSystem::remove_file(const std::string& path) {
  TITAN_ASSIGN(const Place place, find_place(path));
  const auto node = place.node();
  if (node == nullptr) return missing(path);
  if (node->type == Type::directory) return about(path, conflict("is a folder"));
  place.folder->entries.erase(place.name);
  return {};
}

Result<void> MemoryFileSystem::remove_directory(const std::string& path) {
  TITAN_ASSIGN(const Place place, find_place(path));
  const auto node = place.node();
  if (node == nullptr) return missing(path);
  if (node->type != Type::directory) return about(path, conflict("is no folder"));
  if (!node->entries.empty()) return about(path, conflict("the folder is not empty"));
  place.folder->entries.erase(place.name);
  return {};
}

Result<void> MemoryFileSystem::sync_directory(const std::string& path) {
  if (!path.empty()) TITAN_TRY(check_relative_path(path));
  TITAN_ASSIGN(const auto folder, folder_at(path));
  folder->durable = folder->entries;
  return {};
}

Result<std::unique_ptr<FileSystem::Lock>> MemoryFileSystem::lock(const std::string& path) {
  class MemoryLock final : public Lock {
   public:
    explicit MemoryLock(std::shared_ptr<const int> held) : held_(std::move(held)) {}

   private:
    std::shared_ptr<const int> held_;
  };
  TITAN_ASSIGN(const auto node, open_regular(path, true));
  if (!node->lock.expired()) return about(path, conflict("is locked by another process"));
  const auto held = std::make_shared<const int>(0);
  node->lock = held;
  return std::make_unique<MemoryLock>(held);
}

}  // namespace titan::testing

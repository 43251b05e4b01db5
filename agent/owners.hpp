#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace titan::agent {

// Who owns a file, as the kernel counts.
struct Owner {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  bool operator==(const Owner&) const = default;
};

// The users and groups of a host, from `etc/passwd` and `etc/group` below its root (passwd(5),
// group(5)). They are read at the first name that is asked for; numbers need neither. Those of
// network directories are not known. Not for use from several threads.
class Owners {
 public:
  // Borrows `root`.
  explicit Owners(FileSystem& root) : root_(root) {}

  // Of "user", "user:group", or numbers in their place. Without a group: the user's own; of a
  // number that no user has, the group of the same number.
  // not_found, naming the user or the group, when the host has none of that name. And the errors of
  // FileSystem::read().
  Result<Owner> find(std::string_view text);
  // Reads the files anew at the next find().
  void forget() { loaded_ = false; }

 private:
  Result<void> load();

  FileSystem& root_;
  bool loaded_ = false;
  std::map<std::string, Owner, std::less<>> users_;
  std::map<std::uint32_t, std::uint32_t> groups_of_users_;
  std::map<std::string, std::uint32_t, std::less<>> groups_;
};

}  // namespace titan::agent

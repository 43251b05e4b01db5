#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gitops/remote_address.hpp"

namespace titan::gitops {

// A place of other machines below which repositories may be read: "https://git.example.org/team/",
// "ssh://git@git.example.org:2222/srv/git/", "git@git.example.org:team/"; without a "/" at its end
// one repository, and with what is below it. Immutable, so safe to share between threads.
//
// A prefix is compared with what an address means, and not with its text: scheme, user, host in any
// case, port (443, 80 and 22 when none is named), and the path name by name, each decoded once. An
// address that two readers could understand differently is below no prefix: one whose path has a
// name that is empty, "." or "..", or that holds "/", "\", ";", "%" or a control character once it
// is decoded; one of ssh that begins with "~" or "-"; and one whose host ends in a dot. Of ssh, a
// path from the root is another place than one from the user's home, and who names no user means
// git.
class RemotePrefix {
 public:
  // invalid: no such address, or one that is below no prefix; a path of this machine; http:// to
  // another machine, where everybody on the way could read the token and change what comes.
  static Result<RemotePrefix> parse(std::string_view text);

  [[nodiscard]] bool holds(const RemoteAddress& address) const;
  // As it was written.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] RemoteAddress::Kind kind() const { return place_.kind; }
  // How many names its path has: of two that hold one address, the longer one is meant.
  [[nodiscard]] std::size_t depth() const { return place_.path.size(); }
  // Whether both mean the same place.
  [[nodiscard]] bool is_same_as(const RemotePrefix& other) const { return place_ == other.place_; }

 private:
  struct Place {
    RemoteAddress::Kind kind = RemoteAddress::Kind::http;
    bool is_plain = false;
    std::string user = {};
    std::string host = {};
    std::uint16_t port = 0;
    bool is_from_root = true;
    std::vector<std::string> path = {};
    bool operator==(const Place&) const = default;
  };
  // invalid: it is not plain.
  static Result<Place> place_of(const RemoteAddress& address);

  std::string text_;
  Place place_;
};

}  // namespace titan::gitops

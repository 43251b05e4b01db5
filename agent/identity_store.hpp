#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "client/trust.hpp"

namespace titan::agent {

// Who this host is, and whom it believes.
struct Identity {
  std::string server = {};  // its URL
  std::string host = {};
  std::string organization = {};
  PublicKey device = {};  // whose secret half is in a file beside this one
  client::TrustState trust = {};
  // The authors without whose word nothing is applied (agent/author_check.hpp); empty: whatever the
  // server wants is. Only who is on the host changes it.
  std::vector<PublicKey> require_signed_by = {};
  bool operator==(const Identity&) const = default;
};

// Adds the key unless it is there.
void add_author(std::vector<PublicKey>& keys, const PublicKey& key);

// The identity in the state directory: `identity/trust.json`, one JSON object {server, host,
// organization, device, key, rootKey, root, number, epoch, epochNumber, requireSignedBy (left out
// when empty)}, and `identity/device.key`, the secret half of the device's key; both of mode 0600.
// While the host is enrolled (again), or changes its key, the key that it will have is in
// `identity/next.key`: trust.json says which of the two counts, so each write leaves the old
// identity or the new one whole. For one writer, who holds the lock of the state directory; readers
// need none.
class IdentityStore {
 public:
  // Borrows `files`, whose root is the state directory.
  explicit IdentityStore(FileSystem& files) : files_(files) {}

  struct Loaded {
    Identity identity;
    SigningKey key;
  };
  // Nothing before the first enrollment. invalid when a file is none of titan's, or no key there is
  // the device's: all is left alone then.
  Result<std::optional<Loaded>> load();
  // The same without the secret key.
  Result<std::optional<Identity>> load_public();

  struct NextKey {
    SigningKey key;
    bool was_there = false;  // from an enrollment that did not come to its end
  };
  // The key to enroll with, or to change to: it is on the disk before anybody hears of it.
  Result<NextKey> next_key(Random& random);
  // That key, if there is one that is not the host's already.
  Result<std::optional<SigningKey>> left_key();
  // From now on the host is this. REQUIRES: `identity.device` is the next key.
  Result<void> enrolled(const Identity& identity);
  // REQUIRES: an identity is there.
  Result<void> keep(const Identity& identity);

 private:
  // None when there is no such file.
  Result<std::optional<SigningKey>> read_key(const char* path);

  FileSystem& files_;
};

}  // namespace titan::agent

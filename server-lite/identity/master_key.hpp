#pragma once

#include <string>

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace titan::server_lite {

// Where a server has its master key from, besides its data folder.
struct MasterKeyPlace {
  std::string file = {};  // as the operator named it; empty: nowhere
  // That a service manager laid out; empty: nowhere. The file named above goes before.
  std::string credential = {};
};

// Under which the server keeps the values of secrets (docs/spec/secret.md): one line of text,
// "titan-master-key:" and the base64url of 32 random bytes, in a file that nobody but its owner may
// read. No backup holds it. When no place is named it is `keys/master` in the data folder, which is
// made at the first start. Two keys follow from it by derive() (base/key_agreement.hpp), and only
// these stay in memory; they are wiped with this.
// Immutable, so safe to share between threads.
class MasterKey {
 public:
  // `is_needed`: something is stored under it, so that a new one would be of no use. A named file
  // must be there.
  // not_found: there is none. denied: others may read it. invalid: it holds no master key; the
  // error quotes nothing; and the errors of FileSystem.
  static Result<MasterKey> open(FileSystem& data, const MasterKeyPlace& place, bool is_needed,
                                Random& random);

  // Of 32 bytes, for encrypt() and decrypt().
  [[nodiscard]] const Secret& encryption() const { return encryption_; }
  // Of 32 bytes, for keyed_digest_of().
  [[nodiscard]] const Secret& digests() const { return digests_; }

 private:
  explicit MasterKey(const Secret& bytes);

  Secret encryption_;
  Secret digests_;
};

// A new one. `path` is any path, and its folder must exist.
// conflict: the file exists. Errors: FileSystem's.
Result<void> write_master_key(const std::string& path, Random& random);

}  // namespace titan::server_lite

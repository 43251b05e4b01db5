#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "base/timestamp.hpp"
#include "model/server_statement.hpp"

namespace titan::server_lite {

// Of the data folder; for its owner alone.
constexpr const char* kKeysFolder = "keys";
constexpr std::uint32_t kKeysFolderMode = 0700;

// The key by which a server signs, the public half of its root key, and what it has stated about
// both and about its epochs: docs/spec/identity.md. They are kept in the folder `keys` of the data
// folder, apart from the store, so that no backup of that holds them:
//
//   server            the secret key, one line, mode 0600
//   server.next       the next one, while it takes the place of the one before
//   root.pub          the public root key, one line; only when there is one
//   statements.json   an array of statements, oldest first, at most kStatementsMax
//
// A key takes its place in three steps: it is written as `server.next`, then stated, then renamed.
// So whenever the process or the power ends, open() finds out by the statements which of the two
// counts. Nothing is kept in memory that is not on the disk.
// For one thread while it is changed; safe to share between threads while it is const.
class ServerKeys {
 public:
  // Reads them; makes the key at the first start. Borrows the data folder.
  // invalid: a file is damaged. denied: others than the owner may read the key. not_found: there
  // are statements, but the key that they speak of is gone; and the errors of FileSystem.
  static Result<ServerKeys> open(FileSystem& data, Random& random);

  [[nodiscard]] const SigningKey& signing() const { return key_; }
  [[nodiscard]] const PublicKey& key() const { return key_.public_key(); }
  // Empty: none.
  [[nodiscard]] const PublicKey& root_key() const { return root_; }
  [[nodiscard]] const std::vector<model::ServerStatement>& statements() const {
    return statements_;
  }

  // States the epoch, unless that was stated last, by the key as it is now. Errors: FileSystem's.
  Result<void> begin_epoch(const std::string& epoch, Timestamp now);
  // Takes a root key, and states so. Done when it is the root key already.
  // conflict: there is another one. Errors: FileSystem's.
  Result<void> trust(const PublicKey& root);
  // A new key, stated by the one before. Errors: FileSystem's.
  Result<void> rotate(Random& random);
  // A new key, stated by the root key, in place of one that was stolen.
  // invalid: `root` is not the secret half of the root key. Errors: FileSystem's.
  Result<void> replace(Random& random, const SigningKey& root);

 private:
  ServerKeys(FileSystem& data, SigningKey key) : data_(&data), key_(std::move(key)) {}
  // The last statement about keys; null: none.
  [[nodiscard]] const model::KeyStatement* last_key() const;
  [[nodiscard]] model::KeyStatement next_key_statement(const PublicKey& key) const;
  Result<void> take_next(SigningKey next, model::KeyStatement statement);
  Result<void> state(model::ServerStatement statement);

  FileSystem* data_;  // never null
  SigningKey key_;
  PublicKey root_ = {};
  std::vector<model::ServerStatement> statements_ = {};
};

// A file that holds a secret key alone. `path` is any path, and its folder must exist.
// conflict: the file exists. Errors: FileSystem's.
Result<void> write_key_file(const std::string& path, const SigningKey& key);
// denied: others than its owner may get at it; invalid: it holds no secret key; the error quotes
// nothing. Errors: FileSystem's.
Result<SigningKey> read_key_file(const std::string& path);

}  // namespace titan::server_lite

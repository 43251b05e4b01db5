#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "model/entity.hpp"
#include "model/key.hpp"
#include "model/secret_use.hpp"
#include "server-lite/identity/master_key.hpp"
#include "server-lite/identity/server_keys.hpp"
#include "server-lite/metrics.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Keeps the values of secrets: takes them in sealed for the server's key, stores them encrypted
// under the master key, and hands them out sealed for a host's key. docs/spec/secret.md says in
// which bytes. What is plain is so in a Secret alone, for the moment in which it changes hands.
// Safe to share between threads.
class SecretVault {
 public:
  // Borrows all.
  struct Parts {
    store::Store& store;
    const ServerKeys& keys;
    const MasterKey& master;
    Random& random;
    Metrics& metrics;
  };
  explicit SecretVault(const Parts& parts);

  // Whether the master key opens what is stored: tries one value. invalid: it does not. Errors:
  // those of the store.
  Result<void> check();

  // What is stored for a secret that a client wants.
  struct Kept {
    model::SecretSpec spec = {};          // with digests and blobs alone
    std::vector<std::string> blobs = {};  // that have to be in the store first
  };
  // `stored`: the secret as it is; null: there is none. A value that is the one stored stays as it
  // is stored, and so does what a client sends back as it got it.
  // conflict: something is not sealed for the server's key of now. invalid: it was sealed for
  // another place, it is no value (empty, too long, not UTF-8, with a NUL), or it names a digest
  // and a blob that are not those stored. The field is the place in the entity; the error holds
  // nothing of the value.
  Result<Kept> take_in(const model::Entity& wanted, const model::Entity* stored);
  // Errors: those of the store.
  Result<void> put_blobs(const std::string& organization, const std::vector<std::string>& blobs);

  // The value `use` of a secret, sealed for the device that reads it; base64url. `secret`: of that
  // name, as it was when it had the value.
  // not_found: it has no such value. internal: the value does not open; and the errors of the
  // store.
  Result<std::string> seal(const model::Entity& secret, const model::SecretUse& use,
                           const PublicKey& reader);

 private:
  Result<Secret> open_stored(const model::Key& secret, const std::string& key, const Digest& blob);

  const Parts parts_;
  Counter& sealed_;
};

// Whether the store holds any secret.
Result<bool> holds_secrets(store::Store& store);

}  // namespace titan::server_lite

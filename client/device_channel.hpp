#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/mac.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/signing.hpp"
#include "base/transport.hpp"
#include "client/client.hpp"
#include "client/trust.hpp"
#include "client/verification.hpp"

namespace titan::client {

// What a device and its server share between two syncs.
struct DeviceSession {
  Secret token = {};    // as it is sent
  Secret mac_key = {};  // 16 bytes
  [[nodiscard]] DeviceSession copy() const { return {token.copy(), mac_key.copy()}; }
};

// Which bytes of a blob are wanted.
struct BlobRange {
  std::uint64_t offset = 0;
  std::uint64_t bytes_max = 0;
  std::uint64_t size = 0;  // of the whole blob
};
struct BlobPart {
  std::string bytes = {};
  bool is_whole = false;  // all of the blob; else what was asked for
};

// A host's talk with its server, in which nothing is believed before it was verified
// (docs/spec/identity.md): the raw answer first, then what its JSON says.
//
// It opens a session when there is none or the server says that it is over; it asks for the
// server's identity, and follows its statements, when an answer is of a key or an epoch that it
// does not know. Each of these at most once in a call, so a false answer costs a few requests.
//
// Errors of all calls: those of the transport; what the server answered, with its code;
// denied when an answer is not used, and then distrust() says why; those of `keep_trust`; internal
// when an answer that was verified is not what the API promises.
// Borrows what is in Env and the device's key. Not for use from several threads.
class DeviceChannel {
 public:
  struct Env {
    Transport& transport;
    Random& random;
    // Told when statements were followed, before anything is used that rests on them.
    std::function<Result<void>(const TrustState&)> keep_trust = {};
  };
  struct Device {
    std::string host = {};
    std::string organization = {};
    const SigningKey& key;
    std::string instance = {};  // 16 random bytes as base64url; another one after each boot
  };

  DeviceChannel(const Env& env, Device device, TrustState trust);

  // Goes on with a session that was opened before, and with what was verified then.
  void resume(DeviceSession session);
  void note_verified(const HighWater& high_water);

  // A host's round trip. With `wait` (cut to kWaitMax) the server answers only when there is news,
  // or after that time.
  Result<SyncAnswer> sync(const model::SyncRequest& request, std::chrono::seconds wait = {});
  // not_found; denied, with the doubt wrong_blob, when what came has another digest.
  Result<std::string> get_blob(const Digest& digest);
  // A part of a blob of `size` bytes: those from `offset` on, at most `bytes_max` of them, which is
  // not 0; asked for by a range (RFC 9110, section 14). A server that knows no ranges sends the
  // whole blob, which is then checked as by get_blob() and given whole. Of a part nothing shows
  // that it is right: see check_blob(). The errors of get_blob(); internal when the answer is
  // another part than was asked for, or of a blob of another size.
  Result<BlobPart> get_blob_part(const Digest& digest, const BlobRange& range);
  // Whether what was put together of parts is the blob. denied, with the doubt wrong_blob.
  Result<void> check_blob(const Digest& digest, std::string_view content);

  // Opens a session unless there is one. denied, and there is no doubt: the server does not know
  // the device's key, or not any more.
  Result<void> open();
  // The server binds the host to `next` in place of the device's key, whose session is over then.
  // After any error but denied and conflict it may have done so all the same. denied: as open().
  // conflict: `next` is of a host already.
  Result<void> rotate(const SigningKey& next);

  // Why the last call did not use an answer; none when that was not what went wrong.
  [[nodiscard]] const std::optional<Doubt>& doubt() const { return doubt_; }
  // How long the server asked to wait, by Retry-After in the last answer of the last call, when
  // that was an error; none when it did not. Nobody has proven it.
  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
  [[nodiscard]] const Device& device() const { return device_; }
  [[nodiscard]] const TrustState& trust() const { return trust_; }
  [[nodiscard]] const HighWater& high_water() const { return high_water_; }
  // Null when there is none that is known to count.
  [[nodiscard]] const DeviceSession* session() const { return session_ ? &*session_ : nullptr; }

 private:
  // What was tried in one call already.
  struct Tried {
    bool session = false;
    bool identity = false;
  };

  // The value, or the error of the doubt, which is noted.
  template <class Value>
  Result<Value> noted(Believed<Value> believed);
  Result<void> ensure_session(Tried& tried);
  Result<void> open_session(Tried& tried);
  // The server's challenge, signed by a key that is trusted.
  Result<HttpResponse> ask_challenge(const std::string& ephemeral, Tried& tried);
  Result<void> check_rotated(const HttpResponse& response, const std::string& nonce);
  Result<void> follow_server(Tried& tried);
  // The answer to a request for a blob, or for `range` of it, as it came.
  Result<HttpResponse> ask_blob(const Digest& digest, const std::string& range);
  // What the server answered in place of what was asked for.
  Error refused(const HttpResponse& response);
  [[nodiscard]] std::string bearer() const;
  [[nodiscard]] SyncRequestFacts facts(const std::string& nonce, const MacKey& key) const;
  Result<SyncAnswer> read_manifest(const HttpResponse& response, SyncAnswer answer,
                                   const SyncRequestFacts& facts);

  Env env_;
  Device device_;
  TrustState trust_;
  HighWater high_water_;
  std::optional<DeviceSession> session_;
  std::optional<Doubt> doubt_;
  std::optional<std::chrono::seconds> retry_after_;
};

}  // namespace titan::client

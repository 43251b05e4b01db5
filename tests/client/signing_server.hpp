#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/http.hpp"
#include "base/mac.hpp"
#include "base/random.hpp"
#include "base/signing.hpp"
#include "model/server_statement.hpp"

namespace titan::testing {

// A server's side of docs/spec/identity.md, made of base's parts alone, so that a client is not
// tested against the code that it shares its faults with. What hosts are told comes from `inner`,
// which is asked for what has no proof of its own: the sync's answers and the blobs. All is open
// for a test to look at and to change. For one thread.
class SigningServer {
 public:
  using Inner = std::function<HttpResponse(const HttpRequest&)>;

  // Borrows `random`.
  SigningServer(Random& random, std::string epoch, Inner inner);

  HttpResponse handle(const HttpRequest& request);

  // An enrollment's secret for this host.
  void expect(const std::string& host, const std::string& secret) { enrollments[secret] = host; }
  // As people approve a device.
  void bind(const PublicKey& device, const std::string& host) { devices[device] = host; }
  // A new key, stated by the one before.
  void rotate();
  // A new key and a new beginning, stated by the root key. REQUIRES: there is one.
  void replace_stolen_key();
  void introduce_root_key();
  void begin_epoch(const std::string& epoch);
  void forget_sessions() { sessions.clear(); }
  [[nodiscard]] model::ServerIdentity identity() const;

  struct Session {
    std::string host = {};
    MacKey key;
  };

  std::string organization = "default";
  SigningKey key;
  std::optional<SigningKey> root_key;
  std::uint64_t root = 0;
  std::uint64_t number = 0;
  std::string epoch;
  std::uint64_t epoch_number = 0;
  std::vector<model::ServerStatement> statements;
  std::map<std::string, std::string> enrollments;  // secret to host
  std::map<PublicKey, std::string> devices;        // to host
  std::map<std::string, Session> sessions;         // by token
  int opened = 0;                                  // sessions, ever

 private:
  HttpResponse signed_answer(const HttpRequest& request, int status, std::string body) const;
  HttpResponse enrolled(const HttpRequest& request, const std::string& host) const;
  HttpResponse enroll(const HttpRequest& request);
  HttpResponse lobby(const HttpRequest& request) const;
  HttpResponse challenge(const HttpRequest& request);
  HttpResponse session(const HttpRequest& request);
  HttpResponse change_key(const HttpRequest& request);
  HttpResponse sync(const HttpRequest& request, const Session& session);
  void state(const PublicKey& next, const SigningKey& signer);

  struct Challenge {
    std::string ephemeral_secret = {};
    std::string device_ephemeral = {};
  };

  Random& random_;
  Inner inner_;
  std::map<std::string, Challenge> challenges_;
};

}  // namespace titan::testing

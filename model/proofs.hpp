#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/signing.hpp"
#include "model/bookmark.hpp"

// The bytes that hosts and server sign, or protect by a MAC, for each other: docs/spec/identity.md
// says when. Each use has a context of its own, so that what was signed for one counts for no
// other.
namespace titan::model {

// An answer that is no sync: to the request with this nonce (or, of a session, this challenge).
std::string answer_proof(std::string_view nonce, std::string_view body);

// What a host is told by a sync, besides the body of a 200.
struct SyncProof {
  std::string_view organization = {};
  std::string_view host = {};
  std::string_view bookmark = {};  // its text
  std::string_view nonce = {};
  std::chrono::seconds poll_after{};
  bool report_wanted = false;
};
std::string sync_proof(const SyncProof& sync, std::string_view body);  // signed, of a 200
std::string poll_proof(const SyncProof& sync);                         // under a MAC, of a 204

// A device asks to become a host.
std::string enroll_proof(const PublicKey& server, const Digest& secret, const PublicKey& device,
                         std::string_view nonce);
// A device waits to be approved.
struct LobbyProof {
  PublicKey server = {};
  PublicKey device = {};
  std::string organization = {};
  std::string name = {};
  std::string nonce = {};
};
std::string lobby_proof(const LobbyProof& lobby);

// A session is made: texts as they were sent.
struct SessionProof {
  PublicKey server = {};
  PublicKey device = {};
  std::string challenge = {};
  std::string device_ephemeral = {};
  std::string server_ephemeral = {};
  std::string instance = {};
};
std::string session_proof(const SessionProof& session);       // signed by the device
std::string session_transcript(const SessionProof& session);  // of which the session's keys follow

// A device changes its key: both keys sign the same, each in a context of its own.
struct RotationProof {
  PublicKey server = {};
  PublicKey device = {};  // the key that it has
  PublicKey next = {};    // the key that it will have
  std::string challenge = {};
};
std::string rotation_proof(const RotationProof& rotation);       // signed by the key that it has
std::string rotation_next_proof(const RotationProof& rotation);  // signed by the next key

constexpr std::string_view kSessionTokenContext = "titan-session-token-1";
constexpr std::string_view kSessionMacContext = "titan-session-mac-1";

}  // namespace titan::model

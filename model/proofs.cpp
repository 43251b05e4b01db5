#include "model/proofs.hpp"

namespace titan::model {
namespace {

std::string seconds_text(std::chrono::seconds seconds) {
  return std::to_string(seconds.count());
}

std::string_view flag_text(bool flag) {
  return flag ? "true" : "false";
}

}  // namespace

std::string answer_proof(std::string_view nonce, std::string_view body) {
  return signable("titan-answer-1", {nonce, Digest::of(body).text()});
}

std::string sync_proof(const SyncProof& sync, std::string_view body) {
  return signable("titan-sync-1", {sync.organization, sync.host, sync.bookmark, sync.nonce,
                                   seconds_text(sync.poll_after), flag_text(sync.report_wanted),
                                   Digest::of(body).text()});
}

std::string poll_proof(const SyncProof& sync) {
  return signable("titan-poll-1", {sync.organization, sync.host, sync.bookmark, sync.nonce,
                                   seconds_text(sync.poll_after), flag_text(sync.report_wanted)});
}

std::string enroll_proof(const PublicKey& server, const Digest& secret, const PublicKey& device,
                         std::string_view nonce) {
  return signable("titan-enroll-1", {server.text(), secret.text(), device.text(), nonce});
}

std::string lobby_proof(const LobbyProof& lobby) {
  return signable("titan-lobby-1", {lobby.server.text(), lobby.device.text(), lobby.organization,
                                    lobby.name, lobby.nonce});
}

std::string session_proof(const SessionProof& session) {
  return signable("titan-session-1", {session.server.text(), session.challenge,
                                      session.device_ephemeral, session.instance});
}

std::string session_transcript(const SessionProof& session) {
  return signable("titan-transcript-1",
                  {session.server.text(), session.device.text(), session.challenge,
                   session.device_ephemeral, session.server_ephemeral});
}

std::string rotation_proof(const RotationProof& rotation) {
  return signable("titan-rotate-1", {rotation.server.text(), rotation.challenge,
                                     rotation.device.text(), rotation.next.text()});
}

std::string rotation_next_proof(const RotationProof& rotation) {
  return signable("titan-rotate-next-1", {rotation.server.text(), rotation.challenge,
                                          rotation.device.text(), rotation.next.text()});
}

}  // namespace titan::model

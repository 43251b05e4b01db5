#pragma once

#include <string>
#include <string_view>

#include "base/signing.hpp"

// What OpenSSH's tools and Git read of an Ed25519 key of titan's.
namespace titan::gitops {

// "ssh-ed25519 AAAA…" (RFC 8709, section 4; the form of authorized_keys in sshd(8)).
std::string ssh_public_key(const PublicKey& key);

// A line of an allowed-signers file (ssh-keygen(1)), which lets the key sign commits in the name of
// `principal`, an e-mail address: what gpg.ssh.allowedSignersFile of git-config(1) wants.
std::string allowed_signer_line(std::string_view principal, const PublicKey& key);

// The signature of `message` for Git's use: the armored form of OpenSSH's PROTOCOL.sshsig with the
// namespace "git" and SHA-256, without a newline at its end. `git verify-commit` accepts it as
// the header gpgsig of a commit. The same for the same message each time.
std::string ssh_signature(const SigningKey& key, std::string_view message);

}  // namespace titan::gitops

#include "gitops/ssh_signature.hpp"

#include <cstdint>

#include "gitops/base64.hpp"
#include "gitops/hashes.hpp"

namespace titan::gitops {
namespace {

constexpr std::string_view kKeyType = "ssh-ed25519";
constexpr std::string_view kNamespace = "git";
constexpr std::string_view kHash = "sha256";
constexpr std::string_view kMagic = "SSHSIG";

// RFC 4251, section 5.
std::string number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xFFU);
  return bytes;
}
std::string text(std::string_view bytes) {
  return number(static_cast<std::uint32_t>(bytes.size())).append(bytes);
}

std::string key_blob(const PublicKey& key) {
  return text(kKeyType) + text(key.bytes());
}

}  // namespace

std::string ssh_public_key(const PublicKey& key) {
  return std::string(kKeyType) + " " + base64(key_blob(key));
}

std::string allowed_signer_line(std::string_view principal, const PublicKey& key) {
  return std::string(principal) + " namespaces=\"" + std::string(kNamespace) + "\" " +
         ssh_public_key(key);
}

std::string ssh_signature(const SigningKey& key, std::string_view message) {
  constexpr std::uint32_t kVersion = 1;
  constexpr std::size_t kLineBytes = 70;
  constexpr std::string_view kNothing;
  const std::string signed_bytes =
      std::string(kMagic) + text(kNamespace) + text(kNothing) + text(kHash) + text(sha256(message));
  const Signature signature = key.sign(signed_bytes);
  const std::string whole = std::string(kMagic) + number(kVersion) +
                            text(key_blob(key.public_key())) + text(kNamespace) + text(kNothing) +
                            text(kHash) + text(text(kKeyType) + text(signature.bytes()));
  const std::string letters = base64(whole);
  std::string armored = "-----BEGIN SSH SIGNATURE-----\n";
  for (std::size_t at = 0; at < letters.size(); at += kLineBytes) {
    armored.append(letters, at, kLineBytes).append("\n");
  }
  return armored + "-----END SSH SIGNATURE-----";
}

}  // namespace titan::gitops

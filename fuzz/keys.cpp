// Keys, signatures, MACs and sealed texts: a text, which is tried as each of them, a signature, and
// a message, which is also tried as a sealed text. What is read prints as it was read; of a key
// that no input knows, nothing made up is a signature, or opens.

#include "base/base64.hpp"
#include "base/key_agreement.hpp"
#include "base/mac.hpp"
#include "base/sealing.hpp"
#include "base/signing.hpp"
#include "fuzz/target.hpp"

namespace titan::fuzz {
namespace {

// A part without the end of its line.
std::string_view line_of(std::string_view part) {
  return part.ends_with('\n') ? part.substr(0, part.size() - 1) : part;
}

void check_base64(std::string_view text) {
  const auto bytes = parse_base64url(text);
  if (bytes) {
    require(base64url(*bytes) == text, "base64url prints as it was read");
    require(parse_base64url(text, bytes->size()).ok(), "it is that of as many bytes");
  } else {
    require(bytes.error().code == ErrorCode::invalid, "what does not parse is invalid");
  }
  require(parse_base64url(base64url(text)) == text, "any bytes read back equal");
}

void check_keys(std::string_view text, std::string_view message) {
  if (const auto key = PublicKey::parse(text)) {
    require(key->text() == text && !key->empty(), "a public key prints as it was read");
    require(seal_for(*key, text).size() == text.size() + kSealedForBytes, "it can be sealed for");
  }
  if (const auto key = SigningKey::parse(text)) {
    require(key->secret_text().equals(text), "a secret key prints as it was read");
    require(verifies(key->public_key(), text, key->sign(text)), "what it signs verifies");
    require(PublicKey::parse(key->public_key().text()) == key->public_key(),
            "its public key reads back equal");
    if (const auto plain = open_sealed(*key, message)) {
      require(plain->size() + kSealedForBytes == message.size(), "what opens has its length");
    }
  }
  if (const auto signature = Signature::parse(text)) {
    require(signature->text() == text, "a signature prints as it was read");
  }
  if (const auto mac = Mac::parse(text)) {
    require(mac->text() == text && matches(*mac, *mac), "a MAC prints as it was read");
  }
}

void check_use(const SigningKey& key, std::string_view text, std::string_view signature,
               std::string_view message) {
  if (const auto parsed = Signature::parse(signature)) {
    require(!verifies(key.public_key(), message, *parsed), "nothing made up is signed");
    if (const auto other = PublicKey::parse(text)) (void)verifies(*other, message, *parsed);
  }
  require(!open_sealed(key, message).ok(), "nothing made up opens");
  const Secret shared = derive(Secret::of("the secret that nobody knows"), "fuzz-1", {});
  require(!decrypt(shared, message, signature).ok(), "nothing made up decrypts");
  const Mac mac = mac_of(MacKey::of(derive(shared, "fuzz-2", {}, MacKey::kBytes)), message);
  require(Mac::parse(mac.text()).ok(), "a MAC of anything reads back");
  const auto agreement = AgreementKey::from_bytes(shared.bytes());
  if (const auto agreed = agreement->agree(text)) {
    require(agreed->size() == AgreementKey::kBytes, "what is agreed on is a key");
  }
}

}  // namespace

void run(std::string_view input) {
  const auto parts = parts_of(input, 3);
  const auto text = line_of(parts[0]);
  static const SigningKey kKey =
      *SigningKey::parse("ed25519-secret:" + base64url(std::string(32, 's')));
  check_base64(text);
  check_keys(text, parts[2]);
  check_use(kKey, text, line_of(parts[1]), parts[2]);
}

}  // namespace titan::fuzz

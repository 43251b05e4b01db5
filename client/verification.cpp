#include "client/verification.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "client/limits.hpp"
#include "model/proofs.hpp"

namespace titan::client {
namespace {

struct Named {
  Distrust reason;
  std::string_view name;
};
constexpr std::array kNames = {
    Named{Distrust::unproven, "unproven"},
    Named{Distrust::malformed, "malformed"},
    Named{Distrust::wrong_signature, "wrong-signature"},
    Named{Distrust::wrong_mac, "wrong-mac"},
    Named{Distrust::unknown_key, "unknown-key"},
    Named{Distrust::unknown_epoch, "unknown-epoch"},
    Named{Distrust::older_bookmark, "older-bookmark"},
    Named{Distrust::other_host, "other-host"},
    Named{Distrust::wrong_blob, "wrong-blob"},
    Named{Distrust::other_bookmark, "other-bookmark"},
};

tl::unexpected<Doubt> doubt(Distrust reason, std::string message) {
  return tl::unexpected(Doubt{reason, std::move(message)});
}

// A header that has to be there, read by `parse`.
template <class Value>
Believed<Value> read_header(const HttpResponse& response, std::string_view name, Distrust otherwise,
                            Result<Value> (*parse)(std::string_view)) {
  const std::string text = response.header(name);
  if (text.empty()) return doubt(otherwise, std::string("the answer has no ").append(name));
  auto value = parse(text);
  if (value) return *std::move(value);
  return doubt(otherwise, std::string("the answer's ").append(name).append(" cannot be read"));
}

// As they are signed: in their one spelling.
Result<std::chrono::seconds> parse_exact_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, seconds);
  if (failure != std::errc{} || stop != end || seconds < 0 || std::to_string(seconds) != text) {
    return invalid("no number of seconds");
  }
  return std::chrono::seconds(seconds);
}

Result<bool> parse_exact_flag(std::string_view text) {
  if (text != "true" && text != "false") return invalid("neither true nor false");
  return text == "true";
}

Believed<SyncAnswer> read_head(const HttpResponse& response) {
  SyncAnswer answer;
  const auto bookmark = read_header<model::Bookmark>(response, "Titan-Bookmark",
                                                     Distrust::malformed, &model::Bookmark::parse);
  if (!bookmark) return tl::unexpected(bookmark.error());
  const auto poll_after = read_header<std::chrono::seconds>(
      response, "Titan-Poll-After", Distrust::malformed, &parse_exact_seconds);
  if (!poll_after) return tl::unexpected(poll_after.error());
  answer.bookmark = *bookmark;
  answer.poll_after = *poll_after;
  if (response.header("Titan-Report-Wanted").empty()) return answer;
  const auto wanted =
      read_header<bool>(response, "Titan-Report-Wanted", Distrust::malformed, &parse_exact_flag);
  if (!wanted) return tl::unexpected(wanted.error());
  answer.report_wanted = *wanted;
  return answer;
}

Believed<void> check_signature(const HttpResponse& response, const model::SyncProof& proof,
                               const TrustState& trust) {
  // To read a key takes as long as to check a signature by it; this one was read before.
  const std::string trusted = trust.key.text();
  const std::string signer = response.header("Titan-Key");
  if (signer != trusted) {
    const auto key =
        read_header<PublicKey>(response, "Titan-Key", Distrust::unproven, &PublicKey::parse);
    if (!key) return tl::unexpected(key.error());
  }
  const auto signature =
      read_header<Signature>(response, "Titan-Signature", Distrust::unproven, &Signature::parse);
  if (!signature) return tl::unexpected(signature.error());
  // The key first: one that is followed to may have signed it.
  if (signer != trusted) {
    return doubt(Distrust::unknown_key, "the answer is signed by " + quote(signer) +
                                            ", the server's key is " + quote(trusted));
  }
  if (!verifies(trust.key, model::sync_proof(proof, response.body), *signature)) {
    return doubt(Distrust::wrong_signature,
                 "the signature is not the server's, over this answer, for this request");
  }
  return {};
}

Believed<void> check_mac(const HttpResponse& response, const std::string& proof,
                         const MacKey& key) {
  const auto mac = read_header<Mac>(response, "Titan-Mac", Distrust::unproven, &Mac::parse);
  if (!mac) return tl::unexpected(mac.error());
  if (!matches(*mac, mac_of(key, proof))) {
    return doubt(Distrust::wrong_mac,
                 "the MAC is not this session's, over this answer, for this request");
  }
  return {};
}

}  // namespace

std::string_view name_of(Distrust reason) {
  return std::ranges::find(kNames, reason, &Named::reason)->name;
}

std::optional<Distrust> parse_distrust(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name, &Named::name);
  return found == kNames.end() ? std::nullopt : std::optional(found->reason);
}

Error Doubt::error() const {
  return denied("the answer is not used (" + std::string(name_of(reason)) + "): " + message);
}

Believed<PublicKey> check_signed(const HttpResponse& response, std::string_view nonce) {
  const auto key =
      read_header<PublicKey>(response, "Titan-Key", Distrust::unproven, &PublicKey::parse);
  if (!key) return key;
  const auto signature =
      read_header<Signature>(response, "Titan-Signature", Distrust::unproven, &Signature::parse);
  if (!signature) return tl::unexpected(signature.error());
  if (!verifies(*key, model::answer_proof(nonce, response.body), *signature)) {
    return doubt(Distrust::wrong_signature, "the signature is not by " + quote(key->text()) +
                                                ", over this answer, for this request");
  }
  return key;
}

Believed<void> check_session(const HttpResponse& response, std::string_view challenge,
                             const MacKey& key) {
  return check_mac(response, model::answer_proof(challenge, response.body), key);
}

bool HighWater::is_above(const model::Bookmark& other, const TrustState& trust) const {
  return root == trust.root && bookmark.epoch == other.epoch && other.seq < bookmark.seq;
}

Believed<SyncAnswer> check_sync(const HttpResponse& response, const SyncRequestFacts& facts) {
  auto answer = read_head(response);
  if (!answer) return answer;
  const std::string bookmark = answer->bookmark.text();
  const model::SyncProof proof{.organization = facts.organization,
                               .host = facts.host,
                               .bookmark = bookmark,
                               .nonce = facts.nonce,
                               .poll_after = answer->poll_after,
                               .report_wanted = answer->report_wanted};
  const auto proven = response.status == 200
                          ? check_signature(response, proof, facts.trust)
                          : check_mac(response, model::poll_proof(proof), facts.session);
  if (!proven) return tl::unexpected(proven.error());
  if (answer->bookmark.epoch != facts.trust.epoch) {
    return doubt(Distrust::unknown_epoch, "the bookmark " + answer->bookmark.text() +
                                              " is of another epoch than " +
                                              quote(facts.trust.epoch));
  }
  if (facts.high_water.is_above(answer->bookmark, facts.trust)) {
    return doubt(Distrust::older_bookmark, "the bookmark " + answer->bookmark.text() +
                                               " is older than " +
                                               facts.high_water.bookmark.text());
  }
  answer->poll_after = std::min<std::chrono::seconds>(answer->poll_after, kPollAfterMax);
  return answer;
}

Believed<void> check_manifest(const model::Manifest& manifest, const model::Bookmark& bookmark,
                              const SyncRequestFacts& facts) {
  if (manifest.host != facts.host) {
    return doubt(Distrust::other_host, "the manifest is of the host " + quote(manifest.host) +
                                           ", not of " + quote(facts.host));
  }
  if (manifest.bookmark != bookmark) {
    return doubt(Distrust::other_bookmark, "the manifest names the bookmark " +
                                               manifest.bookmark.text() + ", signed was " +
                                               bookmark.text());
  }
  return {};
}

}  // namespace titan::client

#include "server-lite/oidc/id_token.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "server-lite/oidc/limits.hpp"

namespace titan::oidc {
namespace {

using nlohmann::json;

constexpr std::int64_t kMicros = 1'000'000;

Error refuse(const std::string& claim, std::string message) {
  Error error = denied(std::move(message));
  error.field = claim;
  return error;
}

const json* claim_of(const json& claims, const std::string& name) {
  const auto found = claims.find(name);
  return found == claims.end() ? nullptr : &*found;
}

bool is_plain(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

// A text of 1 to `bytes_max` bytes without control characters; null when it is anything else.
const std::string* plain_text(const json* value, std::size_t bytes_max) {
  if (value == nullptr || !value->is_string()) return nullptr;
  const auto& text = value->get_ref<const std::string&>();
  return is_plain(text, bytes_max) ? &text : nullptr;
}

Result<void> check_issuer(const json& claims, const OidcOptions& options) {
  const json* issuer = claim_of(claims, "iss");
  if (issuer == nullptr) return refuse("iss", "the token has no issuer");
  if (!issuer->is_string()) return refuse("iss", "the token's issuer is no string");
  const auto& found = issuer->get_ref<const std::string&>();
  if (found == options.issuer) return {};
  return refuse(
      "iss", "the token is of the issuer " + quote(found) + "; expected " + quote(options.issuer));
}

Result<std::vector<std::string>> read_audiences(const json& claims) {
  const json* audience = claim_of(claims, "aud");
  if (audience == nullptr) return refuse("aud", "the token has no audience");
  if (audience->is_string()) return std::vector{audience->get<std::string>()};
  const bool listed = audience->is_array() && audience->size() <= kAudiencesMax &&
                      std::all_of(audience->begin(), audience->end(),
                                  [](const json& item) { return item.is_string(); });
  if (!listed) {
    return refuse("aud", "the token's audience is neither a string nor an array of at most " +
                             std::to_string(kAudiencesMax));
  }
  return audience->get<std::vector<std::string>>();
}

Result<void> check_audience(const json& claims, const OidcOptions& options) {
  TITAN_ASSIGN(const auto audiences, read_audiences(claims));
  if (std::ranges::find(audiences, options.client_id) == audiences.end()) {
    const std::string found = audiences.empty() ? "nobody" : quote(audiences.front());
    return refuse("aud", "the token is for " + found + "; expected " + quote(options.client_id));
  }
  const json* party = claim_of(claims, "azp");
  if (party == nullptr) {
    if (audiences.size() == 1) return {};
    return refuse("azp", "the token has several audiences, and does not say to whom it was given");
  }
  if (*party == json(options.client_id)) return {};
  return refuse("azp",
                "the token was given to another client; expected " + quote(options.client_id));
}

// A NumericDate in microseconds; nothing when it is absent.
Result<std::optional<std::int64_t>> read_date(const json& claims, const std::string& name) {
  const json* value = claim_of(claims, name);
  if (value == nullptr) return std::optional<std::int64_t>();
  const double seconds = value->is_number() ? value->get<double>() : -1;
  if (!(seconds >= 0 && seconds <= kNumericDateMax)) {
    return refuse(name, "the token's time is no number of seconds between 1970 and 9999");
  }
  return std::optional(static_cast<std::int64_t>(std::floor(seconds)) * kMicros);
}

Result<std::int64_t> read_needed_date(const json& claims, const std::string& name) {
  TITAN_ASSIGN(const auto date, read_date(claims, name));
  if (!date) return refuse(name, "the token does not say the time");
  return *date;
}

Result<Timestamp> check_times(const json& claims, Timestamp now) {
  constexpr std::int64_t kLeewayMicros = kLeeway.count() * kMicros;
  constexpr std::int64_t kAgeMicros = kTokenAgeMax.count() * kMicros;
  TITAN_ASSIGN(const std::int64_t expires, read_needed_date(claims, "exp"));
  TITAN_ASSIGN(const std::int64_t issued, read_needed_date(claims, "iat"));
  TITAN_ASSIGN(const auto not_before, read_date(claims, "nbf"));
  const std::int64_t at = now.micros();
  if (at >= expires + kLeewayMicros) {
    return refuse("exp", "the token ended at " + Timestamp::from_micros(expires).text() +
                             "; it is " + now.text());
  }
  if (issued > at + kLeewayMicros) {
    return refuse("iat", "the token is of the future, " + Timestamp::from_micros(issued).text() +
                             "; it is " + now.text());
  }
  if (at > issued + kAgeMicros + kLeewayMicros) {
    return refuse("iat", "the token was issued longer ago than an hour; log in anew");
  }
  if (not_before && *not_before > at + kLeewayMicros) {
    return refuse("nbf", "the token is not valid before " +
                             Timestamp::from_micros(*not_before).text() + "; it is " + now.text());
  }
  return Timestamp::from_micros(expires);
}

std::string name_of(const json& claims, const std::string& subject) {
  if (const auto* name = plain_text(claim_of(claims, "preferred_username"), kNameBytesMax)) {
    return *name;
  }
  const json* verified = claim_of(claims, "email_verified");
  const bool believed = verified == nullptr || *verified == json(true);
  const auto* email = plain_text(claim_of(claims, "email"), kNameBytesMax);
  return email != nullptr && believed ? *email : subject;
}

Result<std::vector<std::string>> read_groups(const json& claims, const std::string& claim) {
  std::vector<std::string> groups;
  const json* value = claim_of(claims, claim);
  if (value == nullptr) return groups;
  const json items = value->is_array() ? *value : json::array({*value});
  if (items.size() > kGroupsMax) {
    return refuse(claim, "the token lists " + std::to_string(items.size()) +
                             " groups; expected at most " + std::to_string(kGroupsMax));
  }
  for (const json& item : items) {
    const auto* group = plain_text(&item, kGroupBytesMax);
    if (group == nullptr) {
      return refuse(claim,
                    "the token's groups are neither a string nor an array of strings of 1 to " +
                        std::to_string(kGroupBytesMax) + " bytes");
    }
    groups.push_back(*group);
  }
  return groups;
}

}  // namespace

Result<IdToken> read_id_token(const json& claims, const OidcOptions& options, Timestamp now) {
  TITAN_TRY(check_issuer(claims, options));
  TITAN_TRY(check_audience(claims, options));
  IdToken token;
  TITAN_ASSIGN(token.expires, check_times(claims, now));
  const json* subject = claim_of(claims, "sub");
  if (subject == nullptr) return refuse("sub", "the token has no subject");
  const auto* text = plain_text(subject, kSubjectBytesMax);
  if (text == nullptr) {
    return refuse("sub", "the token's subject is no string of 1 to " +
                             std::to_string(kSubjectBytesMax) +
                             " bytes without control characters");
  }
  token.subject = *text;
  token.name = name_of(claims, token.subject);
  TITAN_ASSIGN(token.groups, read_groups(claims, options.groups_claim));
  return token;
}

}  // namespace titan::oidc

#pragma once

#include <chrono>
#include <cstddef>

// The limits of server-lite/oidc/, in one place.
namespace titan::oidc {

// Tokens.
constexpr std::size_t kTokenBytesMax = 16UL << 10U;
constexpr std::size_t kHeaderBytesMax = 4UL << 10U;  // of its JSON
constexpr std::size_t kKeyIdBytesMax = 256;
constexpr std::size_t kSubjectBytesMax = 255;  // OpenID Connect Core 1.0, section 2
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kAudiencesMax = 32;
constexpr std::size_t kGroupsMax = 1000;  // of one person
constexpr std::size_t kGroupBytesMax = 255;
constexpr std::chrono::seconds kLeeway{60};          // between the provider's clock and ours
constexpr std::chrono::seconds kTokenAgeMax{3600};   // since it was issued, whatever its end
constexpr double kNumericDateMax = 253'402'300'799;  // the last second of the year 9999

// Keys.
constexpr std::size_t kJwksBytesMax = 256UL << 10U;
constexpr std::size_t kJwksKeysMax = 64;  // also those that cannot be used
constexpr std::size_t kRsaBitsMin = 2048;
constexpr std::size_t kRsaBitsMax = 8192;
constexpr std::size_t kRsaExponentBytesMax = 4;

// The provider.
constexpr std::chrono::seconds kKeysAgeMax{3600};  // then they are fetched before they are used
constexpr std::chrono::seconds kRefetchPause{60};  // between two fetches for keys not known
constexpr std::chrono::seconds kFaultPause{5};     // after a fetch that failed

// The configuration file.
constexpr std::size_t kOptionsBytesMax = 1UL << 20U;
constexpr std::size_t kScopesMax = 32;
constexpr std::size_t kScopeBytesMax = 255;
constexpr std::size_t kRulesMax = 1000;
constexpr std::size_t kClientIdBytesMax = 255;
constexpr std::size_t kClaimNameBytesMax = 255;

}  // namespace titan::oidc

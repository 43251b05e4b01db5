#pragma once

#include <chrono>
#include <cstddef>

// The limits of client/, in one place.
namespace titan::client {

constexpr std::size_t kAnswerBytesMax = 64UL << 20U;  // one answer of a server
constexpr std::chrono::milliseconds kConnectTimeout{5'000};
constexpr std::chrono::milliseconds kReadTimeout{30'000};      // of each read and each write
constexpr std::chrono::milliseconds kAnswerTimeout{600'000};   // of a whole answer
constexpr std::size_t kAnswerRateMin = 1024;                   // bytes a second, of a whole answer
constexpr std::chrono::milliseconds kAnswerRateGrace{30'000};  // that long it may be slower
constexpr std::size_t kHeadBytesMax = 1UL << 20U;              // of its head
constexpr std::size_t kAnswerLineBytesMax = 16UL << 10U;       // before a chunk, or of a trailer
constexpr std::size_t kReadBytes = 16UL << 10U;                // at a time
constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kCaFileBytesMax = 4UL << 20U;  // a file of trusted certificates
constexpr std::size_t kCertificateNamesShown = 5;    // of a certificate, in an error
constexpr std::size_t kErrorTextBytesMax = 4096;     // one field of an error that a server sends
constexpr std::size_t kListPageItems = 1000;         // asked for in each page of a list
constexpr std::size_t kListPagesMax = 10'000;        // of one list
constexpr std::chrono::seconds kPollAfterMax{24 * 3600};  // what a server may ask of a host
constexpr std::size_t kNonceBytes = 16;                   // of a request, and of an instance
constexpr std::chrono::seconds kLobbyWaitMin{1};          // between two questions
constexpr std::chrono::seconds kLobbyWaitMax{300};
constexpr std::size_t kBatchChangesMax = 1000;  // written all or none
constexpr std::chrono::seconds kWaitMax{25};    // that a server may hold an answer back
static_assert(kWaitMax < kReadTimeout, "or the transport gives up before the server answers");
constexpr std::size_t kRefusalUsersMax = 100;  // of those that refer to what cannot be deleted
constexpr std::size_t kTemplateDepthMax = 32;  // folders in a template directory

// Login through an identity provider.
constexpr std::size_t kProviderAnswerBytesMax = 256UL << 10U;  // metadata, keys, tokens
constexpr std::size_t kUserCodeBytesMax = 64;
constexpr std::size_t kScopesMax = 32;                         // that a login asks for
constexpr std::size_t kIdTokenBytesMax = 16UL << 10U;          // what the server takes, too
constexpr std::chrono::seconds kLoginIntervalDefault{5};       // RFC 8628, section 3.2
constexpr std::chrono::seconds kLoginSlowDown{5};              // RFC 8628, section 3.5
constexpr std::chrono::seconds kLoginIntervalMax{60};          // between two questions
constexpr std::chrono::seconds kLoginTimeMax{3600};            // until somebody has logged in
constexpr std::chrono::milliseconds kProviderTimeout{10'000};  // of each connect, read and write

}  // namespace titan::client

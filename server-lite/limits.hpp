#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// The limits of server-lite/, in one place.
namespace titan::server_lite {

constexpr std::size_t kTargetBytesMax = 8UL << 10U;  // path and query of a request
constexpr std::size_t kPageItemsMax = 1000;
constexpr std::size_t kPageItemsDefault = 500;
constexpr std::size_t kUsersNamed = 10;                 // in the message about an entity in use
constexpr std::size_t kUsersListed = 100;               // beside that message
constexpr std::size_t kProposedChangesMax = 1000;       // in one batch
constexpr std::size_t kProposalsAccepted = 1000;        // that nobody waits for, not yet written
constexpr std::size_t kChangesTracked = 10'000;         // proposals whose fate is remembered
constexpr std::size_t kValueDeploymentsMax = 1000;      // held against a schema, by one write
constexpr std::size_t kValueHostsMax = 1000;            // of which values are looked at for that
constexpr int kWriteAttempts = 8;                       // of a write that is overtaken by others
constexpr std::size_t kCompiledTemplatesMax = 128;      // kept compiled
constexpr std::size_t kSealErrorBytesMax = 1024;        // why a value cannot be handed out
constexpr std::size_t kInputNamesMax = 10'000;          // of templates, kept
constexpr std::size_t kRenderedDigestsMax = 100'000;    // kept
constexpr std::chrono::milliseconds kStopNoticed{500};  // at the latest
constexpr std::chrono::seconds kPollInterval{60};       // of hosts that are told nothing else
constexpr std::chrono::seconds kPollIntervalMin{1};
constexpr std::chrono::seconds kPollIntervalMax{3600};
constexpr std::chrono::seconds kWaitMax{60};  // how long one may

// What is kept as it was answered.
constexpr std::size_t kCachedEntityBytesMax = 16UL << 20U;
constexpr std::size_t kCachedReportBytesMax = 8UL << 20U;
constexpr std::size_t kCachedStateBytesMax = 4UL << 20U;
constexpr std::size_t kCachedListBytesMax = 4UL << 20U;
constexpr std::size_t kCachedPageBytesMax = 64UL << 10U;  // of one report, state or list
constexpr std::size_t kCachedTextOverhead = 256;          // of each, besides its text

constexpr std::chrono::seconds kHealthAge{1};  // so long the store counts as well

constexpr int kLargeAllocation = 256 << 10;  // of which the system is asked

// Processors.
constexpr std::size_t kProcessorPage = 1000;         // changes taken in at a time
constexpr std::size_t kProcessorWritesMax = 500;     // in one commit
constexpr std::uint64_t kCursorLagMax = 1000;        // changes that a restart repeats
constexpr std::chrono::seconds kFaultPause{1};       // after a fault of the store
constexpr std::chrono::seconds kDamagePause{60};     // before damaged data are looked at again
constexpr std::size_t kReportsPage = 500;            // read at a time, after a start
constexpr std::size_t kHostsAtOnce = 1000;           // looked at under one lock
constexpr std::size_t kRenderProbes = 4;             // hosts that a deployment is rendered for
constexpr std::chrono::milliseconds kRollUpLong{2};  // one that takes longer rests
constexpr int kRollUpRest = 10;                      // times as long as it took
constexpr std::chrono::minutes kHostLease{15};       // silent for longer: MISSING; at least
constexpr int kLeaseIntervals = 3;                   // so many polling intervals
constexpr std::chrono::seconds kLeaseLookMin{1};     // between two looks at all leases
constexpr std::chrono::seconds kLeaseLookMax{60};
constexpr std::chrono::minutes kRescheduleAfter{10};  // MISSING for longer: replicas move

// Templates that are read from Git.
constexpr std::chrono::seconds kTemplateInterval{60};    // between two looks at one
constexpr std::chrono::seconds kTemplateIntervalMin{1};  // that can be asked for
constexpr std::chrono::seconds kTemplateIntervalMax{3600};
constexpr std::chrono::seconds kTemplateRetryMin{1};  // after a fault of its repository
constexpr std::chrono::seconds kTemplateRetryMax{900};
constexpr int kTemplateReaders = 2;                            // threads
constexpr std::size_t kTemplateRemotesBytesMax = 64UL << 10U;  // of the file of those allowed

// Hosts that the server commits for.
constexpr std::size_t kGitHostsMax = 256;               // in one commit
constexpr std::size_t kGitBatchBytesMax = 64UL << 20U;  // rendered; what goes beyond comes next
constexpr std::size_t kGitReportsMax = 500;             // stored at a time
constexpr std::chrono::seconds kGitRetryMin{1};         // after a fault of Git
constexpr std::chrono::seconds kGitRetryMax{900};
constexpr std::chrono::seconds kGitLook{600};  // between two looks at a remote, without news

// How often one identity may ask (identity/rate_limit.hpp). Who keeps to what is usual comes
// nowhere near: a device asks once a minute, and fetches some files then.
constexpr std::uint32_t kTokenRequestsPerSecond = 2'000;
constexpr std::uint32_t kDeviceRequestsPerSecond = 200;
constexpr std::chrono::seconds kRateBurst{10};  // at the rate, so many requests may come at once
constexpr std::uint32_t kRateMax = 1'000'000;   // that can be asked for

// Devices and people who ask without a token.
constexpr std::size_t kKeyFileBytesMax = 256UL << 10U;  // of a file of the folder `keys`
constexpr std::size_t kNonceBytes = 16;                 // of Titan-Nonce, and of nonces in bodies
constexpr std::size_t kNonceLetters = 22;               // the same in base64url
constexpr std::size_t kSessionsPerDevice = 2;           // the oldest goes
constexpr std::chrono::hours kSessionLifetime{24};      // monotonic
constexpr std::chrono::seconds kChallengeLifetime{60};  // monotonic
constexpr std::size_t kInstancesKept = 8;               // of a device, besides the present one
constexpr std::size_t kLobbyMax = 1000;                 // who wait to be approved
constexpr std::size_t kLobbyPerAddressMax = 100;        // of those, from one address
constexpr std::chrono::minutes kLobbySilenceMax{10};    // who is silent for longer has gone
constexpr std::chrono::seconds kLobbyRetryAfter{30};    // when one who waits should ask again
constexpr int kFailuresMax = 20;                        // from one address, in kFailureWindow
constexpr std::chrono::seconds kFailureWindow{60};
constexpr std::size_t kFailingAddressesMax = 10'000;  // remembered

// Logins through an identity provider.
constexpr std::chrono::hours kLoginTtl{12};     // what a token of a login counts
constexpr std::size_t kLoginSlugBytesMax = 40;  // of the person's name, in the token's
constexpr std::size_t kLoginNameDigits = 8;     // random ones, at the end of it

// What has expired.
constexpr std::chrono::minutes kExpiryPause{10};  // between two looks
constexpr std::chrono::hours kExpiredKept{24};    // before it is removed
constexpr std::size_t kExpiredRemoved = 100;      // at a time

// Previews; how many hosts are looked at stands in reconciler/limits.hpp.
constexpr std::size_t kPreviewDiffCells = 40'000'000;        // lines before times lines after
constexpr std::size_t kPreviewDiffBytes = 4UL << 20U;        // of all diffs of an answer
constexpr std::size_t kPreviewFileDiffBytes = 64UL << 10U;   // of one file
constexpr std::size_t kPreviewRenderedBytes = 256UL << 20U;  // that are compared
constexpr std::size_t kPreviewErrorBytesMax = 1024;          // why it cannot be rendered

// Where lines come from.
constexpr std::size_t kWhyLinesMax = 10'000;    // of one file
constexpr std::size_t kWhyInputsMax = 2000;     // that they name
constexpr std::size_t kWhyTextBytesMax = 4096;  // of a line, and of a value

constexpr std::size_t kTraceHostsMax = 10'000;  // whose reports one trace reads for its totals

// What operators see.
constexpr std::size_t kMetricSeriesMax = 2000;    // of one family
constexpr std::size_t kPathLoggedBytesMax = 256;  // of a request's path, in the access log

constexpr std::size_t kPageBytesMax = 8UL << 20U;  // of a file of /docs, inflated

// The change log.
constexpr std::uint64_t kChangesKept = 100'000;
constexpr std::chrono::hours kChangesKeptFor{24 * 30};
constexpr std::size_t kCompactionPage = 1000;         // changes removed at a time
constexpr std::chrono::seconds kCompactionPause{60};  // between two looks

}  // namespace titan::server_lite

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// The limits of gitops/, in one place.
namespace titan::gitops {

constexpr std::size_t kHostFilesMax = 100'000;        // all files of one host
constexpr std::size_t kRememberedTreesMax = 100'000;  // deployments, and hosts, in memory
constexpr std::size_t kFolderDepthMax = 64;     // of a host in Git; what is deeper stays unread
constexpr std::uint32_t kDepthMax = 1'000'000;  // of a history that is kept in part
constexpr std::size_t kPushAttemptsMax = 5;     // times a push is tried when it loses a race
constexpr std::size_t kLooseObjectsMax = 100;   // written one by one; more go into one pack
constexpr std::size_t kObjectCacheBytesMax = 1 << 20;  // of libgit2's own cache

// A folder of somebody's repository, as a template.
constexpr std::size_t kSourceEntriesMax = 100'000;  // files and folders that are looked at
constexpr std::size_t kSourceDepthMax = 32;         // folders inside one another

// Repositories of other machines that templates are read from. Two threads read all templates: what
// one remote may take is what the others wait for.
constexpr std::size_t kSourceFetchBytesMax = 64UL << 20U;  // of one commit, packed
constexpr std::chrono::milliseconds kSourceSilenceMax{10'000};
constexpr std::chrono::milliseconds kSourceConversationMax{60'000};
// A server that kept somebody waiting in vain for longer is left alone for a while.
constexpr std::chrono::milliseconds kSourcePatience{2'000};
constexpr std::chrono::milliseconds kSourceRest{30'000};
constexpr std::size_t kSourceRemotesMax = 64;                    // that may be allowed
constexpr std::size_t kSourceRepositoriesMax = 64;               // that are kept
constexpr std::size_t kSourceRepositoryBytesMax = 256UL << 20U;  // of one that is kept
constexpr std::size_t kSourceBytesMax = 1UL << 30U;              // of all of them
constexpr std::size_t kSourceRemotesShown = 5;                   // in a message

// What a repository may hold before it is packed anew.
constexpr std::size_t kLooseFoldersMax = 4;  // in the folder objects/17, one of 256: about 1,000
constexpr std::size_t kPacksMax = 16;
constexpr std::size_t kShallowBytesMax = 1UL << 20U;  // of the file that says where history ends

// Remotes.
constexpr std::size_t kPacketBytesMax = 65'516;  // of content: gitprotocol-common(5)
constexpr std::size_t kAdvertisementBytesMax = 16UL << 20U;
constexpr std::size_t kFetchBytesMax = 512UL << 20U;  // one answer of a remote
constexpr std::size_t kFetchObjectsMax = 5'000'000;   // in it
constexpr std::size_t kPushBytesMax = 512UL << 20U;   // one push
constexpr std::size_t kHavesMax = 64;                 // commits named to spare a remote's sending
constexpr std::chrono::milliseconds kConnectTimeout{10'000};
constexpr std::chrono::milliseconds kSilenceMax{
    30'000};  // without a byte, when nothing else is said
constexpr std::chrono::milliseconds kConversationMax{600'000};  // from the first byte to the last
constexpr std::size_t kKnownHostsBytesMax = 4UL << 20U;
constexpr std::size_t kKnownHostsLinesMax = 100'000;
constexpr std::size_t kSshErrorBytesMax = 4096;  // of what the other side writes for people

}  // namespace titan::gitops

#include "client/trust.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "tests/support/seeded_random.hpp"

namespace titan::client {
namespace {

using model::EpochStatement;
using model::KeyStatement;
using model::ServerIdentity;
using model::ServerStatement;
using titan::testing::SeededRandom;

constexpr const char* kEpoch = "0123456789abcdef";
constexpr const char* kNextEpoch = "fedcba9876543210";

// The keys of a story: the server's, its next ones, the root keys, and a thief's.
struct Keys {
  SeededRandom random{3};
  SigningKey server = SigningKey::make(random);
  SigningKey next = SigningKey::make(random);
  SigningKey third = SigningKey::make(random);
  SigningKey root = SigningKey::make(random);
  SigningKey other_root = SigningKey::make(random);
  SigningKey thief = SigningKey::make(random);
  PublicKey none = {};
};

class Story {
 public:
  Story& key(std::uint64_t root, std::uint64_t number, const SigningKey& to,
             const SigningKey& previous, const PublicKey& root_key, const SigningKey& signer) {
    KeyStatement said{.root = root,
                      .number = number,
                      .key = to.public_key(),
                      .previous = previous.public_key(),
                      .root_key = root_key,
                      .signed_by = signer.public_key()};
    said.signature = signer.sign(proof_of(said));
    identity.statements.emplace_back(said);
    identity.key = to.public_key();
    return *this;
  }
  Story& epoch(const std::string& epoch, std::uint64_t number, const SigningKey& signer) {
    EpochStatement said{.epoch = epoch, .number = number, .signed_by = signer.public_key()};
    said.signature = signer.sign(proof_of(said));
    identity.statements.emplace_back(said);
    identity.epoch = epoch;
    return *this;
  }
  // What the last statement says is another thing then, than was signed.
  Story& spoil(const std::function<void(KeyStatement&)>& change) {
    change(std::get<KeyStatement>(identity.statements.back()));
    return *this;
  }
  Story& at(const SigningKey& key, const std::string& epoch) {
    identity.key = key.public_key();
    identity.epoch = epoch;
    return *this;
  }
  ServerIdentity identity = {};
};

class Trust : public ::testing::Test {
 protected:
  // Enrolled under the server's key, with the root key pinned, at place (1, 5).
  [[nodiscard]] TrustState pinned() const {
    return {.key = k.server.public_key(),
            .root_key = k.root.public_key(),
            .root = 1,
            .number = 5,
            .epoch = kEpoch,
            .epoch_number = 100};
  }
  [[nodiscard]] TrustState without_root() const {
    TrustState trust = pinned();
    trust.root_key = {};
    return trust;
  }
  [[nodiscard]] PublicKey root() const { return k.root.public_key(); }

  Keys k;
};

TEST_F(Trust, FollowsWhatCountsAndNothingElse) {
  struct Row {
    const char* what;
    TrustState from;
    ServerIdentity said;
    const char* refused;  // the field of the error; null: `to` is what comes of it
    TrustState to = {};
  };
  const TrustState start = pinned();
  TrustState next = start;
  next.key = k.next.public_key();
  next.number = 6;
  TrustState third = next;
  third.key = k.third.public_key();
  third.number = 9;
  TrustState introduced = start;
  introduced.number = 6;
  TrustState replaced = next;
  replaced.root = 2;
  replaced.epoch_number = 1;
  TrustState handed_over = replaced;
  handed_over.root_key = k.other_root.public_key();
  TrustState newer = start;
  newer.epoch = kNextEpoch;
  newer.epoch_number = 101;
  TrustState highest = start;
  highest.epoch = kNextEpoch;
  highest.epoch_number = INT64_MAX;

  const auto story = [] { return Story(); };
  const std::vector<Row> rows = {
      {"nothing is new", start, story().at(k.server, kEpoch).identity, nullptr, start},
      {"a key is stated by the one before", start,
       story().key(1, 6, k.next, k.server, root(), k.server).at(k.next, kEpoch).identity, nullptr,
       next},
      {"a number is left out", start,
       story()
           .key(1, 6, k.next, k.server, root(), k.server)
           .key(1, 9, k.third, k.next, root(), k.next)
           .at(k.third, kEpoch)
           .identity,
       nullptr, third},
      {"statements from before it was enrolled come first", start,
       story()
           .key(1, 5, k.server, k.thief, root(), k.thief)
           .epoch(kEpoch, 100, k.server)
           .key(1, 6, k.next, k.server, root(), k.server)
           .at(k.next, kEpoch)
           .identity,
       nullptr, next},
      {"the number is not greater", start,
       story().key(1, 5, k.next, k.server, root(), k.server).at(k.next, kEpoch).identity, "key"},
      {"the number is smaller", start,
       story().key(1, 4, k.next, k.server, root(), k.server).at(k.next, kEpoch).identity, "key"},
      {"somebody else signed it", start,
       story().key(1, 6, k.thief, k.server, root(), k.thief).at(k.thief, kEpoch).identity, "key"},
      {"the next key signed itself", start,
       story().key(1, 6, k.next, k.server, root(), k.next).at(k.next, kEpoch).identity, "key"},
      {"the key before is not known", start,
       story().key(1, 6, k.next, k.third, root(), k.server).at(k.next, kEpoch).identity, "key"},
      {"the server's key names another root", start,
       story().key(2, 6, k.next, k.server, root(), k.server).at(k.next, kEpoch).identity, "key"},
      {"the server's key names a lower root", start,
       story().key(0, 6, k.next, k.server, root(), k.server).at(k.next, kEpoch).identity, "key"},
      {"the server's key takes the root key away", start,
       story().key(1, 6, k.next, k.server, k.none, k.server).at(k.next, kEpoch).identity, "key"},
      {"the server's key names another root key", start,
       story()
           .key(1, 6, k.next, k.server, k.thief.public_key(), k.server)
           .at(k.next, kEpoch)
           .identity,
       "key"},
      {"a root key is introduced where none was pinned", without_root(),
       story().key(1, 6, k.server, k.server, root(), k.server).at(k.server, kEpoch).identity,
       nullptr, introduced},
      {"where there is no root key, none replaces", without_root(),
       story().key(2, 1, k.next, k.server, root(), k.root).at(k.next, kEpoch).identity, "key"},
      {"an empty key is no root key", without_root(),
       story()
           .key(2, 1, k.next, k.server, k.none, k.thief)
           .spoil([](KeyStatement& said) { said.signed_by = {}; })
           .at(k.next, kEpoch)
           .identity,
       "key"},
      {"the root key replaces a stolen one", start,
       story().key(2, 6, k.next, k.server, root(), k.root).epoch(kEpoch, 1, k.next).identity,
       nullptr, replaced},
      {"the root key is over what a thief stated before", start,
       story()
           .key(1, 900, k.thief, k.server, root(), k.server)
           .epoch(kNextEpoch, INT64_MAX, k.thief)
           .key(2, 6, k.next, k.server, root(), k.root)
           .epoch(kEpoch, 1, k.next)
           .identity,
       nullptr, replaced},
      {"the root key takes a host back that had followed the thief",
       {.key = k.thief.public_key(),
        .root_key = root(),
        .root = 1,
        .number = 900,
        .epoch = kNextEpoch,
        .epoch_number = INT64_MAX},
       story().key(2, 6, k.next, k.server, root(), k.root).epoch(kEpoch, 1, k.next).identity,
       nullptr,
       replaced},
      {"what the stolen key states after it counts for nothing", start,
       story()
           .key(2, 6, k.next, k.server, root(), k.root)
           .epoch(kEpoch, 1, k.next)
           .key(2, 7, k.thief, k.server, root(), k.server)
           .at(k.next, kEpoch)
           .identity,
       nullptr, replaced},
      {"the root key hands over to another", start,
       story()
           .key(2, 6, k.next, k.server, k.other_root.public_key(), k.root)
           .epoch(kEpoch, 1, k.next)
           .identity,
       nullptr, handed_over},
      {"the root key cannot be taken away", start,
       story().key(2, 6, k.next, k.server, k.none, k.root).epoch(kEpoch, 1, k.next).identity,
       nullptr, replaced},
      {"the root key states nothing under the same root", start,
       story().key(1, 6, k.next, k.server, root(), k.root).at(k.next, kEpoch).identity, "key"},
      {"another root key replaces nothing", start,
       story().key(2, 6, k.next, k.server, root(), k.other_root).epoch(kEpoch, 1, k.next).identity,
       "key"},
      {"the epoch has to be stated again after a root", start,
       story().key(2, 6, k.next, k.server, root(), k.root).at(k.next, kEpoch).identity, "epoch"},
      {"a newer epoch", start,
       story().epoch(kNextEpoch, 101, k.server).at(k.server, kNextEpoch).identity, nullptr, newer},
      {"the highest number there is", start,
       story().epoch(kNextEpoch, INT64_MAX, k.server).at(k.server, kNextEpoch).identity, nullptr,
       highest},
      {"the epoch's number is not greater", start,
       story().epoch(kNextEpoch, 100, k.server).at(k.server, kNextEpoch).identity, "epoch"},
      {"the epoch is signed by another key", start,
       story().epoch(kNextEpoch, 101, k.thief).at(k.server, kNextEpoch).identity, "epoch"},
      {"the epoch is signed by the root key", start,
       story().epoch(kNextEpoch, 101, k.root).at(k.server, kNextEpoch).identity, "epoch"},
      {"an older epoch is signed after a newer", start,
       story()
           .epoch(kNextEpoch, 102, k.server)
           .epoch(kEpoch, 101, k.server)
           .at(k.server, kEpoch)
           .identity,
       "epoch"},
      {"the identity names a key that nobody stated", start, story().at(k.thief, kEpoch).identity,
       "key"},
      {"the identity names an epoch that nobody stated", start,
       story().at(k.server, kNextEpoch).identity, "epoch"},
      {"the identity still names the key before", start,
       story().key(1, 6, k.next, k.server, root(), k.server).at(k.server, kEpoch).identity, "key"},
  };
  for (const Row& row : rows) {
    const auto followed = follow(row.from, row.said);
    if (row.refused != nullptr) {
      ASSERT_FALSE(followed) << row.what;
      EXPECT_EQ(followed.error().code, ErrorCode::denied) << row.what;
      EXPECT_EQ(followed.error().field, row.refused) << row.what;
    } else {
      ASSERT_TRUE(followed) << row.what << ": " << followed.error().text();
      EXPECT_EQ(*followed, row.to) << row.what;
    }
  }
}

TEST_F(Trust, TakesNoStatementOfWhichAnyFieldIsAnotherThanWasSigned) {
  const std::vector<std::function<void(KeyStatement&)>> changes = {
      [](KeyStatement& said) { ++said.number; },
      [this](KeyStatement& said) { said.key = k.thief.public_key(); },
      [](KeyStatement& said) { said.signature = {}; },
      [this](KeyStatement& said) { said.signed_by = k.thief.public_key(); },
      [this](KeyStatement& said) { said.signature = k.thief.sign(proof_of(said)); },
  };
  for (const auto& change : changes) {
    Story story;
    story.key(1, 6, k.next, k.server, root(), k.server).spoil(change).at(k.next, kEpoch);
    story.identity.key = std::get<KeyStatement>(story.identity.statements.back()).key;
    EXPECT_FALSE(follow(pinned(), story.identity));
    // And by the root key.
    Story replaced;
    replaced.key(2, 6, k.next, k.server, root(), k.root).spoil(change).epoch(kEpoch, 1, k.next);
    EXPECT_FALSE(follow(pinned(), replaced.identity));
  }
}

TEST_F(Trust, ComesToTheSameWhenTheSameIsSaidAgain) {
  Story story;
  story.key(1, 6, k.next, k.server, root(), k.server)
      .epoch(kNextEpoch, 101, k.next)
      .key(2, 7, k.third, k.next, root(), k.root)
      .epoch(kNextEpoch, 102, k.third);
  const TrustState once = follow(pinned(), story.identity).value();
  EXPECT_EQ(follow(once, story.identity).value(), once);
}

TEST_F(Trust, PinsAtEnrollmentWhatTheServerSaysOfItself) {
  Story story;
  story.key(1, 6, k.next, k.server, root(), k.server)
      .epoch(kEpoch, 77, k.server)
      .key(1, 7, k.third, k.next, root(), k.next)
      .at(k.third, kEpoch);
  story.identity.root_key = root();
  const TrustState trust = pin(k.third.public_key(), story.identity).value();
  EXPECT_EQ(trust, (TrustState{.key = k.third.public_key(),
                               .root_key = root(),
                               .root = 1,
                               .number = 7,
                               .epoch = kEpoch,
                               .epoch_number = 77}));
  EXPECT_EQ(pin(k.next.public_key(), story.identity).error().code, ErrorCode::denied);
}

}  // namespace
}  // namespace titan::client

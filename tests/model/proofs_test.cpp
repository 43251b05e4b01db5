#include "model/proofs.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

class ProofsTest : public ::testing::Test {
 protected:
  testing::SeededRandom random_{1};
  const PublicKey server_ = SigningKey::make(random_).public_key();
  const PublicKey device_ = SigningKey::make(random_).public_key();
  const SyncProof sync_{.organization = "acme",
                        .host = "pi",
                        .bookmark = "0123456789abcdef.7",
                        .nonce = "n",
                        .poll_after = std::chrono::seconds(60),
                        .report_wanted = true};
  const SessionProof session_{.server = server_,
                              .device = device_,
                              .challenge = "c",
                              .device_ephemeral = "d",
                              .server_ephemeral = "s",
                              .instance = "i"};
};

// What the contract says, piece by piece.
TEST_F(ProofsTest, AreThePiecesOfTheContractInTheirOrder) {
  const std::string digest = Digest::of("body").text();
  EXPECT_EQ(answer_proof("n", "body"), signable("titan-answer-1", {"n", digest}));
  EXPECT_EQ(sync_proof(sync_, "body"), signable("titan-sync-1", {"acme", "pi", "0123456789abcdef.7",
                                                                 "n", "60", "true", digest}));
  EXPECT_EQ(poll_proof(sync_),
            signable("titan-poll-1", {"acme", "pi", "0123456789abcdef.7", "n", "60", "true"}));
  EXPECT_EQ(enroll_proof(server_, Digest::of("secret"), device_, "n"),
            signable("titan-enroll-1",
                     {server_.text(), Digest::of("secret").text(), device_.text(), "n"}));
  EXPECT_EQ(lobby_proof({server_, device_, "acme", "pi", "n"}),
            signable("titan-lobby-1", {server_.text(), device_.text(), "acme", "pi", "n"}));
  EXPECT_EQ(session_proof(session_), signable("titan-session-1", {server_.text(), "c", "d", "i"}));
  EXPECT_EQ(session_transcript(session_),
            signable("titan-transcript-1", {server_.text(), device_.text(), "c", "d", "s"}));
}

// Each thing that is said alters what is signed.
TEST_F(ProofsTest, DifferWhenAnythingThatIsSaidDiffers) {
  std::vector<SyncProof> syncs(7, sync_);
  syncs[1].organization = "default";
  syncs[2].host = "nuc";
  syncs[3].bookmark = "fedcba9876543210.7";
  syncs[4].bookmark = "0123456789abcdef.8";
  syncs[5].nonce = "m";
  syncs[6].poll_after = std::chrono::seconds(61);
  syncs.push_back(sync_);
  syncs.back().report_wanted = false;
  std::set<std::string> texts;
  for (const SyncProof& sync : syncs) {
    texts.insert(sync_proof(sync, "body"));
    texts.insert(sync_proof(sync, "other body"));
    texts.insert(poll_proof(sync));
  }
  EXPECT_EQ(texts.size(), 3 * syncs.size());
}

}  // namespace
}  // namespace titan::model

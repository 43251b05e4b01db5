#include "gitops/reference_choice.hpp"

#include <gtest/gtest.h>

namespace titan::gitops {
namespace {

const std::string kSecond = "a5aaee017e07e80d74139eb84c86e7886a58d0ef";
const std::string kFirst = "f8a3d1f014198f45827009cb3c3e2d4f95efadb3";
const std::string kTag = "1c34fd62d2dba999db2d7d24418d98b3e5cc6e76";
const std::string kTagOfATag = "bbfde505778b43f11c1abbadf3418658eadb9c8b";

// What git-upload-pack(1) of Git 2.39 said of a repository.
Advertisement recorded() {
  const std::string first =
      kSecond + " HEAD" + std::string(1, '\0') +
      "multi_ack thin-pack side-band side-band-64k ofs-delta shallow deepen-since deepen-not "
      "deepen-relative no-progress include-tag multi_ack_detailed no-done "
      "symref=HEAD:refs/heads/main object-format=sha1 agent=git/2.39.5\n";
  std::string bytes = packet(first);
  for (const std::string& line :
       {kSecond + " refs/heads/feature/x", kSecond + " refs/heads/main", kSecond + " refs/heads/v1",
        kFirst + " refs/tags/light", kTagOfATag + " refs/tags/nested",
        kFirst + " refs/tags/nested^{}", kTag + " refs/tags/v1", kFirst + " refs/tags/v1^{}"}) {
    bytes += packet(line + "\n");
  }
  return Advertisement::parse(bytes + std::string(kFlushPacket)).value();
}

TEST(ReferenceChoice, FindsABranchATagOrTheHead) {
  struct Row {
    std::string name, commit;
  };
  const Row rows[] = {
      {"main", kSecond},
      {"feature/x", kSecond},
      {"", kSecond},
      {"light", kFirst},
      {"nested", kFirst},
      {"refs/tags/light", kFirst},
      {"refs/tags/v1", kFirst},
      {"refs/heads/main", kSecond},
      {"v1", kSecond},  // which is a branch as well
  };
  for (const Row& row : rows) EXPECT_EQ(commit_of(recorded(), row.name).value(), row.commit);
}

TEST(ReferenceChoice, SaysWhichIsNotThere) {
  for (const std::string name : {"gone", "heads/main", "x", "refs/heads/light", "refs/tags/main"}) {
    const auto found = commit_of(recorded(), name);
    ASSERT_FALSE(found.ok()) << name;
    EXPECT_EQ(found.error().code, ErrorCode::not_found);
    EXPECT_EQ(found.error().text(), "it has no branch and no tag \"" + name + "\"");
  }
  // What Git says of a repository without commits.
  const Advertisement empty = Advertisement::parse("0000").value();
  EXPECT_EQ(commit_of(empty, "").error().text(), "it has no commit that its HEAD names");
  EXPECT_EQ(commit_of(empty, "main").error().code, ErrorCode::not_found);
}

// A HEAD that names a commit and no branch.
TEST(ReferenceChoice, TakesADetachedHead) {
  const Advertisement detached =
      Advertisement::parse(packet(kFirst + " HEAD" + std::string(1, '\0') + "shallow\n") +
                           packet(kSecond + " refs/heads/main\n") + std::string(kFlushPacket))
          .value();
  EXPECT_EQ(commit_of(detached, "").value(), kFirst);
}

TEST(ReferenceChoice, AsksForWhatARepositoryHasNamed) {
  EXPECT_EQ(object_for(recorded(), kSecond), kSecond);
  EXPECT_EQ(object_for(recorded(), kFirst), kFirst) << "a light tag names it itself";
  const std::string elsewhere(40, '1');
  EXPECT_EQ(object_for(recorded(), elsewhere), elsewhere);
  Advertisement annotated = recorded();
  annotated.references.erase("refs/tags/light");
  annotated.references.erase("refs/tags/nested");
  annotated.references.erase("refs/tags/nested^{}");
  EXPECT_EQ(object_for(annotated, kFirst), kTag);
}

}  // namespace
}  // namespace titan::gitops

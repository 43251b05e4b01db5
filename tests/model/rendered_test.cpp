#include "model/rendered.hpp"

#include <gtest/gtest.h>

#include <set>

namespace titan::model {
namespace {

TEST(DigestOfRenderedFiles, ChangesWithEachPart) {
  const std::vector<RenderedFile> files = {{"a", 0644, "x"}, {"b", 0644, "y"}};
  EXPECT_EQ(digest_of(files), digest_of(std::vector(files)));
  std::set<Digest> seen = {digest_of(files)};
  const auto expect_new = [&](const char* what, const std::vector<RenderedFile>& edited) {
    EXPECT_TRUE(seen.insert(digest_of(edited)).second) << what;
  };
  expect_new("no file", {});
  expect_new("one file less", {files[0]});
  expect_new("another path", {files[0], {"c", 0644, "y"}});
  expect_new("another mode", {files[0], {"b", 0600, "y"}});
  expect_new("another content", {files[0], {"b", 0644, "z"}});
  expect_new("no content", {files[0], {"b", 0644, ""}});
  expect_new("contents exchanged", {{"a", 0644, "y"}, {"b", 0644, "x"}});
  expect_new("an owner", {files[0], {"b", 0644, "y", "root"}});
  expect_new("the other's owner", {{"a", 0644, "x", "root"}, files[1]});
  expect_new("another owner", {files[0], {"b", 0644, "y", "root:adm"}});
  expect_new("a byte moved from content to path", {files[0], {"by", 0644, ""}});
}

TEST(DigestOfRenderedFiles, StaysTheSameFromVersionToVersion) {
  EXPECT_EQ(digest_of(std::vector<RenderedFile>{}).text(),
            "sha256:af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc");
  const Digest one = Hasher().add(1U).add("a").add(0644U).add(Digest::of("x").text()).finish();
  EXPECT_EQ(digest_of({{"a", 0644, "x"}}), one);
}

}  // namespace
}  // namespace titan::model

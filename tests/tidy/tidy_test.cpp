// The project, held to its own habits.

#include <gtest/gtest.h>

#include "tests/tidy/rules.hpp"

namespace titan::tests::tidy {
namespace {

const SourceTree& project() {
  static const SourceTree kTree = [] {
    SystemProcessRunner processes;
    return read_source_tree(TITAN_SOURCE_DIR, processes).value();
  }();
  return kTree;
}

void expect_none(const Offences& offences) {
  if (!offences.empty()) ADD_FAILURE() << "\n" << report(offences);
}

TEST(Project, KeepsTheFloors) {
  expect_none(floors(project()));
}

TEST(Project, KeepsLibrariesBehindTheFoldersThatWrapThem) {
  expect_none(third_party_headers(project()));
}

TEST(Project, FitsInAHundredColumns) {
  expect_none(columns(project()));
}

TEST(Project, HasNoStrayWhiteSpace) {
  expect_none(white_space(project()));
}

TEST(Project, HasNoVeryLongFile) {
  expect_none(file_length(project()));
}

TEST(Project, LeavesNothingUnfinished) {
  expect_none(unfinished(project()));
}

TEST(Project, GuardsEachHeader) {
  expect_none(include_guards(project()));
}

TEST(Project, UsesNoNamespaceAtFileScope) {
  expect_none(using_namespaces(project()));
}

TEST(Project, SaysWhatEachHeaderHolds) {
  expect_none(unexplained_headers(project()));
}

TEST(Project, HasNoOrphans) {
  expect_none(orphans(project()));
}

TEST(Project, ExplainsEachFolder) {
  expect_none(folders_without_readme(project()));
}

TEST(Project, RefersOnlyToWhatExists) {
  expect_none(broken_references(project()));
}

TEST(Project, IsFormatted) {
  SystemProcessRunner processes;
  const auto found = unformatted(project(), TITAN_SOURCE_DIR, processes);
  if (!found && found.error().code == ErrorCode::not_found) {
    GTEST_SKIP() << "clang-format is not installed";
  }
  expect_none(found.value());
}

}  // namespace
}  // namespace titan::tests::tidy

#include "model/kind.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>
#include <utility>

namespace titan::model {
namespace {

TEST(Kind, IsReadBackFromEachOfItsWords) {
  for (const Kind kind : kKinds) {
    EXPECT_EQ(parse_kind(name_of(kind)).value(), kind);
    for (const auto word : {name_of(kind), singular_of(kind), plural_of(kind)}) {
      EXPECT_EQ(parse_kind_word(word).value(), kind) << word;
    }
    EXPECT_EQ(plural_of(kind), std::string(singular_of(kind)) + "s");
    std::string lower(name_of(kind));
    lower[0] = static_cast<char>(std::tolower(lower[0]));
    EXPECT_EQ(singular_of(kind), lower);
  }
}

TEST(Kind, KnowsWhichKindsLiveInAWorkspace) {
  for (const Kind kind : {Kind::workspace, Kind::host, Kind::template_, Kind::token,
                          Kind::enrollment, Kind::device}) {
    EXPECT_FALSE(in_workspace(kind)) << name_of(kind);
  }
  for (const Kind kind :
       {Kind::workload, Kind::target, Kind::deployment, Kind::assignment, Kind::secret}) {
    EXPECT_TRUE(in_workspace(kind)) << name_of(kind);
  }
}

TEST(Kind, OfWhoMayAskIsNotForHosts) {
  for (const Kind kind : kKinds) {
    const bool is_identity =
        kind == Kind::token || kind == Kind::enrollment || kind == Kind::device;
    EXPECT_EQ(is_for_hosts(kind), !is_identity) << name_of(kind);
  }
}

TEST(Kind, ComesAfterTheKindsItMayReferTo) {
  const std::pair<Kind, Kind> needs[] = {
      {Kind::workload, Kind::workspace},  {Kind::workload, Kind::template_},
      {Kind::workload, Kind::secret},     {Kind::secret, Kind::workspace},
      {Kind::deployment, Kind::workload}, {Kind::deployment, Kind::target},
      {Kind::deployment, Kind::secret},   {Kind::assignment, Kind::deployment},
      {Kind::assignment, Kind::host},     {Kind::enrollment, Kind::host},
      {Kind::device, Kind::host}};
  for (const auto& [kind, needed] : needs) {
    EXPECT_GT(creation_place(kind), creation_place(needed)) << name_of(kind);
  }
  std::set<std::size_t> places;
  for (const Kind kind : kKinds) places.insert(creation_place(kind));
  EXPECT_EQ(places.size(), kKinds.size());
}

TEST(Kind, IsSpelledExactlyInJson) {
  for (const char* name :
       {"", "deployment", "DEPLOYMENT", "Deployments", " Host", "Host ", "Hôst"}) {
    const auto kind = parse_kind(name);
    ASSERT_FALSE(kind.ok()) << name;
    EXPECT_EQ(kind.error().code, ErrorCode::invalid);
  }
  EXPECT_EQ(parse_kind("deployment").error().message,
            "\"deployment\" is not a kind: expected one of Workspace, Host, Template, Workload, "
            "Target, Deployment, Assignment, Token, Enrollment, Device, Secret (did you mean "
            "\"Deployment\"?)");
}

TEST(Kind, MayBeTypedByPeopleInAnyCase) {
  EXPECT_EQ(parse_kind_word("HOSTS").value(), Kind::host);
  EXPECT_EQ(parse_kind_word("Templates").value(), Kind::template_);
  EXPECT_EQ(parse_kind_word("hots").error().message,
            "\"hots\" is not a kind: expected one of workspaces, hosts, templates, workloads, "
            "targets, deployments, assignments, tokens, enrollments, devices, secrets (did you "
            "mean \"hosts\"?)");
  EXPECT_FALSE(parse_kind_word("").ok());
  EXPECT_FALSE(parse_kind_word(std::string("host\0", 5)).ok());
}

}  // namespace
}  // namespace titan::model

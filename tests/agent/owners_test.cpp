#include "agent/owners.hpp"

#include <gtest/gtest.h>

#include "tests/support/fake_file_system.hpp"

namespace titan::agent {
namespace {

TEST(Owners, AreThoseOfTheHostsOwnFiles) {
  testing::FakeFileSystem root;
  ASSERT_TRUE(make_directories(root, "etc"));
  ASSERT_TRUE(root.write("etc/passwd",
                         "root:x:0:0:root:/root:/bin/sh\n"
                         "app:x:1000:1001::/home/app:/bin/false\n"
                         "broken:x:many:0::/:\n"
                         "short:x\n"
                         "app:x:7:7::/:\n",
                         0644));
  ASSERT_TRUE(root.write("etc/group", "root:x:0:\nadm:x:4:syslog\n", 0644));
  Owners owners(root);
  struct Row {
    const char* text;
    Owner owner;
  };
  const Row rows[] = {{"root", {0, 0}},       {"app", {1000, 1001}}, {"app:adm", {1000, 4}},
                      {"1000", {1000, 1001}}, {"55", {55, 55}},      {"55:adm", {55, 4}},
                      {"app:9", {1000, 9}}};
  for (const Row& row : rows) EXPECT_EQ(owners.find(row.text).value(), row.owner) << row.text;
  const std::pair<const char*, const char*> refused[] = {
      {"nobody", "there is no user \"nobody\" on this host"},
      {"broken", "there is no user \"broken\" on this host"},
      {"app:none", "there is no group \"none\" on this host"}};
  for (const auto& [text, message] : refused) {
    const auto found = owners.find(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code, ErrorCode::not_found);
    EXPECT_EQ(found.error().message, message);
  }
}

TEST(Owners, OfAHostWithoutThoseFilesAreNumbers) {
  testing::FakeFileSystem root;
  Owners owners(root);
  EXPECT_EQ(owners.find("7:8").value(), (Owner{7, 8}));
  EXPECT_FALSE(owners.find("app"));
  ASSERT_TRUE(make_directories(root, "etc"));
  ASSERT_TRUE(root.write("etc/passwd", "app:x:1:2::/:\n", 0644));
  EXPECT_FALSE(owners.find("app"));
  owners.forget();
  EXPECT_EQ(owners.find("app").value(), (Owner{1, 2}));
}

}  // namespace
}  // namespace titan::agent

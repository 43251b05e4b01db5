#include "model/status.hpp"

#include <gtest/gtest.h>

#include <string>

namespace titan::model {
namespace {

TEST(Status, IsReadBackFromItsName) {
  const std::pair<Status, std::string_view> all[] = {{Status::initialized, "INITIALIZED"},
                                                     {Status::creating, "CREATING"},
                                                     {Status::ready, "READY"},
                                                     {Status::updating, "UPDATING"},
                                                     {Status::deleting, "DELETING"},
                                                     {Status::deleted, "DELETED"},
                                                     {Status::error, "ERROR"},
                                                     {Status::missing, "MISSING"}};
  for (const auto& [status, name] : all) {
    EXPECT_EQ(name_of(status), name);
    EXPECT_EQ(parse_status(name).value(), status);
  }
}

TEST(Status, IsRefusedInAnyOtherSpelling) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"ready", ""},
      {"OK", ""},
      {"READY ", " (did you mean \"READY\"?)"},
      {"DELETE", " (did you mean \"DELETED\"?)"},
  };
  for (const auto& [name, suggestion] : cases) {
    const auto status = parse_status(name);
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(status.error().message,
              '"' + std::string(name) +
                  "\" is not a status: expected one of INITIALIZED, CREATING, READY, UPDATING, "
                  "DELETING, DELETED, ERROR, MISSING" +
                  suggestion);
  }
}

}  // namespace
}  // namespace titan::model

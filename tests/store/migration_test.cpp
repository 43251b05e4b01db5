#include "store/migration.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

constexpr std::array<Migration, 3> kSteps = {
    Migration{1, "CREATE TABLE things (name TEXT); INSERT INTO things VALUES ('first')"},
    Migration{2, "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7"},
    Migration{3, "INSERT INTO things VALUES ('third', 3)"},
};

class MigrationTest : public ::testing::Test {
 protected:
  MigrationTest() {
    std::FILE* file = std::fopen(path_.c_str(), "w");
    std::fclose(file);
    connection_ = Connection::open(path_).value();
  }
  std::int64_t integer(const char* sql) { return connection_->integer(sql).value(); }
  std::int64_t version() { return integer("PRAGMA user_version"); }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/things.db";
  std::unique_ptr<Connection> connection_;
};

TEST_F(MigrationTest, BringsANewFileToTheLastVersion) {
  ASSERT_TRUE(migrate(*connection_, kSteps));
  EXPECT_EQ(version(), 3);
  EXPECT_EQ(integer("SELECT count(*) FROM things"), 2);
  EXPECT_EQ(integer("SELECT size FROM things WHERE name = 'first'"), 7);
}

TEST_F(MigrationTest, GoesOnFromAnyVersionAndKeepsWhatIsThere) {
  for (std::size_t known = 1; known <= kSteps.size(); ++known) {
    ASSERT_TRUE(migrate(*connection_, std::span(kSteps).first(known)));
    EXPECT_EQ(version(), static_cast<std::int64_t>(known));
  }
  EXPECT_EQ(integer("SELECT count(*) FROM things"), 2);
}

TEST_F(MigrationTest, DoesNothingAtTheLastVersion) {
  ASSERT_TRUE(migrate(*connection_, kSteps));
  ASSERT_TRUE(migrate(*connection_, kSteps));
  EXPECT_EQ(integer("SELECT count(*) FROM things"), 2);
}

TEST_F(MigrationTest, LeavesNothingOfAStepThatFailed) {
  const std::array<Migration, 2> broken = {
      kSteps[0], Migration{2, "INSERT INTO things VALUES ('half'); INSERT INTO absent VALUES (1)"}};
  const auto failed = migrate(*connection_, broken);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message,
            "migrating to schema version 2: SQLite: no such table: absent (code 1)");
  EXPECT_EQ(version(), 1);
  EXPECT_EQ(integer("SELECT count(*) FROM things"), 1);
  // The mended program goes on from there.
  ASSERT_TRUE(migrate(*connection_, kSteps));
  EXPECT_EQ(version(), 3);
}

TEST_F(MigrationTest, RefusesANewerFile) {
  ASSERT_TRUE(migrate(*connection_, kSteps));
  const auto refused = migrate(*connection_, std::span(kSteps).first(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_EQ(refused.error().message,
            "the file has schema version 3, and this titan knows versions up to 2:"
            " it was written by a newer titan");
  EXPECT_EQ(version(), 3);
}

}  // namespace
}  // namespace titan::store

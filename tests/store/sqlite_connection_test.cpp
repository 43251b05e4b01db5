#include "store/sqlite_connection.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    std::FILE* file = std::fopen(path_.c_str(), "w");
    std::fclose(file);
    connection_ = Connection::open(path_).value();
    EXPECT_TRUE(connection_->script("CREATE TABLE t (value ANY) STRICT"));
  }
  std::int64_t rows() { return connection_->integer("SELECT count(*) FROM t").value(); }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/t.db";
  std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, BindsEachTypeAsItself) {
  const std::string text = "text";
  const std::string* nothing = nullptr;
  const char* insert = "INSERT INTO t VALUES (?1)";
  ASSERT_TRUE(connection_->run(insert, std::int64_t{-5}));
  ASSERT_TRUE(connection_->run(insert, text));
  ASSERT_TRUE(connection_->run(insert, &text));
  ASSERT_TRUE(connection_->run(insert, nothing));
  ASSERT_TRUE(connection_->run(insert, std::string_view()));
  ASSERT_TRUE(connection_->run(insert, Blob{}));
  ASSERT_TRUE(connection_->run(insert, Blob{std::string_view("\0\xff", 2)}));
  auto statement = connection_->query("SELECT typeof(value), value FROM t ORDER BY rowid").value();
  const std::pair<std::string, std::string> expected[] = {
      {"integer", "-5"},
      {"text", "text"},
      {"text", "text"},
      {"null", ""},
      {"text", ""},
      {"blob", ""},
      {"blob", std::string("\0\xff", 2)},
  };
  for (const auto& [type, value] : expected) {
    ASSERT_TRUE(statement.step().value());
    EXPECT_EQ(statement.bytes(0), type);
    EXPECT_EQ(statement.bytes(1), value);
    EXPECT_EQ(statement.is_null(1), type == "null");
  }
  EXPECT_FALSE(statement.step().value());
}

TEST_F(ConnectionTest, ForgetsTheParametersOfTheUseBefore) {
  ASSERT_TRUE(connection_->run("INSERT INTO t VALUES (?1)", std::int64_t{1}));
  ASSERT_TRUE(connection_->run("INSERT INTO t VALUES (?1)"));
  EXPECT_EQ(connection_->integer("SELECT count(*) FROM t WHERE value IS NULL").value(), 1);
}

TEST_F(ConnectionTest, NamesTheFileInErrors) {
  const auto failed = connection_->run("INSERT INTO absent VALUES (1)");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::internal);
  EXPECT_EQ(failed.error().text(), path_ + ": SQLite: no such table: absent (code 1)");
  EXPECT_EQ(Connection::open(directory_.path() + "/absent.db").error().code,
            ErrorCode::unavailable);
}

TEST_F(ConnectionTest, TellsAFullFileFromABusyOneAndAReadOnlyOne) {
  const auto other = Connection::open(path_).value();
  ASSERT_TRUE(other->script("BEGIN IMMEDIATE"));
  EXPECT_EQ(connection_->script("BEGIN IMMEDIATE").error().code, ErrorCode::unavailable);
  ASSERT_TRUE(other->script("ROLLBACK; PRAGMA query_only = ON"));
  EXPECT_EQ(other->run("INSERT INTO t VALUES (1)").error().code, ErrorCode::denied);
  ASSERT_TRUE(connection_->script("PRAGMA max_page_count = 4"));
  EXPECT_EQ(connection_->run("INSERT INTO t VALUES (zeroblob(100000))").error().code,
            ErrorCode::exhausted);
}

TEST_F(ConnectionTest, RollsATransactionBackUnlessItIsCommitted) {
  {
    auto transaction = Transaction::begin(*connection_).value();
    ASSERT_TRUE(connection_->run("INSERT INTO t VALUES (1)"));
  }
  EXPECT_EQ(rows(), 0);
  {
    auto transaction = Transaction::begin(*connection_).value();
    ASSERT_TRUE(connection_->run("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(transaction.commit());
  }
  EXPECT_EQ(rows(), 1);
}

}  // namespace
}  // namespace titan::store

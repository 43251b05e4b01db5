#include "server-lite/identity/server_keys.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "model/limits.hpp"
#include "server-lite/key_commands.hpp"
#include "server-lite/store_commands.hpp"
#include "store/backup.hpp"
#include "store/sqlite_store.hpp"
#include "tests/server-lite/test_device.hpp"
#include "tests/support/failing_file_system.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::server_lite {
namespace {

using model::EpochStatement;
using model::KeyStatement;
using nlohmann::json;
using titan::testing::FailingFileSystem;
using titan::testing::MemoryFileSystem;
using titan::testing::SeededRandom;
using titan::testing::TestDevice;
using titan::testing::TestServer;

constexpr const char* kEpoch = "0123456789abcdef";
constexpr const char* kLaterEpoch = "fedcba9876543210";
constexpr auto kNow = Timestamp::from_micros(1'000'000);

class ServerKeysTest : public ::testing::Test {
 protected:
  ServerKeys open() { return ServerKeys::open(files_, random_).value(); }
  static bool is_signed(const model::ServerStatement& statement) {
    return std::visit(
        [](const auto& one) {
          return verifies(one.signed_by, model::proof_of(one), one.signature);
        },
        statement);
  }
  static const KeyStatement& key_of(const model::ServerStatement& statement) {
    return std::get<KeyStatement>(statement);
  }

  MemoryFileSystem files_;
  SeededRandom random_{3};
};

TEST_F(ServerKeysTest, AreMadeOnceAndReadableByTheOwnerAlone) {
  const PublicKey key = open().key();
  EXPECT_EQ(open().key(), key);
  EXPECT_TRUE(open().root_key().empty());
  EXPECT_TRUE(open().statements().empty());
  EXPECT_EQ(files_.info("keys/server")->mode, 0600U);
  files_.power_cut();
  EXPECT_EQ(open().key(), key) << "it survives a power cut";
}

TEST_F(ServerKeysTest, StateEachEpochOnceUnderAGreaterNumber) {
  ServerKeys keys = open();
  ASSERT_TRUE(keys.begin_epoch(kEpoch, kNow));
  ASSERT_TRUE(keys.begin_epoch(kEpoch, Timestamp::from_micros(5'000'000)));
  ASSERT_EQ(keys.statements().size(), 1U);
  ASSERT_TRUE(keys.begin_epoch(kLaterEpoch, Timestamp::from_micros(10)));
  const ServerKeys again = open();
  ASSERT_EQ(again.statements().size(), 2U);
  EXPECT_EQ(std::get<EpochStatement>(again.statements()[0]).number, 1'000'000U);
  EXPECT_EQ(std::get<EpochStatement>(again.statements()[1]).number, 1'000'001U);
  EXPECT_EQ(std::get<EpochStatement>(again.statements()[1]).epoch, kLaterEpoch);
  for (const auto& statement : again.statements()) EXPECT_TRUE(is_signed(statement));
}

TEST_F(ServerKeysTest, AreRotatedByTheKeyBefore) {
  ServerKeys keys = open();
  const PublicKey before = keys.key();
  ASSERT_TRUE(keys.rotate(random_));
  ASSERT_TRUE(keys.rotate(random_));
  const ServerKeys again = open();
  EXPECT_EQ(again.key(), keys.key());
  ASSERT_EQ(again.statements().size(), 2U);
  const KeyStatement& first = key_of(again.statements()[0]);
  const KeyStatement& second = key_of(again.statements()[1]);
  EXPECT_EQ(first.previous, before);
  EXPECT_EQ(first.signed_by, before);
  EXPECT_EQ(second.previous, first.key);
  EXPECT_EQ(second.key, again.key());
  EXPECT_GT(second.number, first.number);
  EXPECT_EQ(second.root, first.root);
  for (const auto& statement : again.statements()) EXPECT_TRUE(is_signed(statement));
}

TEST_F(ServerKeysTest, StateTheEpochAnewByANewKey) {
  ServerKeys keys = open();
  ASSERT_TRUE(keys.begin_epoch(kEpoch, kNow));
  ASSERT_TRUE(keys.rotate(random_));
  ASSERT_TRUE(keys.begin_epoch(kEpoch, kNow));
  ASSERT_EQ(keys.statements().size(), 3U);
  EXPECT_EQ(std::get<EpochStatement>(keys.statements()[2]).signed_by, keys.key());
}

TEST_F(ServerKeysTest, AreReplacedByTheRootKeyAlone) {
  const SigningKey root = SigningKey::make(random_);
  ServerKeys keys = open();
  EXPECT_EQ(keys.replace(random_, root).error().code, ErrorCode::invalid) << "there is no root";
  ASSERT_TRUE(keys.trust(root.public_key()));
  ASSERT_TRUE(keys.trust(root.public_key()));
  EXPECT_EQ(keys.statements().size(), 1U) << "said once";
  EXPECT_EQ(key_of(keys.statements()[0]).root_key, root.public_key());
  EXPECT_EQ(key_of(keys.statements()[0]).key, keys.key());
  const SigningKey other = SigningKey::make(random_);
  EXPECT_EQ(keys.trust(other.public_key()).error().code, ErrorCode::conflict);
  EXPECT_EQ(keys.replace(random_, other).error().code, ErrorCode::invalid);
  const PublicKey stolen = keys.key();
  ASSERT_TRUE(keys.replace(random_, root));
  const ServerKeys again = open();
  EXPECT_NE(again.key(), stolen);
  EXPECT_EQ(again.root_key(), root.public_key());
  const KeyStatement& last = key_of(again.statements().back());
  EXPECT_EQ(last.signed_by, root.public_key());
  EXPECT_EQ(last.root, 1U);
  EXPECT_EQ(last.key, again.key());
  EXPECT_TRUE(is_signed(last));
}

TEST_F(ServerKeysTest, KeepOnlySoManyStatementsAndTheNewestOfEach) {
  ServerKeys keys = open();
  for (std::size_t i = 0; i < 2 * model::kStatementsMax; ++i) {
    const std::string digit(1, "0123456789abcdef"[i % 16]);
    ASSERT_TRUE(keys.begin_epoch(digit + std::string(15, '0'), kNow));
    if (i % 4 == 0) {
      ASSERT_TRUE(keys.rotate(random_));
    }
  }
  const ServerKeys again = open();
  ASSERT_EQ(again.statements().size(), model::kStatementsMax);
  std::size_t rotations = 0;
  PublicKey before = {};
  for (const auto& statement : again.statements()) {
    const auto* key = std::get_if<KeyStatement>(&statement);
    if (key == nullptr) continue;
    if (rotations++ > 0) {
      EXPECT_EQ(key->previous, before) << "no step is missing";
    }
    before = key->key;
  }
  EXPECT_EQ(rotations, model::kStatementsMax / 2);
  EXPECT_EQ(before, again.key());
}

// Whenever the process ends: either nothing happened, or the new key is stated.
TEST_F(ServerKeysTest, AreWholeWheneverARotationIsCutShort) {
  int done = 0;
  for (std::size_t n = 1; done == 0; ++n) {
    MemoryFileSystem disk;
    PublicKey before;
    {
      ServerKeys keys = ServerKeys::open(disk, random_).value();
      ASSERT_TRUE(keys.begin_epoch(kEpoch, kNow));
      before = keys.key();
    }
    {
      FailingFileSystem failing(disk);
      ServerKeys keys = ServerKeys::open(failing, random_).value();
      failing.faults().reset();
      failing.faults().fail_from(n, unavailable("the process ends here"));
      done = keys.rotate(random_) ? 1 : 0;
    }
    disk.power_cut();
    const auto keys = ServerKeys::open(disk, random_);
    ASSERT_TRUE(keys.ok()) << n << keys.error().text();
    const auto* stated = std::get_if<KeyStatement>(&keys->statements().back());
    if (stated == nullptr) {
      EXPECT_EQ(keys->key(), before) << n;
    } else {
      EXPECT_EQ(keys->key(), stated->key) << n;
    }
    EXPECT_FALSE(disk.info("keys/server.next").ok()) << n;
  }
}

TEST_F(ServerKeysTest, RefuseFilesThatAreDamagedOrOpenToOthers) {
  ASSERT_TRUE(open().begin_epoch(kEpoch, kNow));
  const auto fails_with = [&](const std::string& path, const std::string& content,
                              std::uint32_t mode, ErrorCode code) {
    const std::string before = files_.read(path, 1 << 20).value_or("");
    ASSERT_TRUE(files_.write(path, content, mode));
    const auto opened = ServerKeys::open(files_, random_);
    ASSERT_FALSE(opened.ok()) << path;
    EXPECT_EQ(opened.error().code, code) << path;
    EXPECT_EQ(opened.error().subject, path);
    EXPECT_EQ(opened.error().text().find("secret:AAA"), std::string::npos);
    ASSERT_TRUE(files_.write(path, before, 0600));
  };
  const std::string key = files_.read("keys/server", 1 << 20).value();
  fails_with("keys/server", key, 0640, ErrorCode::denied);
  fails_with("keys/server", "ed25519-secret:AAA", 0600, ErrorCode::invalid);
  fails_with("keys/statements.json", "[", 0644, ErrorCode::invalid);
  fails_with("keys/statements.json", "{}", 0644, ErrorCode::invalid);
  fails_with("keys/statements.json", "[{}]", 0644, ErrorCode::invalid);
  fails_with("keys/root.pub", "ed25519:AAA", 0644, ErrorCode::invalid);
  ASSERT_TRUE(files_.remove_file("keys/root.pub"));
  ASSERT_TRUE(files_.remove_file("keys/server"));
  EXPECT_EQ(ServerKeys::open(files_, random_).error().code, ErrorCode::not_found)
      << "a new one would shut out all hosts";
}

// ---- a server with them ------------------------------------------------------------------------

TEST(ServerIdentityRoute, TellsWhoTheServerIsAndSignsIt) {
  TestServer server;
  TestDevice device(server, 1);
  const std::string nonce = device.make_nonce();
  const HttpResponse response = server.handle_from(
      "", {.method = "GET", .target = "/v1/identity", .headers = {{"Titan-Nonce", nonce}}});
  ASSERT_EQ(response.status, 200);
  device.expect_signed_answer(response, nonce);
  const auto identity = model::parse_server_identity(parse_json(response.body).value());
  ASSERT_TRUE(identity.ok()) << identity.error().text();
  EXPECT_EQ(identity->key, server.keys().key());
  EXPECT_EQ(identity->epoch, server.store().head()->epoch);
  ASSERT_EQ(identity->statements.size(), 1U);
  const auto& epoch = std::get<EpochStatement>(identity->statements[0]);
  EXPECT_EQ(epoch.epoch, identity->epoch);
  EXPECT_EQ(epoch.number, static_cast<std::uint64_t>(server.clock().wall().micros()));
  const HttpResponse plain = server.handle_from("", {.method = "GET", .target = "/v1/identity"});
  EXPECT_EQ(plain.body, response.body + "\n");
  EXPECT_EQ(plain.header("Titan-Signature"), "");
  server.restart();
  EXPECT_EQ(server.json("GET", "/v1/identity")["statements"].size(), 1U) << "said once";
}

TEST(ServerIdentityRoute, TellsOfTheNewEpochAfterARestore) {
  const testing::TemporaryDirectory directory;
  const std::string data = directory.path() + "/data";
  const std::string backup = directory.path() + "/titan.bak";
  const auto files = DiskFileSystem::create(data).value();
  const testing::FakeClock clock;  // stands still: the numbers grow all the same
  SeededRandom random(8);
  std::ostringstream text;
  Log log(text, clock, Log::Format::json);
  const auto identity = [&] {
    const auto store = store::SqliteStore::open(database_in(data), clock, random).value();
    ServerKeys keys = ServerKeys::open(*files, random).value();
    const MasterKey master = MasterKey::open(*files, {}, false, random).value();
    const auto server = Server::open({*store, clock, random, log, keys, master}).value();
    const HttpResponse response = server->handle({.method = "GET", .target = "/v1/identity"});
    EXPECT_TRUE(server->finish());
    return model::parse_server_identity(parse_json(response.body).value()).value();
  };
  const model::ServerIdentity before = identity();
  const ProgramEnv env{.out = text, .err = text, .log_format = Log::Format::json, .variable = {}};
  const StoreCommand command{.data = data, .file = backup, .force = true};
  ASSERT_EQ(run_backup(command, env), ExitCode::done) << text.str();
  ASSERT_EQ(run_restore(command, env), ExitCode::done) << text.str();
  const model::ServerIdentity after = identity();
  EXPECT_EQ(after.key, before.key);
  EXPECT_NE(after.epoch, before.epoch);
  ASSERT_EQ(after.statements.size(), 2U);
  EXPECT_EQ(after.statements[0], before.statements[0]);
  const auto& last = std::get<EpochStatement>(after.statements[1]);
  EXPECT_EQ(last.epoch, after.epoch);
  EXPECT_GT(last.number, std::get<EpochStatement>(after.statements[0]).number);
  EXPECT_TRUE(verifies(after.key, model::proof_of(last), last.signature));
}

// ---- the subcommands ---------------------------------------------------------------------------

class KeyCommandsTest : public ::testing::Test {
 protected:
  ExitCode run(ExitCode (*command)(const KeyCommand&, const ProgramEnv&), KeyCommand given) {
    std::ostringstream out;
    std::ostringstream err;
    const ProgramEnv env{.out = out, .err = err, .log_format = Log::Format::json, .variable = {}};
    const ExitCode code = command(given, env);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  ServerKeys keys() {
    files_ = DiskFileSystem::open(data_).value();
    return ServerKeys::open(*files_, random_).value();
  }

  testing::TemporaryDirectory directory_;
  const std::string data_ = directory_.path();
  const std::string root_file_ = directory_.path() + "/root.key";
  SeededRandom random_{4};
  std::unique_ptr<DiskFileSystem> files_;
  std::string out_;
  std::string err_;
};

TEST_F(KeyCommandsTest, MakeARootKeyTrustItAndReplaceAStolenKeyByIt) {
  ASSERT_EQ(run(&run_new_root_key, {.file = root_file_}), ExitCode::done) << err_;
  const std::string root = out_.substr(0, out_.size() - 1);
  EXPECT_EQ(std::filesystem::status(root_file_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(run(&run_new_root_key, {.file = root_file_}), ExitCode::conflict);
  ASSERT_EQ(run(&run_trust_root_key, {.data = data_, .key = root}), ExitCode::done) << err_;
  EXPECT_EQ(keys().root_key().text(), root);
  const std::string before = keys().key().text();
  ASSERT_EQ(run(&run_rotate_key, {.data = data_, .file = root_file_}), ExitCode::done) << err_;
  EXPECT_EQ(out_, "the server's key is " + keys().key().text() + "\n");
  EXPECT_NE(keys().key().text(), before);
  ASSERT_EQ(run(&run_rotate_key, {.data = data_}), ExitCode::done) << err_;
  EXPECT_EQ(keys().statements().size(), 3U);
}

TEST_F(KeyCommandsTest, SayWhatIsWrong) {
  EXPECT_EQ(run(&run_trust_root_key, {.data = data_, .key = "ed25519:x"}), ExitCode::usage);
  EXPECT_EQ(run(&run_rotate_key, {.data = data_, .file = root_file_}), ExitCode::not_found);
  EXPECT_NE(err_.find("root.key"), std::string::npos) << err_;
  std::ofstream(root_file_) << "ed25519-secret:not a key\n";
  std::filesystem::permissions(root_file_, std::filesystem::perms(0640));
  EXPECT_EQ(run(&run_rotate_key, {.data = data_, .file = root_file_}), ExitCode::denied);
  std::filesystem::permissions(root_file_, std::filesystem::perms(0600));
  EXPECT_EQ(run(&run_rotate_key, {.data = data_, .file = root_file_}), ExitCode::failed);
  EXPECT_EQ(err_.find("not a key"), std::string::npos) << err_;
}

TEST_F(KeyCommandsTest, AreRefusedWhileAServerRuns) {
  const auto held = store::lock_database(database_in(data_)).value();
  EXPECT_EQ(run(&run_rotate_key, {.data = data_}), ExitCode::locked);
  EXPECT_EQ(run(&run_trust_root_key,
                {.data = data_, .key = SigningKey::make(random_).public_key().text()}),
            ExitCode::locked);
  EXPECT_FALSE(std::filesystem::exists(data_ + "/keys"));
}

}  // namespace
}  // namespace titan::server_lite

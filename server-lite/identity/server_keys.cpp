#include "server-lite/identity/server_keys.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/secret_file.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::EpochStatement;
using model::KeyStatement;
using model::ServerStatement;
using nlohmann::json;

constexpr const char* kKey = "keys/server";
constexpr const char* kNextKey = "keys/server.next";
constexpr const char* kRoot = "keys/root.pub";
constexpr const char* kStatements = "keys/statements.json";
constexpr std::uint32_t kPublicMode = 0644;

Error at(const std::string& path, Error error) {
  if (error.subject.empty()) error.subject = path;
  return error;
}

Result<std::optional<std::string>> read_if_there(FileSystem& data, const std::string& path) {
  auto text = data.read(path, kKeyFileBytesMax);
  if (text) return std::optional(*std::move(text));
  if (text.error().code == ErrorCode::not_found) return std::optional<std::string>();
  return text.error();
}

Result<SigningKey> key_of(const std::string& path, const Result<Secret>& line) {
  if (!line) return line.error();
  auto key = SigningKey::parse(line->bytes());
  if (!key) return at(path, invalid("it holds no secret key; expected ed25519-secret:…"));
  return key;
}

Result<SigningKey> read_secret(FileSystem& data, const std::string& path) {
  return key_of(path, read_secret_file(data, path));
}

Result<void> write_secret(FileSystem& data, const std::string& path, const SigningKey& key) {
  return write_secret_file(data, path, key.secret_text().bytes());
}

Result<std::vector<ServerStatement>> read_statements(FileSystem& data) {
  std::vector<ServerStatement> statements;
  TITAN_ASSIGN(const auto text, read_if_there(data, kStatements));
  if (!text) return statements;
  const auto list = parse_json(*text);
  if (!list) return at(kStatements, list.error());
  if (!list->is_array() || list->size() > model::kStatementsMax) {
    return at(kStatements, invalid("expected an array of at most " +
                                   std::to_string(model::kStatementsMax) + " statements"));
  }
  for (const json& one : *list) {
    auto statement = model::parse_statement(one);
    if (!statement) return at(kStatements, statement.error());
    statements.push_back(*std::move(statement));
  }
  return statements;
}

const KeyStatement* last_key_of(const std::vector<ServerStatement>& statements) {
  for (auto one = statements.rbegin(); one != statements.rend(); ++one) {
    if (const auto* key = std::get_if<KeyStatement>(&*one)) return key;
  }
  return nullptr;
}

const EpochStatement* last_epoch_of(const std::vector<ServerStatement>& statements) {
  for (auto one = statements.rbegin(); one != statements.rend(); ++one) {
    if (const auto* epoch = std::get_if<EpochStatement>(&*one)) return epoch;
  }
  return nullptr;
}

// Hosts need every step from the key that they know to the one of now, and the last epoch alone.
void drop_oldest(std::vector<ServerStatement>& statements) {
  const auto is_epoch = [](const ServerStatement& one) {
    return std::holds_alternative<EpochStatement>(one);
  };
  const auto found = std::find_if(statements.begin(), statements.end() - 1, is_epoch);
  statements.erase(found == statements.end() - 1 ? statements.begin() : found);
}

// What a key that was on its way became when the process ended.
Result<void> end_rotation(FileSystem& data, const std::vector<ServerStatement>& statements) {
  const auto there = data.info(kNextKey);
  if (!there && there.error().code == ErrorCode::not_found) return {};
  if (!there) return there.error();
  const auto next = read_secret(data, kNextKey);
  const KeyStatement* stated = last_key_of(statements);
  const bool was_stated = next && stated != nullptr && stated->key == next->public_key();
  if (!was_stated) return remove_if_present(data, kNextKey);
  TITAN_TRY(data.rename(kNextKey, kKey));
  return data.sync_directory(kKeysFolder);
}

}  // namespace

Result<ServerKeys> ServerKeys::open(FileSystem& data, Random& random) {
  TITAN_TRY(data.make_directory(kKeysFolder, kKeysFolderMode));
  TITAN_TRY(data.sync_directory(""));
  TITAN_ASSIGN(auto statements, read_statements(data));
  TITAN_TRY(end_rotation(data, statements));
  const auto there = data.info(kKey);
  const bool is_missing = !there && there.error().code == ErrorCode::not_found;
  if (!there && !is_missing) return there.error();
  if (is_missing && !statements.empty()) {
    return at(kKey, not_found("the server's secret key is gone, and its hosts know no other; put "
                              "the file back"));
  }
  if (is_missing) TITAN_TRY(write_secret(data, kKey, SigningKey::make(random)));
  TITAN_ASSIGN(SigningKey key, read_secret(data, kKey));
  ServerKeys keys(data, std::move(key));
  keys.statements_ = std::move(statements);
  TITAN_ASSIGN(const auto root, read_if_there(data, kRoot));
  if (root) {
    const auto parsed = PublicKey::parse(trim(*root));
    if (!parsed) return at(kRoot, parsed.error());
    keys.root_ = *parsed;
  }
  return keys;
}

const KeyStatement* ServerKeys::last_key() const {
  return last_key_of(statements_);
}

Result<void> ServerKeys::begin_epoch(const std::string& epoch, Timestamp now) {
  const EpochStatement* last = last_epoch_of(statements_);
  if (last != nullptr && last->epoch == epoch && last->signed_by == key()) return {};
  const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(now.micros(), 1));
  EpochStatement statement{.epoch = epoch,
                           .number = std::max(micros, last == nullptr ? 0 : last->number + 1),
                           .signed_by = key()};
  statement.signature = key_.sign(model::proof_of(statement));
  return state(std::move(statement));
}

KeyStatement ServerKeys::next_key_statement(const PublicKey& next) const {
  const KeyStatement* last = last_key();
  return {.root = last == nullptr ? 0 : last->root,
          .number = last == nullptr ? 1 : last->number + 1,
          .key = next,
          .previous = key(),
          .root_key = root_,
          .signed_by = key()};
}

Result<void> ServerKeys::trust(const PublicKey& root) {
  if (!root_.empty() && root_ != root) {
    return at(kRoot, conflict("there is another root key already, which hosts have pinned: " +
                              root_.text()));
  }
  const KeyStatement* last = last_key();
  if (root_ == root && last != nullptr && last->root_key == root) return {};
  TITAN_TRY(write_atomically(*data_, kRoot, root.text() + "\n", kPublicMode));
  root_ = root;
  KeyStatement statement = next_key_statement(key());
  statement.signature = key_.sign(model::proof_of(statement));
  return state(std::move(statement));
}

Result<void> ServerKeys::rotate(Random& random) {
  SigningKey next = SigningKey::make(random);
  KeyStatement statement = next_key_statement(next.public_key());
  statement.signature = key_.sign(model::proof_of(statement));
  return take_next(std::move(next), std::move(statement));
}

Result<void> ServerKeys::replace(Random& random, const SigningKey& root) {
  if (root_.empty()) {
    return at(kRoot, invalid("this server has no root key; its hosts would not follow one"));
  }
  if (root.public_key() != root_) {
    return invalid("expected the secret half of the root key " + root_.text() + ", found that of " +
                   root.public_key().text());
  }
  SigningKey next = SigningKey::make(random);
  KeyStatement statement = next_key_statement(next.public_key());
  ++statement.root;
  statement.signed_by = root.public_key();
  statement.signature = root.sign(model::proof_of(statement));
  return take_next(std::move(next), std::move(statement));
}

Result<void> ServerKeys::take_next(SigningKey next, KeyStatement statement) {
  TITAN_TRY(write_secret(*data_, kNextKey, next));
  TITAN_TRY(state(std::move(statement)));
  TITAN_TRY(data_->rename(kNextKey, kKey));
  TITAN_TRY(data_->sync_directory(kKeysFolder));
  key_ = std::move(next);
  return {};
}

Result<void> ServerKeys::state(ServerStatement statement) {
  std::vector<ServerStatement> all = statements_;
  all.push_back(std::move(statement));
  while (all.size() > model::kStatementsMax) drop_oldest(all);
  json list = json::array();
  for (const ServerStatement& one : all) list.push_back(model::json_of(one));
  TITAN_TRY(write_atomically(*data_, kStatements, pretty_json(list) + "\n", kPublicMode));
  statements_ = std::move(all);
  return {};
}

Result<void> write_key_file(const std::string& path, const SigningKey& key) {
  return write_new_secret_file(path, key.secret_text().bytes());
}

Result<SigningKey> read_key_file(const std::string& path) {
  return key_of(path, read_secret_file(path));
}

}  // namespace titan::server_lite

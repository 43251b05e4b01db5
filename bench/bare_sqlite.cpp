#include "bench/bare_sqlite.hpp"

#include <cstdlib>
#include <iostream>

namespace titan::bench {
namespace {

void check(int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::cerr << "SQLite: " << sqlite3_errstr(code) << "\n";
  std::abort();
}

sqlite3* open(const std::string& file) {
  sqlite3* handle = nullptr;
  check(
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr));
  return handle;
}

// What reads beside a store must not checkpoint.
sqlite3* open_for_reading(const std::string& file) {
  sqlite3* handle = open(file);
  check(sqlite3_exec(handle, "PRAGMA query_only = ON; PRAGMA cache_size = -2048", nullptr, nullptr,
                     nullptr));
  check(sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
  return handle;
}

sqlite3_stmt* prepare(sqlite3* handle, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return statement;
}

void bind(sqlite3_stmt* statement, int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement, index, value));
}

void bind(sqlite3_stmt* statement, int index, const std::string& text) {
  check(sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), nullptr));
}

template <class... Values>
void bind_all(sqlite3_stmt* statement, const Values&... values) {
  int index = 0;
  (bind(statement, ++index, values), ...);
}

void run(sqlite3_stmt* statement) {
  check(sqlite3_step(statement));
  check(sqlite3_reset(statement));
}

std::string text(sqlite3_stmt* statement, int column) {
  const void* bytes = sqlite3_column_blob(statement, column);
  return bytes == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(bytes),
                           static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

}  // namespace

std::vector<Row> rows_of_log(const std::string& file, std::int64_t after_seq) {
  sqlite3* handle = open_for_reading(file);
  sqlite3_stmt* found =
      prepare(handle,
              "SELECT c.seq, previous, alters, time, kind, revision, organization, workspace, name,"
              " actor, request_id, before, after, id"
              " FROM changes AS c JOIN entities USING (organization, kind, workspace, name)"
              " WHERE c.seq > ?1 ORDER BY c.seq");
  bind(found, 1, after_seq);
  const auto number = [&](int column) { return sqlite3_column_int64(found, column); };
  std::vector<Row> rows;
  while (sqlite3_step(found) == SQLITE_ROW) {
    rows.push_back({number(0), number(1), number(2), number(3), number(4), number(5),
                    text(found, 6), text(found, 7), text(found, 8), text(found, 9), text(found, 10),
                    text(found, 11), text(found, 12), text(found, 13)});
  }
  sqlite3_finalize(found);
  sqlite3_close(handle);
  return rows;
}

BareWriter::BareWriter(const std::string& file) : handle_(open(file)) {
  check(sqlite3_exec(handle_,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     " PRAGMA cache_size = -2048; PRAGMA foreign_keys = ON;"
                     " PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864",
                     nullptr, nullptr, nullptr));
  begin_ = prepare(handle_, "BEGIN IMMEDIATE");
  commit_ = prepare(handle_, "COMMIT");
  insert_ = prepare(handle_,
                    "INSERT INTO entities (organization, kind, workspace, name, id, revision,"
                    " seq, state) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)");
  update_ = prepare(handle_,
                    "UPDATE entities SET revision = ?1, seq = ?2, state = ?3 WHERE"
                    " organization = ?4 AND kind = ?5 AND workspace = ?6 AND name = ?7");
  log_ = prepare(handle_,
                 "INSERT INTO changes (seq, previous, alters, time, organization, kind, workspace,"
                 " name, actor, request_id, after, before)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
  meta_ = prepare(handle_, "UPDATE meta SET last_seq = ?1, last_time = ?2");
}

BareWriter::~BareWriter() {
  for (sqlite3_stmt* statement : {begin_, commit_, insert_, update_, log_, meta_}) {
    sqlite3_finalize(statement);
  }
  sqlite3_close(handle_);
}

void BareWriter::write(const std::vector<Row>& rows, double group) {
  std::size_t done = 0;
  for (double end = group; done < rows.size(); end += group) {
    run(begin_);
    do {
      write(rows[done++]);
    } while (done < rows.size() && static_cast<double>(done) < end);
    bind_all(meta_, rows[done - 1].seq, rows[done - 1].time);
    run(meta_);
    run(commit_);
  }
}

void BareWriter::write(const Row& row) {
  bind_all(log_, row.seq, row.previous, row.alters, row.time, row.organization, row.kind,
           row.workspace, row.name, row.actor, row.request_id, row.after);
  if (row.before.empty()) {
    check(sqlite3_bind_null(log_, 12));
    bind_all(insert_, row.organization, row.kind, row.workspace, row.name, row.id, row.seq,
             row.after);
    run(insert_);
  } else {
    bind(log_, 12, row.before);
    bind_all(update_, row.revision, row.seq, row.after, row.organization, row.kind, row.workspace,
             row.name);
    run(update_);
  }
  run(log_);
}

BareReader::BareReader(const std::string& file)
    : handle_(open_for_reading(file)),
      select_(prepare(handle_,
                      "SELECT state FROM entities WHERE organization = ?1 AND kind = ?2 AND"
                      " workspace = ?3 AND name = ?4")) {}

BareReader::~BareReader() {
  sqlite3_finalize(select_);
  sqlite3_close(handle_);
}

std::string BareReader::get(const model::Key& key) {
  bind_all(select_, key.organization, static_cast<std::int64_t>(key.kind), key.workspace, key.name);
  check(sqlite3_step(select_));
  std::string state = text(select_, 0);
  check(sqlite3_reset(select_));
  return state;
}

}  // namespace titan::bench

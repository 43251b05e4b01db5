#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/key.hpp"

namespace titan::bench {

// A row of the log, and the entity's row that was written with it.
struct Row {
  std::int64_t seq, previous, alters, time, kind, revision;
  std::string organization, workspace, name, actor, request_id, before, after, id;
};

// What a store wrote after that change.
std::vector<Row> rows_of_log(const std::string& file, std::int64_t after_seq);

// Writes such rows to another file of the same schema, with SQLite's interface and nothing else.
class BareWriter {
 public:
  explicit BareWriter(const std::string& file);
  ~BareWriter();
  BareWriter(const BareWriter&) = delete;
  BareWriter& operator=(const BareWriter&) = delete;

  // `group`: how many are written in one transaction, on average.
  void write(const std::vector<Row>& rows, double group);

 private:
  void write(const Row& row);

  sqlite3* handle_ = nullptr;
  sqlite3_stmt *begin_ = nullptr, *commit_ = nullptr, *insert_ = nullptr, *update_ = nullptr,
               *log_ = nullptr, *meta_ = nullptr;
};

// Reads entities, likewise.
class BareReader {
 public:
  explicit BareReader(const std::string& file);
  ~BareReader();
  BareReader(const BareReader&) = delete;
  BareReader& operator=(const BareReader&) = delete;

  // The entity as it is stored.
  std::string get(const model::Key& key);

 private:
  sqlite3* handle_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
};

}  // namespace titan::bench

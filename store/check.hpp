#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "model/bookmark.hpp"

namespace titan::store {

// One thing that is wrong in a file, in a line for people: "host tim-pi: its state is not that of
// its last change".
using FindingSink = std::function<void(const std::string& finding)>;

struct CheckSummary {
  std::uint64_t findings = 0;
  bool cut_short = false;  // there may be more: kFindingsMax were told, or a part is unreadable
  model::Bookmark bookmark = {};
  std::uint64_t horizon = 0;
  std::uint64_t entities = 0;
  std::uint64_t changes = 0;
  std::uint64_t reports = 0;
  std::uint64_t blobs = 0;
  std::uint64_t cursors = 0;
};

// Reads all of the embedded store's file at `database` and tells `found` what is wrong in it:
// SQLite's own integrity_check, and what titan promises of its tables (docs/spec/keeping.md lists
// it). It sees one moment, also while a server writes to the file, and changes nothing. Memory
// grows with the number of keys in the log, by some 200 bytes each. `vfs` as
// SqliteStore::Options.
// not_found: there is no file. invalid: the file is not of titan, or of another schema version: an
// older one is brought forward when a server starts on it. internal: it is no database, or too
// damaged to begin. unavailable, denied: it cannot be read.
Result<CheckSummary> check_database(const std::string& database, const FindingSink& found,
                                    const std::string& vfs = {});

}  // namespace titan::store

// What a durable commit costs when many ask for one at a time, against SQLite's own interface:
// one thread that writes the very same rows, in groups of the same mean size, with prepared
// statements. `ratio` is the store's speed in terms of that loop's; `group` is how many commits
// became durable together. The two take turns, since a disk may be quick for a while and slow
// later.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"

namespace titan::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kThreads = 64;
constexpr std::size_t kCommitsEach = 40;  // in one round
constexpr std::size_t kRounds = 9;        // the first is not measured
constexpr std::size_t kCommits = kThreads * kCommitsEach;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "titan-bench-XXXXXX").string();
    path = ::mkdtemp(name.data()) == nullptr ? "" : name;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path;
};

model::Entity deployment(std::size_t number, const std::string& repeat) {
  return {.name = "sensor-" + std::to_string(number),
          .workspace = "default",
          .spec = model::DeploymentSpec{.workload = "temperature-sensor",
                                        .template_name = "device-service",
                                        .target = "site-" + repeat},
          .status = model::Status::ready,
          .tags = {{"owner", "team-" + std::to_string(number % 7)}}};
}

// Each thread writes deployments of its own, one in a commit, with numbers from `first` on.
void commit_from_threads(Store& store, std::size_t first, const std::string& repeat) {
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&store, first, &repeat, thread] {
      for (std::size_t i = 0; i < kCommitsEach; ++i) {
        const model::Entity entity = deployment(first + thread * kCommitsEach + i, repeat);
        if (!store.commit({.mutations = {{entity.key(), {}, entity}},
                           .actor = "bench",
                           .request_id = "req-" + entity.name + repeat})) {
          std::abort();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A row of the log, and the entity's row that was written with it.
struct Row {
  std::int64_t seq, previous, alters, time, kind, revision;
  std::string organization, workspace, name, actor, request_id, before, after, id;
};

std::vector<Row> rows_of_log(const std::string& file, std::int64_t after_seq) {
  const auto connection = Connection::open(file).value();
  if (!connection->script("PRAGMA query_only = ON")) std::abort();
  auto found =
      connection
          ->query(
              "SELECT c.seq, previous, alters, time, kind, revision, organization,"
              " workspace, name, actor, request_id, ifnull(before, ''), after, id"
              " FROM changes AS c JOIN entities USING (organization, kind, workspace, name)"
              " WHERE c.seq > ?1 ORDER BY c.seq",
              after_seq)
          .value();
  std::vector<Row> rows;
  while (found.step().value()) {
    rows.push_back({found.integer(0), found.integer(1), found.integer(2), found.integer(3),
                    found.integer(4), found.integer(5), found.bytes(6), found.bytes(7),
                    found.bytes(8), found.bytes(9), found.bytes(10), found.bytes(11),
                    found.bytes(12), found.bytes(13)});
  }
  return rows;
}

// SQLite's interface and nothing else.
class BareLoop {
 public:
  explicit BareLoop(const std::string& file) {
    check(sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                          nullptr));
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2048;"
        " PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
        " PRAGMA journal_size_limit = 67108864");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    insert_ = prepare(
        "INSERT INTO entities (organization, kind, workspace, name, id, revision,"
        " seq, state) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)");
    update_ = prepare(
        "UPDATE entities SET revision = ?1, seq = ?2, state = ?3 WHERE"
        " organization = ?4 AND kind = ?5 AND workspace = ?6 AND name = ?7");
    log_ = prepare(
        "INSERT INTO changes (seq, previous, alters, time, organization, kind, workspace,"
        " name, actor, request_id, before, after)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    meta_ = prepare("UPDATE meta SET last_seq = ?1, last_time = ?2");
  }
  ~BareLoop() {
    for (sqlite3_stmt* statement : {begin_, commit_, insert_, update_, log_, meta_}) {
      sqlite3_finalize(statement);
    }
    sqlite3_close(handle_);
  }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  void write(const std::vector<Row>& rows, double group) {
    std::size_t done = 0;
    for (double end = group; done < rows.size(); end += group) {
      step(begin_);
      do {
        write(rows[done++]);
      } while (done < rows.size() && static_cast<double>(done) < end);
      bind(meta_, 1, rows[done - 1].seq);
      bind(meta_, 2, rows[done - 1].time);
      step(meta_);
      step(commit_);
    }
  }

 private:
  static void check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE) std::abort();
  }
  void run(const char* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement, index, value));
  }
  static void bind(sqlite3_stmt* statement, int index, const std::string& text) {
    check(sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), nullptr));
  }
  static void step(sqlite3_stmt* statement) {
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
  }
  template <class... Values>
  static void run(sqlite3_stmt* statement, const Values&... values) {
    int index = 0;
    (bind(statement, ++index, values), ...);
    step(statement);
  }

  void write(const Row& row) {
    if (row.before.empty()) {
      run(insert_, row.organization, row.kind, row.workspace, row.name, row.id, row.seq, row.after);
      check(sqlite3_bind_null(log_, 11));
    } else {
      run(update_, row.revision, row.seq, row.after, row.organization, row.kind, row.workspace,
          row.name);
      bind(log_, 11, row.before);
    }
    bind(log_, 12, row.after);
    run(log_, row.seq, row.previous, row.alters, row.time, row.organization, row.kind,
        row.workspace, row.name, row.actor, row.request_id);
  }

  sqlite3* handle_ = nullptr;
  sqlite3_stmt *begin_ = nullptr, *commit_ = nullptr, *insert_ = nullptr, *update_ = nullptr,
               *log_ = nullptr, *meta_ = nullptr;
};

// Two files with the same content: with the deployments already, or without.
void prepare_files(const std::string& file, const std::string& copy, bool filled) {
  const SystemClock clock;
  SystemRandom random;
  {
    const auto store =
        SqliteStore::open(file, clock, random, {SqliteStore::Synchronous::normal}).value();
    if (filled) commit_from_threads(*store, 0, "before");
  }
  fs::copy_file(file, copy);
}

void compare_commits(benchmark::State& state, bool updates) {
  const SystemClock clock;
  SystemRandom random;
  const Folder folder;
  const std::string file = folder.path + "/titan.db";
  const std::string copy = folder.path + "/copy.db";
  prepare_files(file, copy, updates);
  const auto store = SqliteStore::open(file, clock, random).value();
  BareLoop loop(copy);
  std::size_t groups = 0;
  store->listen([&](std::span<const model::Change>) { ++groups; });

  for (auto _ : state) {
    double store_seconds = 0;
    double bare_seconds = 0;
    std::vector<Row> rows;
    double group = 0;
    for (std::size_t round = 0; round < kRounds; ++round) {
      const auto head = static_cast<std::int64_t>(store->head()->seq);
      const auto by_store = [&] {
        const std::size_t before = groups;
        const std::size_t first = updates ? 0 : round * kCommits;
        const double seconds = seconds_of(
            [&] { commit_from_threads(*store, first, "round-" + std::to_string(round)); });
        if (round > 0) store_seconds += seconds;
        return static_cast<double>(kCommits) / static_cast<double>(groups - before);
      };
      const auto by_loop = [&] { bare_seconds += seconds_of([&] { loop.write(rows, group); }); };
      const bool store_first = round % 2 == 0;
      if (!store_first) by_loop();
      const double next_group = by_store();
      if (store_first && round > 0) by_loop();
      group = next_group;
      rows = rows_of_log(file, head);
    }
    const double commits = static_cast<double>(kCommits * (kRounds - 1));
    state.SetIterationTime(store_seconds);
    state.counters["commits/s"] = commits / store_seconds;
    state.counters["bare/s"] = commits / bare_seconds;
    state.counters["ratio"] = bare_seconds / store_seconds;
    state.counters["group"] = static_cast<double>(kCommits * kRounds) / static_cast<double>(groups);
  }
}

void create_from_64_threads(benchmark::State& state) {
  compare_commits(state, false);
}
void update_from_64_threads(benchmark::State& state) {
  compare_commits(state, true);
}
BENCHMARK(create_from_64_threads)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(update_from_64_threads)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace titan::store

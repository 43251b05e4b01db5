// The real server under load, killed at random moments: what it said is true for ever, and what it
// did not say is there whole or not at all.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <thread>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

using model::Bookmark;
using model::Change;
using model::Entity;
using model::Key;
using model::Kind;
using nlohmann::json;
using testing::RunningServer;
using testing::SeededRandom;

#ifdef TITAN_NIGHTLY
constexpr int kKills = 1000;
#else
constexpr int kKills = 200;
#endif
constexpr int kWriters = 4;
constexpr std::uint64_t kAnswersMax = 80;       // to writers, before a kill
constexpr std::uint64_t kSpinMicrosMax = 3000;  // after the last of them
constexpr std::uint64_t kStartMicrosMax = 30'000;
constexpr std::size_t kBatch = 5;  // entities in a batch
constexpr std::uint64_t kReplicas = 10;
constexpr int kSettleAttempts = 1000;
constexpr std::size_t kRemembered = 500;  // changes, to read again
constexpr int kCheckEvery = 25;           // kills

// One write: what it made of some entities, and what became known of it.
struct Write {
  std::vector<Key> keys = {};
  std::string token = {};  // that the entities have then, in a tag; empty: they are gone
  bool answered = false;
};

std::string token_of(const std::optional<Entity>& entity) {
  if (!entity) return "";
  const auto tag = entity->tags.find("token");
  return tag == entity->tags.end() ? "" : tag->second;
}

// Writes to entities that are its own, one write after the other, until the server is gone.
class Writer {
 public:
  Writer(int number, std::uint64_t seed) : number_(number), random_(seed) {
    for (std::size_t i = 0; i < 4 + 3 * kBatch; ++i) {
      const std::string name = "w" + std::to_string(number) + "-" + std::to_string(i);
      hosts_.push_back({.kind = Kind::host, .name = name});
    }
  }

  void run(Transport& transport, std::atomic<std::uint64_t>& answers) {
    refused_.clear();
    while (one_write(transport)) ++answers;
  }

  // Since the last call.
  std::vector<Write> take_writes() { return std::exchange(writes_, {}); }
  [[nodiscard]] const std::string& refused() const { return refused_; }
  // What is true of the last write is known now.
  void learn(const std::map<Key, Entity>& entities) {
    for (const Key& key : hosts_) exists_[key] = entities.contains(key);
  }

 private:
  // False when no answer came.
  bool one_write(Transport& transport) {
    const bool batch = random_.below(3) == 0;
    const std::size_t first = batch ? 4 + kBatch * random_.below(3) : random_.below(4);
    Write write;
    for (std::size_t i = 0; i < (batch ? kBatch : 1); ++i) write.keys.push_back(hosts_[first + i]);
    const bool remove = exists_[write.keys[0]] && random_.below(4) == 0;
    if (!remove) write.token = std::to_string(number_) + "-" + std::to_string(++tokens_);
    writes_.push_back(write);
    const auto answer = transport.send(batch ? batch_request(write) : single_request(write));
    if (!answer) return false;
    if (answer->status != 200 && answer->status != 201) {
      refused_ = "HTTP " + std::to_string(answer->status) + " " + answer->body;
      return false;
    }
    writes_.back().answered = true;
    for (const Key& key : write.keys) exists_[key] = !remove;
    return true;
  }

  static json body_of(const Write& write, const Key& key) {
    return {{"kind", "Host"},
            {"name", key.name},
            {"spec", {{"labels", {{"site", "lab"}}}}},
            {"tags", {{"token", write.token}}}};
  }
  HttpRequest single_request(const Write& write) {
    const std::string path = "/v1/hosts/" + write.keys[0].name;
    if (write.token.empty()) return {.method = "DELETE", .target = path};
    const std::string body = body_of(write, write.keys[0]).dump();
    if (exists_[write.keys[0]]) return {.method = "PUT", .target = path, .body = body};
    return {.method = "POST", .target = "/v1/hosts", .body = body};
  }
  static HttpRequest batch_request(const Write& write) {
    json changes = json::array();
    for (const Key& key : write.keys) {
      if (write.token.empty()) {
        changes.push_back({{"operation", "DELETE"}, {"kind", "Host"}, {"name", key.name}});
      } else {
        changes.push_back({{"operation", "APPLY"}, {"entity", body_of(write, key)}});
      }
    }
    return {.method = "POST",
            .target = "/v1/changes",
            .body = json{{"changes", std::move(changes)}}.dump()};
  }

  int number_;
  SeededRandom random_;
  std::vector<Key> hosts_;
  std::map<Key, bool> exists_;
  std::uint64_t tokens_ = 0;
  std::vector<Write> writes_;
  std::string refused_;
};

// Follows the feed with one bookmark over all kills, and rebuilds what there is.
class Follower {
 public:
  // Reads to the end of the feed, or until the server is gone. What is wrong, in words; "" when
  // nothing is.
  std::string read(Transport& transport) {
    while (true) {
      const auto page = page_after(transport, bookmark_);
      if (!page) return page.error().code == ErrorCode::unavailable ? "" : page.error().text();
      if (page->full) {
        const std::string first =
            page->items.empty() ? "nothing" : "seq " + std::to_string(page->items.front().seq);
        return "its bookmark " + bookmark_.text() + " means nothing: the feed begins with " +
               first + ", the page ends at " + page->bookmark.text();
      }
      if (!bookmark_.epoch.empty() && page->bookmark.epoch != bookmark_.epoch) {
        return "another epoch";
      }
      for (const Change& change : page->items) {
        if (const std::string wrong = take(change); !wrong.empty()) return wrong;
      }
      if (page->bookmark.seq != seq_) return "a page that ends past its last change";
      bookmark_ = page->bookmark;
      if (page->items.empty()) return "";
    }
  }

  // Reads some of what it has read before, to see that it is the same.
  std::string read_again(Transport& transport, SeededRandom& random) const {
    if (remembered_.empty()) return "";
    const std::uint64_t back = 1 + random.below(remembered_.size());
    Bookmark earlier = bookmark_;
    earlier.seq = seq_ - back;
    const auto page = page_after(transport, earlier);
    if (!page) return page.error().text();
    // What goes by the horizon at a start is gone, and said to be.
    if (page->full) return "";
    auto expected = remembered_.end() - static_cast<std::ptrdiff_t>(back);
    for (const Change& change : page->items) {
      if (expected == remembered_.end()) return "";
      if (model::json_of(change).dump() != *expected++) {
        return "seq " + std::to_string(change.seq) + " has another content now";
      }
    }
    return expected == remembered_.end() ? "" : "changes that were read are gone";
  }

  // The changes since the last call.
  std::vector<Change> take_changes() { return std::exchange(fresh_, {}); }
  [[nodiscard]] const std::map<Key, Entity>& entities() const { return entities_; }
  [[nodiscard]] const Bookmark& bookmark() const { return bookmark_; }
  [[nodiscard]] std::size_t remembered() const { return remembered_.size(); }

 private:
  static Result<client::ChangePage> page_after(Transport& transport, const Bookmark& since) {
    client::Client client(transport);
    return client.changes({.since = since.epoch.empty() ? "" : since.text(), .limit = 1000});
  }

  std::string take(const Change& change) {
    const std::string what = change.key.subject() + " at seq " + std::to_string(change.seq);
    if (change.seq != seq_ + 1) return what + " comes after " + std::to_string(seq_);
    if (change.time <= time_) return what + " goes back in time";
    const auto held = entities_.find(change.key);
    const bool holds = held != entities_.end();
    if (holds != change.before.has_value() || (holds && held->second != *change.before)) {
      return what + " does not begin with what was there";
    }
    if (holds) entities_.erase(held);
    if (change.after) entities_.emplace(change.key, *change.after);
    seq_ = change.seq;
    time_ = change.time;
    remembered_.push_back(model::json_of(change).dump());
    if (remembered_.size() > kRemembered) remembered_.pop_front();
    fresh_.push_back(change);
    return "";
  }

  Bookmark bookmark_ = {};
  std::uint64_t seq_ = 0;
  Timestamp time_ = {};
  std::map<Key, Entity> entities_;
  std::deque<std::string> remembered_;
  std::vector<Change> fresh_;
};

class KilledServer : public ::testing::Test {
 protected:
  KilledServer() {
    const char* given = std::getenv("TITAN_KILL_SEED");
    seed_ = given != nullptr ? std::stoull(given) : std::random_device{}();
    random_.emplace(seed_);
    for (int i = 0; i < kWriters; ++i) writers_.emplace_back(i, random_->next());
  }

  [[nodiscard]] std::vector<std::string> options() const { return {"--keep-changes", "1000"}; }

  // Writers and a reader at work, until so many answers came; then the kill.
  void load_and_kill(RunningServer& server) {
    const std::uint64_t enough = 1 + random_->below(kAnswersMax);
    const auto spin = Clock::Monotonic(random_->below(kSpinMicrosMax));
    std::atomic<std::uint64_t> answers = 0;
    std::atomic<int> at_work = kWriters;
    std::vector<std::thread> threads;
    for (Writer& writer : writers_) {
      threads.emplace_back([&] {
        const auto transport = server.open_transport();
        writer.run(*transport, answers);
        --at_work;
      });
    }
    std::string wrong;
    threads.emplace_back([&] {
      const auto transport = server.open_transport();
      while (at_work > 0 && wrong.empty()) wrong = follower_.read(*transport);
    });
    while (answers < enough && at_work > 0) std::this_thread::yield();
    spin_for(spin);
    server.program().signal(SIGKILL);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, "");
    for (const Writer& writer : writers_) EXPECT_EQ(writer.refused(), "");
    answers_ += answers;
  }

  void kill_while_it_starts() {
    testing::BackgroundProgram program({testing::program_path("titan-server"), "--data", data_,
                                        "--listen", "127.0.0.1:0", "--keep-changes", "1000"},
                                       data_ + ".log");
    spin_for(Clock::Monotonic(random_->below(kStartMicrosMax)));
    program.signal(SIGKILL);
  }

  void spin_for(Clock::Monotonic time) const {
    const auto until = clock_.monotonic() + time;
    while (clock_.monotonic() < until) std::this_thread::yield();
  }

  // All that was answered is in the feed, in its order; of the rest, each write is whole or absent.
  void expect_writes_in_feed() {
    std::map<Key, std::deque<Change>> events;  // of each entity: another token, or none
    for (Change& change : follower_.take_changes()) {
      if (token_of(change.before) == token_of(change.after)) continue;
      events[change.key].push_back(std::move(change));
    }
    for (Writer& writer : writers_) {
      for (const Write& write : writer.take_writes()) expect_write(write, events);
      writer.learn(follower_.entities());
    }
    for (const auto& [key, left] : events) {
      EXPECT_TRUE(left.empty()) << key.subject() << " has a change that nobody asked for";
    }
  }

  void expect_write(const Write& write, std::map<Key, std::deque<Change>>& events) {
    std::size_t found = 0;
    std::string request;
    for (const Key& key : write.keys) {
      auto& of_key = events[key];
      if (of_key.empty() || token_of(of_key.front().after) != write.token) continue;
      if (found++ == 0) request = of_key.front().request_id;
      EXPECT_EQ(of_key.front().request_id, request) << key.subject();
      of_key.pop_front();
    }
    const std::string what = write.keys[0].subject() + " token " + write.token;
    if (write.answered) {
      EXPECT_EQ(found, write.keys.size()) << "lost: " << what;
    } else {
      EXPECT_TRUE(found == 0 || found == write.keys.size())
          << "half-written: " << found << " of " << write.keys.size() << " of " << what;
      (found == 0 ? absent_ : present_) += 1;
    }
  }

  // The lists show what the feed says, once nothing more follows from what was written.
  void expect_same_state(RunningServer& server) {
    for (int attempt = 0; attempt < kSettleAttempts; ++attempt) {
      const Bookmark before = follower_.bookmark();
      std::map<Key, Entity> listed;
      for (const Kind kind : model::kKinds) {
        const auto list = server.client().list({.kind = kind});
        ASSERT_TRUE(list) << list.error().text();
        for (const Entity& entity : list->items) listed.emplace(entity.key(), entity);
      }
      ASSERT_EQ(follower_.read(server.transport()), "");
      if (follower_.bookmark() != before) continue;
      EXPECT_EQ(listed, follower_.entities());
      return;
    }
    FAIL() << "the server never comes to rest";
  }

  // Hosts that come and go move its replicas, so the server writes on its own, too.
  static void put_deployment(client::Client& client) {
    const Digest digest = client.put_blob("x").value();
    model::TemplateSpec files;
    files.files = {{.path = "root/etc/x", .digest = digest, .size = 1}};
    const auto put = [&](const std::string& workspace, model::Spec spec) {
      client.put({.name = "all", .workspace = workspace, .spec = std::move(spec)}).value();
    };
    put("", std::move(files));
    put("default", model::WorkloadSpec{.default_template = "all"});
    put("default", model::TargetSpec{.labels = {{"site", "lab"}}});
    put("default",
        model::DeploymentSpec{.workload = "all", .target = "all", .replicas = kReplicas});
  }

  void expect_sound() const {
    const Outcome checked =
        SystemProcessRunner()
            .run({.arguments = {testing::program_path("titan-server"), "check", "--data", data_}})
            .value();
    EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.errors;
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  std::string data_ = folder_.path() + "/server";
  SystemClock clock_;
  std::uint64_t seed_ = 0;
  std::optional<SeededRandom> random_;
  std::deque<Writer> writers_;
  Follower follower_;
  std::uint64_t answers_ = 0;
  std::uint64_t absent_ = 0;   // writes without an answer that are not there
  std::uint64_t present_ = 0;  // and that are
};

TEST_F(KilledServer, KeepsWhatItAnsweredAndShowsReadersOneHistory) {
  std::cout << "seed " << seed_ << "\n";
  SCOPED_TRACE("replay the moments: TITAN_KILL_SEED=" + std::to_string(seed_));
  int kills = 0;
  while (kills < kKills && !HasFailure()) {
    SCOPED_TRACE("kill " + std::to_string(kills));
    if (kills % 8 == 7) {
      kill_while_it_starts();
      ++kills;
    }
    RunningServer server(data_, options());
    ASSERT_EQ(follower_.read_again(server.transport(), *random_), "");
    ASSERT_EQ(follower_.read(server.transport()), "");
    expect_writes_in_feed();
    expect_same_state(server);
    if (kills == 0) put_deployment(server.client());
    load_and_kill(server);
    ++kills;
    if (kills % kCheckEvery == 0) expect_sound();
  }
  if (HasFailure()) return;
  {
    RunningServer server(data_, options());
    ASSERT_EQ(follower_.read(server.transport()), "");
    expect_writes_in_feed();
    expect_same_state(server);
    server.program().signal(SIGTERM);
    EXPECT_EQ(server.program().wait(), 0);
  }
  expect_sound();
  std::cout << kills << " kills, " << answers_ << " answered writes, " << follower_.bookmark().seq
            << " changes; of the writes without an answer " << present_ << " are there and "
            << absent_ << " are not\n";
  EXPECT_GT(answers_, static_cast<std::uint64_t>(kKills));
  EXPECT_GT(absent_ + present_, static_cast<std::uint64_t>(kKills));
}

}  // namespace
}  // namespace titan

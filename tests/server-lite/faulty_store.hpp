#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"
#include "tests/support/faults.hpp"

namespace titan::testing {

// A store in front of a real one, which fails when told to. Every call that may touch the disk is
// counted, from 1 since the last reset(); a call that fails does not reach the real store. Safe to
// share between threads.
class FaultyStore final : public store::Store {
 public:
  explicit FaultyStore(store::Store& real) : real_(real) {}

  void fail_at(std::size_t n, Error error) {
    const std::lock_guard lock(mutex_);
    faults_.fail_at(n, std::move(error));
  }
  void fail_from(std::size_t n, Error error) {
    const std::lock_guard lock(mutex_);
    faults_.fail_from(n, std::move(error));
  }
  // The n-th commit is written all the same, and its caller is told that it failed.
  void lose_answer_of_commit(std::size_t n) {
    const std::lock_guard lock(mutex_);
    lost_answer_ = n;
    commits_ = 0;
  }
  // Calls that answer true fail with the error, until reset().
  using Picked = std::function<bool(const std::string& call)>;
  void fail_when(Picked picked, Error error) {
    const std::lock_guard lock(mutex_);
    picked_ = std::move(picked);
    picked_error_ = std::move(error);
  }
  void reset() {
    const std::lock_guard lock(mutex_);
    faults_.reset();
    picked_ = {};
    lost_answer_.reset();
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return faults_.count();
  }
  std::vector<std::string> calls() {
    const std::lock_guard lock(mutex_);
    return faults_.calls();
  }

  // As if the announcement of all commits from now on were on its way, until let_news_pass().
  void hold_news_back() {
    const std::lock_guard lock(mutex_);
    holds_news_ = true;
  }
  void let_news_pass() {
    std::vector<model::Change> news;
    {
      const std::lock_guard lock(mutex_);
      holds_news_ = false;
      news = std::exchange(held_news_, {});
    }
    if (!news.empty()) listener_(news);
  }

  void listen(Listener listener) override {
    listener_ = std::move(listener);
    real_.listen([this](std::span<const model::Change> changes) {
      {
        const std::lock_guard lock(mutex_);
        if (holds_news_) held_news_.insert(held_news_.end(), changes.begin(), changes.end());
        if (holds_news_) return;
      }
      listener_(changes);
    });
  }
  Result<std::vector<model::Change>> commit(const store::Batch& batch) override {
    TITAN_TRY(call(name_of(batch)));
    auto committed = real_.commit(batch);
    const std::lock_guard lock(mutex_);
    if (lost_answer_ && ++commits_ == *lost_answer_) return unavailable("the answer was lost");
    return committed;
  }
  Result<model::Entity> get(const model::Key& key) override {
    TITAN_TRY(call("get " + key.text()));
    return real_.get(key);
  }
  Result<store::Page> list(const store::ListQuery& query) override {
    TITAN_TRY(call("list"));
    return real_.list(query);
  }
  Result<std::vector<model::Change>> changes(std::uint64_t after, std::size_t limit,
                                             const store::ChangeFilter& filter) override {
    TITAN_TRY(call("changes"));
    return real_.changes(after, limit, filter);
  }
  Result<std::vector<store::SpecChange>> spec_changes(std::uint64_t after,
                                                      std::size_t limit) override {
    TITAN_TRY(call("spec_changes"));
    return real_.spec_changes(after, limit);
  }
  Result<store::CommittedRange> committed(std::string_view request_id) override {
    TITAN_TRY(call("committed"));
    return real_.committed(request_id);
  }
  Result<std::uint64_t> seq_before(Timestamp moment) override {
    TITAN_TRY(call("seq_before"));
    return real_.seq_before(moment);
  }
  Result<model::Bookmark> head() override { return real_.head(); }
  Result<std::uint64_t> horizon() override { return real_.horizon(); }
  Result<std::uint64_t> cursor(std::string_view name) override {
    TITAN_TRY(call("cursor"));
    return real_.cursor(name);
  }
  Result<std::uint64_t> compact(std::uint64_t seq, std::size_t limit) override {
    TITAN_TRY(call("compact"));
    return real_.compact(seq, limit);
  }
  Result<std::vector<store::ReportHead>> report_heads() override {
    TITAN_TRY(call("report_heads"));
    return real_.report_heads();
  }
  Result<std::vector<store::StoredReport>> reports(std::string_view organization,
                                                   std::string_view after,
                                                   std::size_t limit) override {
    TITAN_TRY(call("reports"));
    return real_.reports(organization, after, limit);
  }
  Result<store::StoredReport> report(std::string_view organization,
                                     std::string_view host) override {
    TITAN_TRY(call("report"));
    return real_.report(organization, host);
  }
  Result<bool> put_blob(const store::BlobName& name, std::string_view bytes) override {
    TITAN_TRY(call("put_blob"));
    return real_.put_blob(name, bytes);
  }
  Result<std::string> get_blob(const store::BlobName& name) override {
    TITAN_TRY(call("get_blob"));
    return real_.get_blob(name);
  }
  Result<bool> has_blob(const store::BlobName& name) override {
    TITAN_TRY(call("has_blob"));
    return real_.has_blob(name);
  }
  store::Figures figures() override { return real_.figures(); }
  Result<std::vector<std::string>> organizations() override {
    TITAN_TRY(call("organizations"));
    return real_.organizations();
  }
  Result<void> check() override {
    TITAN_TRY(call("check"));
    return real_.check();
  }

 private:
  // "commit titan default/deployment/default/prod": who wrote what.
  static std::string name_of(const store::Batch& batch) {
    std::string name = "commit " + batch.actor;
    for (const store::Mutation& mutation : batch.mutations) name += " " + mutation.key.text();
    if (batch.cursor) name += " cursor " + batch.cursor->name;
    return name;
  }
  Result<void> call(const std::string& name) {
    const std::lock_guard lock(mutex_);
    TITAN_TRY(faults_.call(name));
    if (picked_ && picked_(name)) return picked_error_;
    return {};
  }

  store::Store& real_;
  Listener listener_;
  std::mutex mutex_;  // guards the rest
  Faults faults_;
  Picked picked_;
  Error picked_error_;
  bool holds_news_ = false;
  std::vector<model::Change> held_news_;
  std::optional<std::size_t> lost_answer_;
  std::size_t commits_ = 0;
};

}  // namespace titan::testing

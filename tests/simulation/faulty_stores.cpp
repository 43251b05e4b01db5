#include "tests/simulation/faulty_stores.hpp"

#include <algorithm>

#include "tests/simulation/passing_store.hpp"

namespace titan::simulation {
namespace {

using model::Bookmark;
using model::Change;
using store::SpecChange;
using Changes = Result<std::vector<Change>>;
using SpecChanges = Result<std::vector<SpecChange>>;
using Filter = store::ChangeFilter;
using Memory = std::shared_ptr<FaultMemory>;

constexpr std::size_t kLookedAt = 500;     // changes after the horizon
constexpr int kReadsAfterStart = 30;       // that are wrong
constexpr std::uint64_t kChangesBack = 5;  // how far time goes back

bool is_delete(const Change& change) {
  return change.operation == model::Operation::deleted;
}

class LosesADelete final : public PassingStore {
 public:
  LosesADelete(StorePtr inner, Memory memory)
      : PassingStore(std::move(inner)), memory_(std::move(memory)) {}

  Result<std::uint64_t> compact(std::uint64_t seq, std::size_t limit) override {
    auto horizon = PassingStore::compact(seq, limit);
    if (!horizon) return horizon;
    const auto kept = PassingStore::changes(*horizon, kLookedAt, {});
    if (!kept) return kept.error();
    const auto found = std::find_if(kept->begin(), kept->end(), is_delete);
    if (found != kept->end()) memory_->lost.insert(bookmark_of(*found));
    return horizon;
  }
  Changes changes(std::uint64_t after_seq, std::size_t limit, const Filter& filter) override {
    auto page = PassingStore::changes(after_seq, limit, filter);
    if (page) {
      std::erase_if(
          *page, [&](const Change& change) { return memory_->lost.contains(bookmark_of(change)); });
    }
    return page;
  }

 private:
  std::string bookmark_of(const Change& change) {
    return Bookmark{PassingStore::head().value_or(Bookmark()).epoch, change.seq}.text();
  }

  Memory memory_;
};

class SkipsDeletes final : public PassingStore {
 public:
  SkipsDeletes(StorePtr inner, const Memory& memory)
      : PassingStore(std::move(inner)),
        wrong_reads_(std::exchange(memory->opened_before, true) ? kReadsAfterStart : 0) {}

  Changes changes(std::uint64_t after_seq, std::size_t limit, const Filter& filter) override {
    auto page = PassingStore::changes(after_seq, limit, filter);
    if (page && wrong_reads_ > 0) {
      --wrong_reads_;
      std::erase_if(*page, is_delete);
    }
    return page;
  }

 private:
  int wrong_reads_;
};

class ForgetsDeletes final : public PassingStore {
 public:
  using PassingStore::PassingStore;

  SpecChanges spec_changes(std::uint64_t after_seq, std::size_t limit) override {
    auto page = PassingStore::spec_changes(after_seq, limit);
    if (page) {
      std::erase_if(*page, [&](const SpecChange& change) {
        return change.before && !PassingStore::get(change.key);
      });
    }
    return page;
  }
};

class GoesBack final : public PassingStore {
 public:
  GoesBack(StorePtr inner, const Memory& memory) : PassingStore(std::move(inner)) {
    if (!std::exchange(memory->opened_before, true)) return;
    const auto head = PassingStore::head();
    const auto horizon = PassingStore::horizon();
    if (!head || !horizon || *horizon + kChangesBack > head->seq) return;
    shown_ = head->seq - kChangesBack;
    wrong_reads_ = kReadsAfterStart;
  }

  // Whoever writes sees the truth.
  Changes commit(const store::Batch& batch) override {
    wrong_reads_ = 0;
    return PassingStore::commit(batch);
  }
  Result<Bookmark> head() override {
    auto head = PassingStore::head();
    if (head && wrong_reads_ > 0) head->seq = shown_;
    return head;
  }
  Changes changes(std::uint64_t after_seq, std::size_t limit, const Filter& filter) override {
    auto page = PassingStore::changes(after_seq, limit, filter);
    if (page && wrong_reads_ > 0) {
      --wrong_reads_;
      std::erase_if(*page, [&](const Change& change) { return change.seq > shown_; });
    }
    return page;
  }
  Result<store::Page> list(const store::ListQuery& query) override {
    store::ListQuery earlier = query;
    if (wrong_reads_ > 0 && !query.at) earlier.at = shown_;
    return PassingStore::list(earlier);
  }

 private:
  std::uint64_t shown_ = 0;
  int wrong_reads_ = 0;
};

}  // namespace

StorePtr loses_a_delete_when_compacting(StorePtr inner, Memory memory) {
  return std::make_unique<LosesADelete>(std::move(inner), std::move(memory));
}

StorePtr skips_deletes_when_resumed(StorePtr inner, Memory memory) {
  return std::make_unique<SkipsDeletes>(std::move(inner), memory);
}

StorePtr forgets_deletes_for_hosts(StorePtr inner, Memory) {
  return std::make_unique<ForgetsDeletes>(std::move(inner));
}

StorePtr goes_back_in_time(StorePtr inner, Memory memory) {
  return std::make_unique<GoesBack>(std::move(inner), memory);
}

}  // namespace titan::simulation

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace titan::simulation {

// Owns another store and passes every call on. What decorates a store overrides a method or two.
class PassingStore : public store::Store {
 public:
  explicit PassingStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}

  void listen(Listener listener) override { inner_->listen(std::move(listener)); }
  Result<std::vector<model::Change>> commit(const store::Batch& batch) override {
    return inner_->commit(batch);
  }
  Result<model::Entity> get(const model::Key& key) override { return inner_->get(key); }
  Result<store::Page> list(const store::ListQuery& query) override { return inner_->list(query); }
  Result<std::vector<model::Change>> changes(std::uint64_t after_seq, std::size_t limit,
                                             const store::ChangeFilter& filter) override {
    return inner_->changes(after_seq, limit, filter);
  }
  Result<std::vector<store::SpecChange>> spec_changes(std::uint64_t after_seq,
                                                      std::size_t limit) override {
    return inner_->spec_changes(after_seq, limit);
  }
  Result<store::CommittedRange> committed(std::string_view request_id) override {
    return inner_->committed(request_id);
  }
  Result<std::uint64_t> seq_before(Timestamp moment) override { return inner_->seq_before(moment); }
  Result<model::Bookmark> head() override { return inner_->head(); }
  Result<std::uint64_t> horizon() override { return inner_->horizon(); }
  Result<std::uint64_t> cursor(std::string_view name) override { return inner_->cursor(name); }
  Result<std::uint64_t> compact(std::uint64_t seq, std::size_t limit) override {
    return inner_->compact(seq, limit);
  }
  Result<std::vector<store::ReportHead>> report_heads() override { return inner_->report_heads(); }
  Result<std::vector<store::StoredReport>> reports(std::string_view organization,
                                                   std::string_view after,
                                                   std::size_t limit) override {
    return inner_->reports(organization, after, limit);
  }
  Result<store::StoredReport> report(std::string_view organization,
                                     std::string_view host) override {
    return inner_->report(organization, host);
  }
  Result<bool> put_blob(const store::BlobName& name, std::string_view bytes) override {
    return inner_->put_blob(name, bytes);
  }
  Result<std::string> get_blob(const store::BlobName& name) override {
    return inner_->get_blob(name);
  }
  Result<bool> has_blob(const store::BlobName& name) override { return inner_->has_blob(name); }
  Result<std::vector<std::string>> organizations() override { return inner_->organizations(); }
  Result<void> check() override { return inner_->check(); }
  store::Figures figures() override { return inner_->figures(); }

 private:
  std::unique_ptr<Store> inner_;
};

}  // namespace titan::simulation

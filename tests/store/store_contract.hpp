#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/seeded_random.hpp"

// What the tests of the Store contract share. They know the interface alone; a backend takes part
// by a line in backends().
namespace titan::store {

// Where one test keeps its data: a backend, and a place that is gone with it.
class Backend {
 public:
  virtual ~Backend() = default;
  // Each call opens the same data; the store of the call before must be gone.
  virtual Result<std::unique_ptr<Store>> open(const Clock& clock, Random& random) = 0;
};

struct BackendKind {
  std::string name;
  std::function<std::unique_ptr<Backend>()> make;
};
std::vector<BackendKind> backends();

// By organization and host.
std::vector<StoredReport> all_reports(Store& store);

// A store on one backend, which reopen() closes and opens again.
class StoreContract : public ::testing::TestWithParam<BackendKind> {
 protected:
  StoreContract() : backend_(GetParam().make()) { open(); }

  void open() { store_ = backend_->open(clock_, random_).value(); }
  void reopen() {
    store_.reset();
    open();
  }

  // One mutation in a batch of its own.
  Result<std::vector<model::Change>> put(const model::Entity& entity,
                                         std::optional<std::uint64_t> expected = {}) {
    return store_->commit({.mutations = {{entity.key(), expected, entity}}});
  }
  Result<std::vector<model::Change>> remove(const model::Key& key,
                                            std::optional<std::uint64_t> expected = {}) {
    return store_->commit({.mutations = {{key, expected, std::nullopt}}});
  }
  void step_back(std::chrono::microseconds by) {
    clock_.set_wall(Timestamp::from_micros(clock_.wall().micros() - by.count()));
  }
  std::vector<model::Change> log() { return store_->changes(0, 10'000, {}).value(); }
  std::vector<StoredReport> reports() { return all_reports(*store_); }

  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Store> store_;
};

#define TITAN_FOR_EVERY_BACKEND(suite)                                    \
  INSTANTIATE_TEST_SUITE_P(Every, suite, ::testing::ValuesIn(backends()), \
                           [](const auto& tested) { return tested.param.name; })

model::Entity workspace(const std::string& name, const std::string& description = "");
model::Entity host(const std::string& name, const model::Labels& labels = {});
model::Entity workload(const std::string& workspace, const std::string& name,
                       const std::string& repo = "https://example.org/repo");
model::HostReport report(const std::string& agent_version);
// The report as the store gives it when all in it is heard since that time.
model::HostReport dated(model::HostReport report, Timestamp since);

}  // namespace titan::store

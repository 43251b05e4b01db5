#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/entity.hpp"
#include "model/key.hpp"
#include "store/store.hpp"

namespace titan::bench {

// A fleet to measure on. Hosts stand at sites; each site has eight deployments, each with a target
// of its own, and two more deployments reach every host: so every host has ten, whatever the
// size. A host has five labels, and every fiftieth has values. A template has three files.
struct SampleFleet {
  static constexpr std::size_t kDeploymentsOfSite = 8;
  static constexpr std::size_t kDeploymentsOfAll = 2;
  static constexpr std::size_t kDeploymentsOfHost = kDeploymentsOfSite + kDeploymentsOfAll;

  std::size_t hosts = 0;
  std::size_t deployments = 0;  // those of sites
  std::size_t workloads = 1'000;
  std::size_t templates = 100;

  [[nodiscard]] std::size_t sites() const { return deployments / kDeploymentsOfSite; }

  // Writes all of it, a few thousand entities in a commit. `status`: of hosts and deployments.
  void write_to(store::Store& store, model::Status status = model::Status::ready) const;

  [[nodiscard]] model::Entity host(std::size_t number) const;
  // Those from deployments() on reach every host. `interval`: a value that the template names.
  [[nodiscard]] model::Entity deployment(std::size_t number, int interval = 5) const;

  [[nodiscard]] static model::Key host_key(std::size_t number);
  [[nodiscard]] std::size_t site_of_host(std::size_t number) const { return number % sites(); }
};

// What must not fail in a benchmark: aborts with the error's text.
void must(const Result<void>& result);
[[noreturn]] void fail(const Error& error);
template <class Value>
Value must(Result<Value> result) {
  if (!result) fail(result.error());
  return *std::move(result);
}

}  // namespace titan::bench

#include "tests/store/store_contract.hpp"

#include "store/sqlite_store.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

class SqliteBackend final : public Backend {
 public:
  Result<std::unique_ptr<Store>> open(const Clock& clock, Random& random) override {
    // The contract is the same; a test of thousands of commits is quicker.
    const SqliteStore::Options options{.synchronous = SqliteStore::Synchronous::normal};
    TITAN_ASSIGN(std::unique_ptr<Store> store,
                 SqliteStore::open(directory_.path() + "/titan.db", clock, random, options));
    return store;
  }

 private:
  testing::TemporaryDirectory directory_;
};

}  // namespace

std::vector<BackendKind> backends() {
  return {{"Sqlite", [] { return std::make_unique<SqliteBackend>(); }}};
}

std::vector<StoredReport> all_reports(Store& store) {
  return store.reports("", "", 10'000).value();
}

model::Entity workspace(const std::string& name, const std::string& description) {
  return {.name = name, .spec = model::WorkspaceSpec{.description = description}};
}

model::Entity host(const std::string& name, const model::Labels& labels) {
  return {.name = name, .spec = model::HostSpec{.labels = labels}};
}

model::Entity workload(const std::string& workspace, const std::string& name,
                       const std::string& repo) {
  return {.name = name, .workspace = workspace, .spec = model::WorkloadSpec{.repo = repo}};
}

model::HostReport report(const std::string& agent_version) {
  return {.deployments =
              {{.key = {.kind = model::Kind::deployment, .workspace = "default", .name = "prod"},
                .version = 3,
                .rendered_digest = Digest::of("rendered"),
                .status = model::Status::error,
                .reason = {"the unit did not start"},
                .commit = "51ab"}},
          .agent_version = agent_version};
}

model::HostReport dated(model::HostReport report, Timestamp since) {
  for (model::DeploymentReport& deployment : report.deployments) {
    deployment.since = since;
    if (!deployment.desired_digest.empty()) deployment.delivered = since;
    if (!deployment.commit.empty()) deployment.committed = since;
    if (deployment.status == model::Status::ready) deployment.deployed = since;
  }
  return report;
}

}  // namespace titan::store

#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "model/author_statement.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::testing {

// Somebody who signs what a server holds, as `titan sign` does. Each signature has the next serial,
// unless a test sets another.
class TestAuthor {
 public:
  explicit TestAuthor(std::uint64_t seed = 7) : random_(seed), key_(SigningKey::make(random_)) {}

  [[nodiscard]] const PublicKey& key() const { return key_.public_key(); }

  template <class Statement>
  model::AuthorSignature sign(const Statement& statement) {
    ++serial;
    return {key(), serial, key_.sign(model::author_proof(statement, serial))};
  }
  model::AuthorStatement statement_of(TestServer& server, const std::string& deployment) {
    const model::Entity entity = server.deployment(deployment);
    const auto& spec = std::get<model::DeploymentSpec>(entity.spec);
    const auto workload =
        server.client()
            .get({.kind = model::Kind::workload, .workspace = "default", .name = spec.workload})
            .value();
    const auto template_ =
        server.client().get({.kind = model::Kind::template_, .name = spec.template_name}).value();
    const auto& source = std::get<model::TemplateSpec>(template_.spec);
    model::AuthorStatement statement{.key = entity.key(),
                                     .driver = source.driver,
                                     .files = source.files,
                                     .inputs = model::author_inputs(template_, workload, entity),
                                     .health = source.health,
                                     .depends_on = spec.depends_on,
                                     .drift_policy = spec.drift_policy};
    std::ranges::sort(statement.depends_on);
    return statement;
  }
  void sign_deployment(TestServer& server, const std::string& name) {
    model::Entity entity = server.deployment(name);
    std::get<model::DeploymentSpec>(entity.spec).signatures = {sign(statement_of(server, name))};
    server.put(entity);
  }
  void sign_host(TestServer& server, const std::string& name) {
    model::Entity entity = server.client().get({.kind = model::Kind::host, .name = name}).value();
    auto& spec = std::get<model::HostSpec>(entity.spec);
    spec.signatures = {sign(model::HostStatement{entity.key(), spec.labels, spec.values})};
    server.put(entity);
  }

  std::uint64_t serial = 1000;  // of the last signature

 private:
  SeededRandom random_;
  SigningKey key_;
};

}  // namespace titan::testing

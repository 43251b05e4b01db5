#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/manifest.hpp"
#include "model/report.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::testing {

// Random values of the model, all valid, the same for the same seed. For one thread.
class RandomModel {
 public:
  explicit RandomModel(std::uint64_t seed) : random_(seed) {}

  bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }
  std::size_t below(std::size_t end) { return random_.below(end); }
  template <class List>
  auto one_of(const List& list) {
    return *(std::begin(list) + below(std::size(list)));
  }

  std::string name();
  std::string text();  // quotes, control characters and other scripts among them
  nlohmann::json json_value(std::size_t levels);
  model::Values values();
  model::Labels labels();
  model::Entity entity(model::Kind kind);
  model::Stage stage();
  model::Entity entity() { return entity(one_of(model::kKinds)); }
  model::Change change();
  model::DesiredDeployment desired(model::Key key);
  model::Manifest manifest();
  model::HostReport report();
  model::SyncRequest sync_request();

 private:
  std::vector<std::string> names(std::size_t count_max);
  std::vector<model::Key> deployment_keys();
  std::vector<model::TemplateFile> template_files();
  model::Health health();  // mostly none
  model::Hooks hooks();    // mostly none
  std::optional<model::TemplateGit> template_git();
  model::DriftPolicy drift_policy() { return static_cast<model::DriftPolicy>(below(2)); }
  model::Values values_with_secrets();  // some with references
  std::string secret_key();
  std::map<std::string, model::SecretEntry> secret_data();
  std::vector<model::SecretUse> secret_uses();
  model::AuthorSignatures signatures();  // mostly none
  model::Spec spec(model::Kind kind);
  Digest digest() { return Digest::of(std::to_string(random_.next())); }
  Timestamp timestamp();
  std::chrono::seconds duration();  // or none
  model::Bookmark bookmark();

  SeededRandom random_;
};

}  // namespace titan::testing

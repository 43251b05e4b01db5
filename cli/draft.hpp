#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "cli/env.hpp"
#include "client/client.hpp"
#include "model/entity.hpp"

namespace titan::cli {

// An entity as a person wrote it, before the server has seen it.
struct Draft {
  model::Entity entity = {};
  // The folder that a template's driver, defaults and files are still to be read from.
  std::optional<std::string> directory = {};
  // Of a secret: values that are still to be sealed, by key. In the entity something that is not
  // the value stands in their place.
  std::map<std::string, Secret> values = {};
  std::string source = {};  // where it was read: "fleet.yaml, document 2"; empty: from flags
};

// Where a document stands, and what holds for it when it does not say.
struct DraftPlace {
  std::string folder = {};       // what `directory` is relative to
  std::string workspace = {};    // for documents that name none
  bool workspace_given = false;  // a document that names another one is refused
};

// Reads a document: an entity (see model/entity.hpp), where a Template may have `directory: PATH`
// in its spec in place of all other fields, and a Secret `value: TEXT` in place of what is stored
// of a value. invalid, with the field, when it is anything else; no error quotes a value.
Result<Draft> draft_of(const nlohmann::json& document, const DraftPlace& place);

// Reads the folder of `draft`, if it has one, into its spec. Returns the content of its files.
Result<std::map<Digest, std::string>> read_files(Draft& draft, const Env& env);
// The same, and uploads those files that the server does not have yet.
Result<void> upload_files(Draft& draft, client::Client& client, const Env& env);
// Seals the values of a secret for the key that the server names, into the entity.
Result<void> seal_values(Draft& draft, client::Client& client);
// All that has to be done before the draft can be written.
Result<void> make_ready(Draft& draft, client::Client& client, const Env& env);

}  // namespace titan::cli

#pragma once

#include <vector>

#include "cli/env.hpp"
#include "cli/output.hpp"
#include "client/client.hpp"
#include "model/entity.hpp"

namespace titan::cli {

// Writes entities in the form that -o asks for. Borrows the Env.
class Printer {
 public:
  Printer(const Env& env, const OutputFlags& flags) : env_(env), flags_(flags) {}

  // A list: a table, {"items": […]}, or a name a line.
  void list(model::Kind kind, const std::vector<model::Entity>& entities,
            bool with_workspace) const;
  // One entity: a table of one row, the entity itself, or its name.
  void one(const model::Entity& entity) const;
  void changes(const client::ChangePage& page) const;

  // What a write did, as soon as it is done: "host/tim-pi created". Nothing for json and yaml,
  // which written() prints. `outcome` is the word to print.
  void write(const client::WriteResult& result, std::string_view outcome) const;
  // After all writes, for json and yaml: the one entity, or the list of several.
  void written(const std::vector<model::Entity>& entities) const;

 private:
  void document(const nlohmann::json& document) const;

  const Env& env_;
  OutputFlags flags_;
};

}  // namespace titan::cli

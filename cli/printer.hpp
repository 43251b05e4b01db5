#pragma once

#include <vector>

#include "cli/device_states.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "client/client.hpp"
#include "model/entity.hpp"

namespace titan::cli {

// Writes entities in the form that -o asks for. Borrows the Env.
class Printer {
 public:
  Printer(const Env& env, const OutputFlags& flags) : env_(env), flags_(flags) {}

  // How a table of entities differs from the usual one.
  struct ListStyle {
    bool workspace = false;                      // they are of several
    bool deleted = false;                        // they are tombstones
    std::vector<std::size_t>* widths = nullptr;  // see Table::Style
    const DeviceStates* devices = nullptr;       // see ColumnOptions
  };

  // A list: a table, {"items": […]}, or a name a line.
  void list(model::Kind kind, const std::vector<model::Entity>& entities,
            const ListStyle& style) const;
  // What comes after a list: rows without headers, or a document for each entity as
  // more_changes() prints them.
  void more(model::Kind kind, const std::vector<model::Entity>& entities,
            const ListStyle& style) const;
  // One entity: a table of one row, the entity itself, or its name.
  void one(const model::Entity& entity, const DeviceStates* devices = nullptr) const;
  void changes(const client::ChangePage& page) const;
  // A page of a log that goes on: rows of a table, with headers on the first page, or a document
  // for each change (a line of JSON, a YAML document after "---").
  void more_changes(const client::ChangePage& page, bool first,
                    std::vector<std::size_t>* widths = nullptr) const;

  // What a write did, as soon as it is done: "host/tim-pi created". Nothing for json and yaml,
  // which written() prints. `outcome` is the word to print.
  void write(const client::WriteResult& result, std::string_view outcome) const;
  // After all writes, for json and yaml: the one entity, or the list of several.
  void written(const std::vector<model::Entity>& entities) const;

  // Any other document. REQUIRES: json or yaml is asked for.
  void document(const nlohmann::json& document) const;

 private:
  // One of many: a line of JSON, or a YAML document after "---".
  void one_of_many(const nlohmann::json& document) const;
  void rows(model::Kind kind, const std::vector<model::Entity>& entities, const ListStyle& style,
            bool headers) const;

  const Env& env_;
  OutputFlags flags_;
};

}  // namespace titan::cli

#include "cli/printer.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/json.hpp"
#include "base/yaml.hpp"
#include "cli/change_text.hpp"
#include "cli/columns.hpp"
#include "cli/kind_word.hpp"
#include "cli/table.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

json items_of(const std::vector<model::Entity>& entities) {
  json items = json::array();
  for (const model::Entity& entity : entities) items.push_back(model::json_of(entity));
  return {{"items", std::move(items)}};
}

json json_of(const client::ChangePage& page) {
  json items = json::array();
  for (const model::Change& change : page.items) items.push_back(model::json_of(change));
  return {{"items", std::move(items)}, {"bookmark", page.bookmark.text()}, {"full", page.full}};
}

}  // namespace

void Printer::document(const json& document) const {
  if (flags_.format == Output::json) {
    env_.out << pretty_json(document) << '\n';
    return;
  }
  const std::string text = yaml_text(document);
  env_.out << text << (text.ends_with('\n') ? "" : "\n");
}

void Printer::list(model::Kind kind, const std::vector<model::Entity>& entities,
                   const ListStyle& style) const {
  if (is_document(flags_.format)) return document(items_of(entities));
  if (flags_.format == Output::name) {
    for (const auto& entity : entities) env_.out << display_name(entity.key()) << '\n';
    return;
  }
  rows(kind, entities, style, flags_.headers);
}

void Printer::more(model::Kind kind, const std::vector<model::Entity>& entities,
                   const ListStyle& style) const {
  if (!is_document(flags_.format) && flags_.format != Output::name) {
    return rows(kind, entities, style, false);
  }
  for (const auto& entity : entities) {
    if (flags_.format == Output::name) {
      env_.out << display_name(entity.key()) << '\n';
    } else {
      one_of_many(model::json_of(entity));
    }
  }
}

void Printer::rows(model::Kind kind, const std::vector<model::Entity>& entities,
                   const ListStyle& style, bool headers) const {
  const ColumnOptions options{.wide = flags_.format == Output::wide,
                              .workspace = style.workspace,
                              .deleted = style.deleted,
                              .devices = style.devices};
  Table table(headers_of(kind, options));
  for (const auto& entity : entities) table.add(cells_of(entity, options, env_.clock.wall()));
  table.print(env_.out, {.headers = headers, .colour = use_colour(env_), .widths = style.widths});
}

void Printer::one(const model::Entity& entity, const DeviceStates* devices) const {
  if (is_document(flags_.format)) return document(model::json_of(entity));
  list(entity.kind(), {entity}, {.devices = devices});
}

void Printer::changes(const client::ChangePage& page) const {
  if (is_document(flags_.format)) return document(json_of(page));
  more_changes(page, true);
}

void Printer::more_changes(const client::ChangePage& page, bool first,
                           std::vector<std::size_t>* widths) const {
  if (is_document(flags_.format) || flags_.format == Output::name) {
    for (const auto& change : page.items) {
      if (flags_.format == Output::name) {
        env_.out << display_name(change.key) << '\n';
      } else {
        one_of_many(model::json_of(change));
      }
    }
    return;
  }
  const bool wide = flags_.format == Output::wide;
  std::vector<std::string> headers = {"SEQ", "TIME", "OPERATION", "KEY", "ACTOR", "WHAT"};
  if (wide) headers.emplace_back("REQUEST");
  Table table(headers);
  for (const auto& change : page.items) {
    std::vector<std::string> cells = {std::to_string(change.seq),
                                      change.time.text(),
                                      std::string(model::name_of(change.operation)),
                                      key_text(change.key),
                                      change.actor,
                                      what_changed(change)};
    if (wide) cells.push_back(change.request_id);
    table.add(cells);
  }
  table.print(env_.out,
              {.headers = flags_.headers && first, .colour = use_colour(env_), .widths = widths});
}

void Printer::one_of_many(const json& one) const {
  if (flags_.format == Output::json) {
    env_.out << canonical_json(one) << '\n';
    return;
  }
  env_.out << "---\n";
  document(one);
}

void Printer::write(const client::WriteResult& result, std::string_view outcome) const {
  if (is_document(flags_.format)) return;
  const std::string name = display_name(result.entity.key());
  if (flags_.format == Output::name) {
    env_.out << name << '\n';
    return;
  }
  if (result.workspace_created) env_.out << "workspace/" << result.entity.workspace << " created\n";
  env_.out << name << ' ' << outcome << '\n';
}

void Printer::written(const std::vector<model::Entity>& entities) const {
  if (!is_document(flags_.format) || entities.empty()) return;
  document(entities.size() == 1 ? model::json_of(entities.front()) : items_of(entities));
}

}  // namespace titan::cli

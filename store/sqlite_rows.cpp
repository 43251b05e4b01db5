#include "store/sqlite_rows.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"

namespace titan::store {
namespace {

Error damaged(const Error& why, std::string subject) {
  Error error = internal("what is stored is damaged: " + why.text());
  error.subject = std::move(subject);
  return error;
}

// A number that a newer titan may know.
Result<void> check_kind(const model::Key& key) {
  const std::int64_t number = number_of(key.kind);
  if (number >= 0 && number < static_cast<std::int64_t>(model::kKinds.size())) return {};
  Error error = internal("the kind number " + std::to_string(number) + " is not known");
  error.subject = key.name;
  return error;
}

// The columns organization, kind, workspace, name from `first` on.
model::Key key_at(const Statement& statement, int first) {
  return {.organization = statement.bytes(first),
          .kind = static_cast<model::Kind>(statement.integer(first + 1)),
          .workspace = statement.bytes(first + 2),
          .name = statement.bytes(first + 3)};
}

Result<std::optional<model::Entity>> parse_side(const std::optional<std::string>& state,
                                                const model::Key& key) {
  if (!state) return std::optional<model::Entity>();
  TITAN_ASSIGN(auto entity, parse(EntityRow{key, *state}));
  return std::optional(std::move(entity));
}

std::optional<std::string> optional_bytes(const Statement& statement, int column) {
  if (statement.is_null(column)) return std::nullopt;
  return statement.bytes(column);
}

}  // namespace

std::string text_of(const model::Entity& entity) {
  return canonical_json(json_of(entity));
}
std::string text_of(const model::HostReport& report) {
  return canonical_json(json_of(report));
}

Result<model::Entity> read_entity(std::string_view text) {
  TITAN_ASSIGN(const auto json, parse_json(text));
  return model::parse_entity(json);
}

Result<model::HostReport> read_report(std::string_view text) {
  TITAN_ASSIGN(const auto json, parse_json(text));
  return model::parse_report(json);
}

EntityRow entity_row(const Statement& statement) {
  return {key_at(statement, 0), statement.bytes(4)};
}

Result<std::optional<EntityRow>> find_entity(Connection& connection, const model::Key& key) {
  TITAN_ASSIGN(Statement row,
               connection.query("SELECT organization, kind, workspace, name, state FROM entities"
                                " WHERE organization = ?1 AND kind = ?2"
                                " AND workspace = ?3 AND name = ?4",
                                key.organization, number_of(key.kind), key.workspace, key.name));
  TITAN_ASSIGN(const bool found, row.step());
  return found ? std::optional(entity_row(row)) : std::nullopt;
}

Result<model::Entity> parse(const EntityRow& row) {
  TITAN_TRY(check_kind(row.key));
  auto entity = read_entity(row.state);
  if (!entity) return damaged(entity.error(), row.key.subject());
  if (entity->key() != row.key) {
    return damaged(internal("it is " + entity->key().text()), row.key.subject());
  }
  return entity;
}

ChangeRow change_row(const Statement& statement) {
  ChangeRow row;
  row.change.seq = static_cast<std::uint64_t>(statement.integer(0));
  row.change.time = Timestamp::from_micros(statement.integer(1));
  row.change.key = key_at(statement, 2);
  row.before = optional_bytes(statement, 6);
  row.after = optional_bytes(statement, 7);
  row.change.actor = statement.bytes(8);
  row.change.request_id = statement.bytes(9);
  return row;
}

Result<model::Change> parse(ChangeRow row) {
  const auto with_seq = [&](const Error& error) {
    return error.context("change " + std::to_string(row.change.seq));
  };
  auto before = parse_side(row.before, row.change.key);
  if (!before) return with_seq(before.error());
  auto after = parse_side(row.after, row.change.key);
  if (!after) return with_seq(after.error());
  row.change.operation = !*before  ? model::Operation::created
                         : !*after ? model::Operation::deleted
                                   : model::Operation::updated;
  row.change.before = std::move(*before);
  row.change.after = std::move(*after);
  return std::move(row.change);
}

SpecChangeRow spec_change_row(const Statement& statement) {
  SpecChangeRow row;
  row.change.seq = static_cast<std::uint64_t>(statement.integer(0));
  row.change.time = Timestamp::from_micros(statement.integer(1));
  row.change.key = key_at(statement, 2);
  row.before = optional_bytes(statement, 6);
  return row;
}

Result<SpecChange> parse(SpecChangeRow row) {
  TITAN_ASSIGN(row.change.before, parse_side(row.before, row.change.key));
  if (row.change.before && row.change.before->deleting) row.change.before.reset();
  return std::move(row.change);
}

ReportHeadRow report_head_row(const Statement& statement) {
  ReportHeadRow row;
  row.head.organization = statement.bytes(0);
  row.head.host = statement.bytes(1);
  row.head.bookmark = {.epoch = statement.bytes(2),
                       .seq = static_cast<std::uint64_t>(statement.integer(3))};
  row.head.time = Timestamp::from_micros(statement.integer(4));
  row.digest = statement.bytes(5);
  return row;
}

Result<ReportHead> parse(ReportHeadRow row) {
  const auto digest = Digest::parse(row.digest);
  if (!digest) return damaged(digest.error(), "report of host " + row.head.host);
  row.head.digest = *digest;
  return std::move(row.head);
}

ReportRow report_row(const Statement& statement) {
  ReportRow row;
  row.stored.organization = statement.bytes(0);
  row.stored.host = statement.bytes(1);
  row.stored.bookmark = {.epoch = statement.bytes(2),
                         .seq = static_cast<std::uint64_t>(statement.integer(3))};
  row.stored.time = Timestamp::from_micros(statement.integer(4));
  row.report = statement.bytes(5);
  return row;
}

Result<std::optional<ReportRow>> find_report(Connection& connection, std::string_view organization,
                                             std::string_view host) {
  TITAN_ASSIGN(Statement row,
               connection.query("SELECT organization, host, epoch, seq, time, report FROM reports"
                                " WHERE organization = ?1 AND host = ?2",
                                organization, host));
  TITAN_ASSIGN(const bool found, row.step());
  return found ? std::optional(report_row(row)) : std::nullopt;
}

Result<StoredReport> parse(ReportRow row) {
  auto report = read_report(row.report);
  if (!report) return damaged(report.error(), "report of host " + row.stored.host);
  row.stored.report = std::move(*report);
  return std::move(row.stored);
}

}  // namespace titan::store

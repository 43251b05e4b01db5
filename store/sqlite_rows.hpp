#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/report.hpp"
#include "store/sqlite_connection.hpp"
#include "store/store.hpp"

// Internal to store/: what stands in a row, as text and as a value. Reading a row and parsing it
// are two steps, so that no lock is held while JSON is parsed.
namespace titan::store {

constexpr std::int64_t number_of(model::Kind kind) {
  return static_cast<std::int64_t>(kind);
}

std::string text_of(const model::Entity& entity);
std::string text_of(const model::HostReport& report);

// As model::parse_entity() and parse_report(), of JSON text.
Result<model::Entity> read_entity(std::string_view text);
Result<model::HostReport> read_report(std::string_view text);

// The columns organization, kind, workspace, name, state.
struct EntityRow {
  model::Key key;
  std::string state;
};
EntityRow entity_row(const Statement& statement);
// None when nothing is under the key.
Result<std::optional<EntityRow>> find_entity(Connection& connection, const model::Key& key);
// internal, with the key as subject, when the state does not parse or is of another key.
Result<model::Entity> parse(const EntityRow& row);

// The columns seq, time, organization, kind, workspace, name, before, after, actor, request_id.
struct ChangeRow {
  model::Change change;  // all but before and after
  std::optional<std::string> before;
  std::optional<std::string> after;
};
ChangeRow change_row(const Statement& statement);
// internal, with the key as subject, when a state does not parse.
Result<model::Change> parse(ChangeRow row);

// The columns seq, time, organization, kind, workspace, name, before.
struct SpecChangeRow {
  SpecChange change;  // all but before
  std::optional<std::string> before;
};
SpecChangeRow spec_change_row(const Statement& statement);
// internal, with the key as subject, when the state does not parse.
Result<SpecChange> parse(SpecChangeRow row);

// The columns organization, host, epoch, seq, time, digest.
struct ReportHeadRow {
  ReportHead head;  // all but the digest
  std::string digest;
};
ReportHeadRow report_head_row(const Statement& statement);
// internal, with the host as subject, when the digest does not parse.
Result<ReportHead> parse(ReportHeadRow row);

// The columns organization, host, epoch, seq, time, report.
struct ReportRow {
  StoredReport stored;  // all but the report
  std::string report;
};
ReportRow report_row(const Statement& statement);
Result<std::optional<ReportRow>> find_report(Connection& connection, std::string_view organization,
                                             std::string_view host);
// internal, with the host as subject, when the report does not parse.
Result<StoredReport> parse(ReportRow row);

}  // namespace titan::store

#include "store/sqlite_prepare.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "store/limits.hpp"
#include "store/sqlite_rows.hpp"

namespace titan::store {
namespace {

using model::DeploymentReport;
using model::Entity;
using model::HostReport;
using model::Key;
using nlohmann::json;

Result<void> check_count(std::string_view what, std::size_t count) {
  if (count <= kBatchMutationsMax) return {};
  return exhausted("a batch of " + std::to_string(count) + " " + std::string(what) + "; at most " +
                   std::to_string(kBatchMutationsMax) + " are written together");
}

Result<void> check_cursor(const Cursor& cursor) {
  if (!cursor.name.empty() && cursor.name.size() <= kCursorNameBytesMax) return {};
  return about("cursor " + cursor.name,
               invalid("its name has " + std::to_string(cursor.name.size()) +
                       " bytes; expected 1 to " + std::to_string(kCursorNameBytesMax)));
}

Result<void> check_size(std::size_t bytes) {
  if (bytes <= kStateBytesMax) return {};
  return exhausted("it takes " + std::to_string(bytes) + " bytes as JSON; at most " +
                   std::to_string(kStateBytesMax) + " are stored");
}

// The same text as canonical_json(), quicker for what most members are: calling the serializer
// costs more than writing a short value.
std::string text_of_value(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_array() && value.empty()) return "[]";
  if (value.is_object() && value.empty()) return "{}";
  if (!value.is_string()) return canonical_json(value);
  const auto& text = value.get_ref<const std::string&>();
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  return std::ranges::all_of(text, is_plain) ? '"' + text + '"' : canonical_json(value);
}

// Writes an object member by member; `value` writes the value of each.
template <class Value>
void add_object(TextTemplate& text, const json& object, Value value) {
  const char* separator = "{";
  for (const auto& [key, member] : object.items()) {
    text.add(separator);
    text.add(text_of_value(key));
    text.add(":");
    value(key, member);
    separator = ",";
  }
  text.add(object.empty() ? "{}" : "}");
}

// Two times, a UUID and two numbers, with their quotes.
constexpr std::size_t kStampsBytesMax = 2 * 29 + 38 + 2 * 20;
constexpr std::array<std::string_view, kStampCount> kStampFields = {
    "createdTime", "id", "modifiedTime", "revision", "version"};

TextTemplate template_of(const json& entity) {
  TextTemplate text;
  add_object(text, entity, [&](const std::string& key, const json& value) {
    const auto* const stamp = std::ranges::find(kStampFields, key);
    if (stamp == kStampFields.end()) return text.add(text_of_value(value));
    text.add_slot(static_cast<std::size_t>(stamp - kStampFields.begin()));
  });
  return text;
}

Stamps stamps_of(const Entity& entity) {
  const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
  return {quoted(entity.created_time.text()), quoted(entity.id),
          quoted(entity.modified_time.text()), std::to_string(entity.revision),
          std::to_string(entity.version)};
}

// Reads what was just written as `text`. Parsing the text is spared where it cannot differ from
// `value`: JSON loses nothing but bytes that are not UTF-8, which it writes as U+FFFD.
Result<Entity> read_again(const json& value, const TextTemplate& text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  return text.contains(kReplacement) ? read_entity(text.fill(stamps_of(Entity())))
                                     : model::parse_entity(value);
}

// What the entity is once it was stored and read: JSON replaces bytes that are not UTF-8, and an
// entity that is not valid must not get in, since every list with it would fail from then on.
Result<PreparedMutation> as_read_back(const Entity& entity, const Key& key) {
  json value = json_of(entity);
  value.erase("deletedTime");
  PreparedMutation prepared{.text = template_of(value)};
  const std::size_t size = prepared.text.size() + kStampsBytesMax;
  if (const auto sized = check_size(size); !sized) return about(key.subject(), sized.error());
  auto read = read_again(value, prepared.text);
  if (!read) return about(key.subject(), read.error().context("this cannot be stored"));
  if (read->key() != key) {
    return about(key.subject(), invalid("the entity is " + read->key().subject() +
                                        "; expected one with the key of the mutation"));
  }
  prepared.wanted = std::move(*read);
  return prepared;
}

// The same for a report.
Result<PreparedReport> as_read_back(const HostReport& report) {
  const std::string text = text_of(report);
  TITAN_TRY(check_size(text.size()));
  auto read = read_report(text);
  if (!read) return read.error().context("this report cannot be stored");
  PreparedReport prepared{.report = std::move(*read)};
  for (DeploymentReport& deployment : prepared.report.deployments) {
    deployment.since = deployment.committed = deployment.deployed = {};
  }
  prepared.digest = digest_of(prepared.report);
  return prepared;
}

// What is there now; none also when it cannot be read.
std::optional<StoredEntity> seen_entity(const Key& key, Reader& reader) {
  std::optional<EntityRow> row;
  {
    const std::lock_guard lock(reader.mutex);
    if (auto found = find_entity(*reader.connection, key)) row = std::move(*found);
  }
  if (!row) return std::nullopt;
  auto entity = parse(*row);
  if (!entity) return std::nullopt;
  return StoredEntity{std::move(*entity), std::move(row->state)};
}

std::optional<StoredReport> seen_report(const Observation& observation, Reader& reader) {
  std::optional<ReportRow> row;
  {
    const std::lock_guard lock(reader.mutex);
    auto found = find_report(*reader.connection, observation.organization, observation.host);
    if (found) row = std::move(*found);
  }
  if (!row) return std::nullopt;
  auto stored = parse(std::move(*row));
  return stored ? std::optional(std::move(*stored)) : std::nullopt;
}

Result<PreparedReport> prepare_report(const Observation& observation, Reader& reader) {
  TITAN_ASSIGN(PreparedReport prepared, as_read_back(*observation.report));
  const auto before = seen_report(observation, reader);
  prepared.seen_time = before ? before->time : Timestamp();
  prepared.text = text_after(prepared.report, before ? &*before : nullptr);
  TITAN_TRY(check_size(prepared.text.fill(std::array{json(Timestamp().text()).dump()}).size()));
  return prepared;
}

// Whether nothing changed but, perhaps, the commit that holds it.
bool says_the_same(const DeploymentReport& left, const DeploymentReport& right) {
  return left.version == right.version && left.rendered_digest == right.rendered_digest &&
         left.desired_digest == right.desired_digest && left.status == right.status &&
         left.reason == right.reason;
}

const DeploymentReport* find_in(const StoredReport* before, const Key& deployment) {
  if (before == nullptr) return nullptr;
  const auto& known = before->report.deployments;
  const auto found = std::ranges::lower_bound(known, deployment, {}, &DeploymentReport::key);
  return found == known.end() || found->key != deployment ? nullptr : &*found;
}

// A deployment of a report with its times, and the names of those that are the report's own time,
// which only the writer knows.
struct Dated {
  DeploymentReport report = {};
  std::vector<std::string_view> now = {};
};

Dated with_times(const DeploymentReport& deployment, const StoredReport* before) {
  Dated dated{.report = deployment};
  const DeploymentReport* const known = find_in(before, deployment.key);
  const bool is_same_form = known != nullptr && known->desired_digest == deployment.desired_digest;
  // A file of schema version 1 held reports that say no `since`, and reports of a server that kept
  // no other times say none of those.
  Timestamp first_known;
  if (known != nullptr) first_known = known->since == Timestamp() ? before->time : known->since;
  const auto put = [&](const char* name, Timestamp DeploymentReport::*time, bool was_so) {
    Timestamp& place = dated.report.*time;
    if (was_so) {
      place = known->*time == Timestamp() ? first_known : known->*time;
    } else if (place == Timestamp()) {
      place = Timestamp::from_micros(1);  // any: the slot is filled later
      dated.now.emplace_back(name);
    }
  };
  put("since", &DeploymentReport::since, known != nullptr && says_the_same(*known, deployment));
  if (!deployment.desired_digest.empty()) {
    put("delivered", &DeploymentReport::delivered, is_same_form);
  }
  if (!deployment.commit.empty()) {
    put("committed", &DeploymentReport::committed,
        is_same_form && known->commit == deployment.commit);
  }
  const bool was_ready =
      is_same_form && (known->deployed != Timestamp() || known->status == model::Status::ready);
  if (was_ready || deployment.status == model::Status::ready) {
    put("deployed", &DeploymentReport::deployed, was_ready);
  }
  return dated;
}

void add_deployment(TextTemplate& text, const json& deployment,
                    const std::vector<std::string_view>& now) {
  add_object(text, deployment, [&](const std::string& key, const json& value) {
    if (std::ranges::find(now, key) != now.end()) return text.add_slot(0);
    text.add(canonical_json(value));
  });
}

}  // namespace

void PreparedMutation::relate() {
  const Entity* before = seen ? &seen->entity : nullptr;
  const bool was_desired = before != nullptr && !before->deleting;
  const bool is_desired = wanted && !wanted->deleting;
  alters_desired = was_desired != is_desired;
  if (!wanted) return;
  if (before == nullptr) {
    wanted->id = new_id;
    wanted->created_time = {};
    wanted->revision = wanted->version = 1;
  } else {
    const bool alters_spec = !(wanted->spec == before->spec);
    alters_desired |= is_desired && alters_spec;
    alters_state = alters_spec || wanted->status != before->status ||
                   wanted->reason != before->reason || wanted->tags != before->tags ||
                   wanted->stages != before->stages || wanted->deleting != before->deleting;
    wanted->id = before->id;
    wanted->created_time = before->created_time;
    wanted->revision = before->revision + 1;
    wanted->version = before->version + (alters_spec ? 1 : 0);
  }
  stamps = stamps_of(*wanted);
}

TextTemplate text_after(const HostReport& report, const StoredReport* before) {
  HostReport whole = report;
  std::vector<std::vector<std::string_view>> now;
  for (DeploymentReport& deployment : whole.deployments) {
    Dated one = with_times(deployment, before);
    deployment = std::move(one.report);
    now.push_back(std::move(one.now));
  }
  TextTemplate text;
  add_object(text, json_of(whole), [&](const std::string& key, const json& value) {
    if (key != "deployments") return text.add(canonical_json(value));
    text.add("[");
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) text.add(",");
      add_deployment(text, value[i], now[i]);
    }
    text.add("]");
  });
  return text;
}

Result<PreparedBatch> prepare(const Batch& batch, Reader& reader, IdSource& ids) {
  TITAN_TRY(check_count("mutations", batch.mutations.size()));
  TITAN_TRY(check_count("observations", batch.observations.size()));
  if (batch.cursor) TITAN_TRY(check_cursor(*batch.cursor));
  PreparedBatch prepared{.batch = batch};
  for (const Mutation& mutation : batch.mutations) {
    auto& next = prepared.mutations.emplace_back();
    if (mutation.entity) {
      TITAN_ASSIGN(next, as_read_back(*mutation.entity, mutation.key));
      next.new_id = ids.next();
    }
    if (mutation.seen != nullptr) {
      next.seen = StoredEntity{.entity = *mutation.seen};
    } else if (mutation.expected_revision != 0U) {  // what must not be there is not looked for
      next.seen = seen_entity(mutation.key, reader);
    }
    next.relate();
  }
  for (const Observation& observation : batch.observations) {
    auto& next = prepared.reports.emplace_back();
    if (!observation.report) continue;
    auto report = prepare_report(observation, reader);
    if (!report) return about("host " + observation.host, report.error());
    next = std::move(*report);
  }
  return prepared;
}

}  // namespace titan::store

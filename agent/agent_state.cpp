#include "agent/agent_state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/limits.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/form_writer.hpp"
#include "model/limits.hpp"
#include "model/spec.hpp"

namespace titan::agent {
namespace {

using model::FieldReader;
using model::Key;
using nlohmann::json;

constexpr const char* kFileName = "state.json";
constexpr std::size_t kItemsMax = 1'000'000;  // of any list in the file: it is the agent's own

std::string text_of(const Digest& digest) {
  return digest.empty() ? "" : digest.text();
}

void write(JsonWriter& writer, const std::map<Key, model::DesiredDeployment>& forms) {
  writer.begin_array();
  for (const auto& [key, form] : forms) model::write_form(writer, form);
  writer.end_array();
}

void write(JsonWriter& writer, const Applied& applied) {
  writer.begin_object();
  writer.member("commit", applied.commit);
  writer.name("files");
  writer.begin_array();
  for (const reconciler::FileState& file : applied.files) {
    writer.begin_object();
    writer.member("digest", text_of(file.digest));
    writer.member("mode", model::mode_text(file.mode));
    if (!file.owner.empty()) writer.member("owner", file.owner);
    writer.member("path", file.path);
    if (applied.secret_files.contains(file.path)) writer.member("secret", true);
    writer.end_object();
  }
  writer.end_array();
  writer.name("form");
  model::write_form(writer, applied.form);
  if (applied.healed != 0) writer.member("healed", applied.healed);
  if (applied.since != Timestamp()) writer.member("since", applied.since.text());
  writer.end_object();
}

void write(JsonWriter& writer, const Transaction& transaction) {
  writer.begin_object();
  writer.name("attempted");
  writer.begin_array();
  for (const auto& form : transaction.attempted) model::write_form(writer, form);
  writer.end_array();
  writer.member("phase", reconciler::text_of(transaction.phase));
  writer.end_object();
}

void write(JsonWriter& writer, const Attempts& attempts) {
  writer.begin_object();
  writer.member("count", std::uint64_t{attempts.count});
  writer.member("form", text_of(attempts.form));
  writer.member("output", attempts.output);
  writer.member("reason", attempts.reason);
  writer.end_object();
}

void write(JsonWriter& writer, const std::string& text) {
  writer.value(text);
}

void write(JsonWriter& writer, std::uint64_t number) {
  writer.value(number);
}

void write(JsonWriter& writer, const std::set<std::string>& texts) {
  writer.begin_array();
  for (const std::string& text : texts) writer.value(text);
  writer.end_array();
}

template <class Value>
void write_by_key(JsonWriter& writer, const char* name, const std::map<Key, Value>& values) {
  std::map<std::string, const Value*> by_text;  // keys themselves have another order
  for (const auto& [key, value] : values) by_text[key.text()] = &value;
  writer.name(name);
  writer.begin_object();
  for (const auto& [text, value] : by_text) {
    writer.name(text);
    write(writer, *value);
  }
  writer.end_object();
}

// Passes an inner error on to the reader of the outer object.
template <class Value>
Value take(FieldReader& reader, Result<Value> value) {
  if (value) return *std::move(value);
  reader.refuse(value.error());
  return {};
}

// Agents once kept forms without this digest. One that no server makes stands in for it.
bool is_of_before_desired_digests(const json& form) {
  return form.is_object() && !form.contains("desiredDigest");
}

Result<model::DesiredDeployment> parse_form(const json& object) {
  if (!is_of_before_desired_digests(object)) return model::parse_desired_deployment(object);
  json form = object;
  form["desiredDigest"] = Digest::of("unknown").text();
  return model::parse_desired_deployment(form);
}

Result<Applied> parse_applied(const json& object) {
  FieldReader reader(object, "applied");
  Applied applied{.commit = reader.text("commit"),
                  .since = reader.timestamp("since"),
                  .healed = reader.number("healed")};
  if (const json* form = reader.object("form"); form != nullptr) {
    applied.form = take(reader, parse_form(*form));
  }
  if (const json* files = reader.array("files", kItemsMax); files != nullptr) {
    for (const json& item : *files) {
      FieldReader file(item, "applied.files");
      applied.files.push_back({.path = file.required_text("path"),
                               .mode = file.parsed<std::uint32_t>("mode", &model::parse_mode),
                               .digest = file.digest("digest"),
                               .owner = file.text("owner")});
      if (file.boolean("secret")) applied.secret_files.insert(applied.files.back().path);
      TITAN_TRY(file.finish());
    }
  }
  TITAN_TRY(reader.finish());
  return applied;
}

void read_deployments(FieldReader& reader, AgentState& state) {
  if (const json* desired = reader.array("desired", kItemsMax); desired != nullptr) {
    for (const json& item : *desired) {
      // What the host wants is asked for anew then.
      if (is_of_before_desired_digests(item)) state.bookmark.reset();
      auto form = take(reader, parse_form(item));
      state.desired[form.key] = form;
    }
  }
  if (const json* previous = reader.array("previous", kItemsMax); previous != nullptr) {
    for (const json& item : *previous) {
      auto form = take(reader, parse_form(item));
      state.previous[form.key] = form;
    }
  }
  if (const json* applied = reader.array("applied", kItemsMax); applied != nullptr) {
    for (const json& item : *applied) {
      auto parsed = take(reader, parse_applied(item));
      state.applied[parsed.form.key] = parsed;
    }
  }
}

// The members of an object whose names are keys, each read by `read`.
template <class Read>
void read_by_key(FieldReader& reader, const char* field, const Read& read) {
  const json* const object = reader.object(field);
  if (object == nullptr) return;
  for (const auto& [text, value] : object->items()) {
    const Key key = take(reader, Key::parse(text));
    FieldReader inner(value, std::string(field) + "." + text);
    read(key, inner);
    if (const auto finished = inner.finish(); !finished) reader.refuse(finished.error());
  }
}

void read_transactions(FieldReader& reader, AgentState& state) {
  read_by_key(reader, "transactions", [&](const Key& key, FieldReader& inner) {
    Transaction transaction;
    const std::string phase = inner.required_text("phase");
    const auto parsed = reconciler::parse_phase(phase);
    if (!parsed) inner.refuse(invalid_field("phase", "found " + quote(phase) + ", which is none"));
    transaction.phase = parsed.value_or(reconciler::Phase::applying);
    if (const json* forms = inner.array("attempted", kItemsMax); forms != nullptr) {
      for (const json& form : *forms) {
        transaction.attempted.push_back(take(inner, parse_form(form)));
      }
    }
    state.transactions[key] = std::move(transaction);
  });
  read_by_key(reader, "attempts", [&](const Key& key, FieldReader& inner) {
    state.attempts[key] = {.form = inner.digest("form"),
                           .count = static_cast<std::uint32_t>(inner.number("count")),
                           .reason = inner.text("reason"),
                           .output = inner.text("output")};
  });
}

void read_journal(FieldReader& reader, AgentState& state) {
  if (const json* touched = reader.object("touched"); touched != nullptr) {
    FieldReader keys(*touched, "touched");
    for (const auto& [text, paths] : touched->items()) {
      const Key key = take(reader, Key::parse(text));
      const auto list = keys.texts(text, kItemsMax);
      state.touched[key] = {list.begin(), list.end()};
    }
    if (const auto finished = keys.finish(); !finished) reader.refuse(finished.error());
  }
  for (const auto& [text, reason] : reader.text_map("failures")) {
    state.failures[take(reader, Key::parse(text))] = reason;
  }
  for (const auto& [text, reason] : reader.text_map("waiting")) {
    state.waiting[take(reader, Key::parse(text))] = reason;
  }
}

void read_serials(FieldReader& reader, AgentState& state) {
  const json* serials = reader.object("serials");
  if (serials == nullptr) return;
  FieldReader keys(*serials, "serials");
  for (const auto& [text, serial] : serials->items()) {
    state.serials[take(reader, Key::parse(text))] = keys.number(text);
  }
  if (const auto finished = keys.finish(); !finished) reader.refuse(finished.error());
}

}  // namespace

bool AgentState::desires_secrets() const {
  return std::ranges::any_of(desired,
                             [](const auto& item) { return !item.second.secrets.empty(); });
}

void AgentState::renew_sealed() {
  const auto renew = [&](const Key& key, model::DesiredDeployment& form) {
    const auto wanted = desired.find(key);
    if (wanted == desired.end()) return;
    for (model::SecretUse& use : form.secrets) {
      const auto same = std::ranges::find(wanted->second.secrets, use);
      if (same != wanted->second.secrets.end()) use.sealed = same->sealed;
    }
  };
  for (auto& [key, deployment] : applied) renew(key, deployment.form);
  for (auto& [key, form] : previous) renew(key, form);
  for (auto& [key, transaction] : transactions) {
    for (auto& form : transaction.attempted) renew(key, form);
  }
}

Digest AgentState::digest_of_applied() const {
  std::vector<model::DesiredDigest> list;
  for (const auto& [key, deployment] : applied) {
    list.push_back({key, deployment.form.desired_digest});
  }
  return model::digest_of_desired(list);
}

bool AgentState::is_stalled(const Key& key) const {
  const auto found = attempts.find(key);
  return found != attempts.end() && found->second.count >= kAttemptsMax &&
         !transactions.contains(key);
}

model::HostReport AgentState::report(const HostFacts& facts) const {
  std::map<Key, model::DeploymentReport> reports;
  for (const auto& [key, deployment] : applied) {
    reports[key] = {.key = key,
                    .version = deployment.form.version,
                    .rendered_digest = deployment.form.rendered_digest,
                    .desired_digest = deployment.form.desired_digest,
                    .healed = deployment.healed,
                    .commit = deployment.commit};
    if (const auto found = facts.drift.find(key); found != facts.drift.end()) {
      reports[key].drift = found->second;
    }
  }
  std::size_t output_left = kReportOutputBytesMax;
  const auto add = [&](const Key& key, model::Status status, const std::string& reason) {
    model::DeploymentReport& report = reports[key];
    report.key = key;
    report.status = status;
    report.reason = clip(reason, kReasonBytesMax);
    // What is not desired any more failed to leave: then it is the applied form that is spoken of.
    const auto wanted = desired.find(key);
    if (wanted != desired.end()) report.desired_digest = wanted->second.desired_digest;
    const auto tried = attempts.find(key);
    if (tried == attempts.end()) return;
    report.attempts = tried->second.count;
    if (tried->second.output.size() <= output_left) {
      output_left -= tried->second.output.size();
      report.output = tried->second.output;
    }
    report.stalled = is_stalled(key);
  };
  for (const auto& [key, reason] : waiting) add(key, model::Status::updating, reason);
  for (const auto& [key, reason] : failures) add(key, model::Status::error, reason);
  model::HostReport report{.agent_version = TITAN_VERSION,
                           .drivers = facts.drivers,
                           .clock_skew_seconds = facts.clock_skew_seconds};
  for (auto& [key, deployment] : reports) report.deployments.push_back(std::move(deployment));
  return report;
}

std::string AgentState::text() const {
  JsonWriter writer;
  writer.begin_object();
  writer.name("applied");
  writer.begin_array();
  for (const auto& [key, deployment] : applied) write(writer, deployment);
  writer.end_array();
  if (!attempts.empty()) write_by_key(writer, "attempts", attempts);
  if (bookmark) writer.member("bookmark", bookmark->text());
  writer.member("committed", text_of(committed));
  writer.name("desired");
  write(writer, desired);
  write_by_key(writer, "failures", failures);
  writer.name("folders");
  write(writer, folders);
  if (!previous.empty()) {
    writer.name("previous");
    write(writer, previous);
  }
  writer.member("pushed", pushed);
  writer.member("reported", text_of(reported));
  if (root != 0) writer.member("root", root);
  if (!sealed_for.empty()) writer.member("sealedFor", sealed_for.text());
  if (!serials.empty()) write_by_key(writer, "serials", serials);
  writer.member("time", time.text());
  write_by_key(writer, "touched", touched);
  if (!transactions.empty()) write_by_key(writer, "transactions", transactions);
  if (!waiting.empty()) write_by_key(writer, "waiting", waiting);
  writer.end_object();
  return writer.take();
}

Result<AgentState> AgentState::parse(const nlohmann::json& object) {
  FieldReader reader(object, "");
  AgentState state{.time = reader.timestamp("time"),
                   .committed = reader.digest("committed"),
                   .pushed = reader.boolean("pushed"),
                   .reported = reader.digest("reported")};
  if (reader.has("bookmark")) {
    state.bookmark = reader.parsed<model::Bookmark>("bookmark", &model::Bookmark::parse);
  }
  state.root = reader.number("root");
  read_deployments(reader, state);
  read_transactions(reader, state);
  read_journal(reader, state);
  read_serials(reader, state);
  state.sealed_for = reader.parsed<PublicKey>("sealedFor", &PublicKey::parse_known);
  const auto folders = reader.texts("folders", kItemsMax);
  state.folders = {folders.begin(), folders.end()};
  TITAN_TRY(reader.finish());
  return state;
}

Result<AgentState> StateFile::load() {
  auto text = files_.read(kFileName, kStateBytesMax);
  if (!text && text.error().code == ErrorCode::not_found) return AgentState();
  if (!text) return text.error();
  const auto object = parse_json(*text, kStateBytesMax);
  auto state = object ? AgentState::parse(*object) : Result<AgentState>(object.error());
  if (!state) {
    Error error = state.error().context("the agent's state cannot be read");
    error.subject = kFileName;
    return error;
  }
  text_ = *std::move(text);
  return state;
}

Result<void> StateFile::save(const AgentState& state) {
  std::string text = state.text();
  if (text == text_) return {};
  TITAN_TRY(write_atomically(files_, kFileName, text, 0600));
  text_ = std::move(text);
  return {};
}

}  // namespace titan::agent

#include "agent/run_memory.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/limits.hpp"
#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "model/field_reader.hpp"

namespace titan::agent {
namespace {

using model::FieldReader;
using nlohmann::json;

constexpr const char* kFileName = "agent.json";

json json_of(const RunMemory::Note& note) {
  return {{"what", note.what},
          {"message", clip(note.message, kReasonBytesMax)},
          {"time", note.time.count()}};
}

std::optional<RunMemory::Note> read_note(FieldReader& reader, std::string_view field) {
  const json* const object = reader.object(field);
  if (object == nullptr) return std::nullopt;
  FieldReader inner(*object, std::string(field));
  RunMemory::Note note{inner.required_text("what"), inner.text("message"),
                       Clock::Monotonic(inner.number("time"))};
  if (const auto done = inner.finish(); !done) reader.refuse(done.error());
  return note;
}

std::int64_t parse_skew(const std::string& text) {
  std::int64_t skew = 0;
  std::from_chars(text.data(), text.data() + text.size(), skew);
  return skew;
}

void read_session(FieldReader& reader, RunMemory& memory) {
  std::string token = reader.text("token");
  std::string key = reader.text("macKey");
  memory.session.token = Secret::of(std::move(token));
  auto bytes = parse_base64url(key, MacKey::kBytes);
  wipe(key);
  if (bytes) {
    memory.session.mac_key = Secret::of(*std::move(bytes));
  } else {
    memory.session = {};
  }
}

}  // namespace

json RunMemory::json() const {
  nlohmann::json object = {
      {"instance", instance}, {"pollAfter", poll_after.count()}, {"refusals", refusals}};
  if (!session.token.empty()) {
    object["device"] = device.text();
    object["token"] = session.token.bytes();
    object["macKey"] = base64url(session.mac_key.bytes());
  }
  if (!high_water.bookmark.epoch.empty()) {
    object["root"] = high_water.root;
    object["bookmark"] = high_water.bookmark.text();
  }
  if (clock_skew_seconds != 0) object["clockSkew"] = std::to_string(clock_skew_seconds);
  if (drivers) object["drivers"] = *drivers;
  if (verified) object["verified"] = verified->count();
  if (last_refusal) object["lastRefusal"] = json_of(*last_refusal);
  if (last_failure) object["lastFailure"] = json_of(*last_failure);
  if (git_queued > 0) object["gitQueued"] = git_queued;
  if (git_failure) object["gitFailure"] = json_of(*git_failure);
  return object;
}

Result<RunMemory> RunMemory::parse(const nlohmann::json& object) {
  FieldReader reader(object, "");
  RunMemory memory;
  memory.instance = reader.required_text("instance");
  memory.device = reader.parsed<PublicKey>("device", &PublicKey::parse_known);
  read_session(reader, memory);
  memory.high_water = {reader.number("root"),
                       reader.parsed<model::Bookmark>("bookmark", &model::Bookmark::parse)};
  if (const auto verified = reader.optional_number("verified")) {
    memory.verified = Clock::Monotonic(*verified);
  }
  memory.poll_after = std::chrono::seconds(reader.number("pollAfter"));
  memory.clock_skew_seconds = parse_skew(reader.text("clockSkew"));
  if (reader.has("drivers")) memory.drivers = reader.texts("drivers", kDriversMax);
  if (const nlohmann::json* counts = reader.object("refusals"); counts != nullptr) {
    FieldReader inner(*counts, "refusals");
    for (const auto& [name, count] : counts->items()) {
      memory.refusals[name] = inner.number(name);
    }
    if (const auto done = inner.finish(); !done) reader.refuse(done.error());
  }
  memory.last_refusal = read_note(reader, "lastRefusal");
  memory.last_failure = read_note(reader, "lastFailure");
  memory.git_queued = reader.number("gitQueued");
  memory.git_failure = read_note(reader, "gitFailure");
  TITAN_TRY(reader.finish());
  return memory;
}

RunMemory RunFile::load() {
  if (files_ == nullptr) return {};
  auto text = files_->read(kFileName, kRunBytesMax);
  if (!text) return {};
  const auto object = parse_json(*text, kRunBytesMax);
  auto memory = object ? RunMemory::parse(*object) : Result<RunMemory>(object.error());
  if (!memory) return {};
  text_ = *std::move(text);
  return *std::move(memory);
}

Result<void> RunFile::save(const RunMemory& memory) {
  if (files_ == nullptr) return {};
  std::string text = canonical_json(memory.json());
  if (text == text_) return {};
  TITAN_TRY(write_atomically(*files_, kFileName, text, 0600));
  text_ = std::move(text);
  return {};
}

}  // namespace titan::agent

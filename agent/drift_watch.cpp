#include "agent/drift_watch.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/limits.hpp"
#include "base/json.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/spec.hpp"

namespace titan::agent {
namespace {

using model::FieldReader;
using nlohmann::json;

constexpr const char* kFileName = "drift.json";

}  // namespace

// It is one JSON object: compared (microseconds of the monotonic clock), seen {path: [inode, size,
// time of change in nanoseconds]}, findings {key: [text]}. One that cannot be read only costs a
// thorough look.
void DriftWatch::load() {
  loaded_ = true;
  if (run_ == nullptr) return;
  auto text = run_->read(kFileName, kDriftBytesMax);
  if (!text) return;
  const auto object = parse_json(*text, kDriftBytesMax);
  if (!object) return;
  FieldReader reader(*object, "");
  const auto compared = reader.optional_number("compared");
  if (const json* seen = reader.object("seen"); seen != nullptr) {
    for (const auto& [path, one] : seen->items()) {
      if (!one.is_array() || one.size() != 3) continue;
      if (!one[0].is_number_unsigned() || !one[1].is_number_unsigned() ||
          !one[2].is_number_integer()) {
        continue;
      }
      seen_[path] = {one[0].get<std::uint64_t>(), one[1].get<std::uint64_t>(),
                     one[2].get<std::int64_t>()};
    }
  }
  if (const json* findings = reader.object("findings"); findings != nullptr) {
    FieldReader keys(*findings, "findings");
    for (const auto& [text_of_key, texts] : findings->items()) {
      const auto key = model::Key::parse(text_of_key);
      if (key) driver_findings[*key] = keys.texts(text_of_key, model::kDriftTextsMax);
    }
  }
  if (!reader.finish() || !compared) {
    seen_.clear();
    driver_findings.clear();
    return;
  }
  compared_ = Clock::Monotonic(*compared);
  text_ = *std::move(text);
}

Result<void> DriftWatch::save() {
  if (run_ == nullptr || !loaded_ || !compared_) return {};
  json seen = json::object();
  for (const auto& [path, one] : seen_) seen[path] = {one.inode, one.size, one.changed_ns};
  json findings = json::object();
  for (const auto& [key, texts] : driver_findings) findings[key.text()] = texts;
  std::string text = canonical_json({{"compared", compared_->count()},
                                     {"seen", std::move(seen)},
                                     {"findings", std::move(findings)}});
  if (text == text_) return {};
  TITAN_TRY(write_atomically(*run_, kFileName, text, 0600));
  text_ = std::move(text);
  return {};
}

std::map<model::Key, std::vector<DriftWatch::Found>> DriftWatch::look(
    const std::map<model::Key, const Applied*>& applied, Clock::Monotonic now,
    std::chrono::seconds interval) {
  if (!loaded_) load();
  // A time that is still to come is from before the machine started.
  thorough_ = !compared_ || *compared_ > now || now - *compared_ >= interval;
  if (thorough_) {
    seen_.clear();
    owners_.forget();
    compared_ = now;
  }
  std::map<model::Key, std::vector<Found>> found;
  for (const auto& [key, deployment] : applied) {
    for (const reconciler::FileState& file : deployment->files) {
      if (deployment->secret_files.contains(file.path)) continue;
      if (auto what = difference(file)) found[key].push_back({file.path, *std::move(what)});
    }
  }
  return found;
}

std::optional<std::string> DriftWatch::difference(const reconciler::FileState& file) {
  const auto info = root_.info(file.path);
  if (!info) {
    seen_.erase(file.path);
    const bool is_gone = info.error().code == ErrorCode::not_found;
    return is_gone ? std::optional<std::string>("is gone") : std::nullopt;
  }
  if (info->type != FileSystem::Type::file) return "is no regular file any more";
  const Seen now{info->inode, info->size, info->changed_ns};
  if (const auto seen = seen_.find(file.path); seen != seen_.end() && seen->second == now) {
    return std::nullopt;
  }
  seen_.erase(file.path);
  if (info->mode != file.mode) return "has the mode " + model::mode_text(info->mode);
  if (!file.owner.empty()) {
    const auto owner = owners_.find(file.owner);
    if (owner && (owner->user != info->user || owner->group != info->group)) {
      return "belongs to somebody else";
    }
  }
  const auto content = root_.read(file.path, model::kTemplateFileBytesMax);
  if (!content && content.error().code != ErrorCode::exhausted) return std::nullopt;
  if (!content || Digest::of(*content) != file.digest) return "was changed";
  seen_[file.path] = now;
  return std::nullopt;
}

}  // namespace titan::agent

#include "agent/upkeep.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::agent {

using model::Key;
using reconciler::FileState;

void Upkeep::look(Clock::Monotonic now, const IsBusy& is_busy) {
  look_for_secrets(is_busy);
  restore_secrets();
  Settled settled;
  for (const auto& [key, applied] : env_.state.applied) {
    if (!is_busy(key) && !env_.state.touched.contains(key)) settled.emplace(key, &applied);
  }
  drifted_.clear();
  drivers_drifted_.clear();
  told_before_ = std::exchange(told_, {});
  look_at_files(settled, now);
  if (was_thorough()) ask_drivers(settled);
  look_at_drivers(settled);
  if (const auto saved = drift_watch_.save(); !saved) {
    env_.log.warning("what was seen of the files is not remembered",
                     {{"error", saved.error().text()}});
  }
}

void Upkeep::look_for_secrets(const IsBusy& is_busy) {
  lacking_.clear();
  for (const auto& [key, applied] : env_.state.applied) {
    if (applied.secret_files.empty() || is_busy(key)) continue;
    for (const FileState& file : applied.files) {
      if (!applied.secret_files.contains(file.path)) continue;
      if (!env_.secret_files.has(key, file.path, file.mode)) lacking_[key].insert(file.path);
    }
  }
}

void Upkeep::restore_secrets() {
  for (const auto& [key, paths] : lacking_) {
    const auto restored = restore_secrets(key, paths);
    if (restored) {
      env_.log.info("values of secrets are back", {{"deployment", key.short_text()}});
    } else {
      env_.log.error("values of secrets are missing",
                     {{"deployment", key.short_text()}, {"reason", restored.error().text()}});
    }
  }
}

// The link comes first: what is cut off here is begun anew while the file is missing.
Result<void> Upkeep::restore_secrets(const Key& key, const std::set<std::string>& paths) {
  TITAN_ASSIGN(const Rendering rendering, env_.renderer.render(env_.state.applied.at(key).form));
  for (const SecretFile& file : rendering.secret) {
    if (!paths.contains(file.path)) continue;
    TITAN_ASSIGN(const std::string target, env_.secret_files.target(key, file.path));
    const auto link = env_.root.read_link(file.path);
    if (!link || *link != target) {
      TITAN_TRY(make_directories(env_.root, parent_of(file.path)));
      TITAN_TRY(link_atomically(env_.root, file.path, target));
    }
    TITAN_TRY(env_.secret_files.write(key, file));
  }
  return {};
}

void Upkeep::tell(const Key& key, const std::string& text) {
  auto& texts = told_[key];
  if (texts.size() < model::kDriftTextsMax) texts.push_back(text);
}

// What stays as it is found is logged once.
void Upkeep::look_at_files(const Settled& settled, Clock::Monotonic now) {
  for (const auto& [key, found] : drift_watch_.look(settled, now, env_.drift_interval)) {
    const bool heals = settled.at(key)->form.drift_policy == model::DriftPolicy::heal;
    const auto& before = told_before_[key];
    for (const DriftWatch::Found& one : found) {
      const std::string text = clip(one.path + " " + one.what, model::kDriftTextBytesMax);
      if (std::ranges::find(before, text) == before.end()) {
        env_.log.warning(
            "a file is not as it was applied",
            {{"deployment", key.short_text()}, {"file", one.path}, {"found", one.what}});
      }
      if (heals) {
        drifted_[key].insert(one.path);
      } else {
        tell(key, text);
      }
    }
  }
}

void Upkeep::ask_drivers(const Settled& settled) {
  drift_watch_.driver_findings.clear();
  for (const auto& [key, applied] : settled) {
    if (!env_.applier.acts(applied->form)) continue;
    auto files = env_.renderer.render_shown(applied->form);
    if (!files) continue;
    const auto found =
        env_.applier.drift({.form = &applied->form, .rendering = {.files = *std::move(files)}});
    if (!found) {
      env_.log.warning("the driver cannot say how it is",
                       {{"deployment", key.short_text()}, {"error", found.error().text()}});
    } else if (!found->empty()) {
      env_.log.warning("it is not as it was applied",
                       {{"deployment", key.short_text()}, {"found", join(*found, "; ")}});
      drift_watch_.driver_findings[key] = *found;
    }
  }
}

// What drivers found is put back once; what is only told of stays until they are asked again.
void Upkeep::look_at_drivers(const Settled& settled) {
  for (const auto& [key, texts] : drift_watch_.driver_findings) {
    const auto applied = settled.find(key);
    if (applied == settled.end()) continue;
    if (applied->second->form.drift_policy == model::DriftPolicy::heal) {
      if (was_thorough()) drivers_drifted_.insert(key);
      continue;
    }
    for (const std::string& text : texts) tell(key, clip(text, model::kDriftTextBytesMax));
  }
}

void Upkeep::note_healed(const Key& key) {
  lacking_.erase(key);
  drifted_.erase(key);
  drivers_drifted_.erase(key);
}

}  // namespace titan::agent

#include "server-lite/preview_answer.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "model/spec.hpp"
#include "render/line_diff.hpp"

namespace titan::server_lite {
namespace {

using model::RenderedFile;

bool is_text(std::string_view content) {
  return content.find('\0') == std::string_view::npos && utf8_prefix(content) == content.size();
}

// As if there were no file.
const RenderedFile& file_or_none(const RenderedFile* file) {
  static const RenderedFile kNone;
  return file == nullptr ? kNone : *file;
}

PreviewGroup::Kind kind_of(const PreviewedForm* before, const PreviewedForm* after) {
  if (after == nullptr) return PreviewGroup::Kind::removed;
  if (!after->desired.error.empty()) return PreviewGroup::Kind::failing;
  return before == nullptr ? PreviewGroup::Kind::added : PreviewGroup::Kind::changed;
}

// What cannot be rendered stays on the host as it is, so that nothing is known to happen there.
reconciler::FilesOfDriver files_of(const PreviewedForm* form) {
  if (form == nullptr || !form->desired.error.empty()) return {};
  return {form->desired.driver, &form->files};
}

}  // namespace

std::string_view name_of(FileChange::Kind kind) {
  // In the order of enum Kind.
  constexpr std::array<std::string_view, 3> kNames = {"added", "removed", "changed"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(PreviewGroup::Kind kind) {
  // In the order of enum Kind.
  constexpr std::array<std::string_view, 4> kNames = {"added", "removed", "changed", "failing"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Lines that are the same on both sides are no part of what happens: hosts differ in them.
void PreviewCollector::compare_text(const std::string& before, const std::string& after,
                                    FileChange& change, Hasher& hasher) {
  render::DiffBudget budget{std::min(cells_, render::kDiffCellsMax)};
  const std::size_t allowed = budget.cells;
  const auto lines = render::diff_lines(render::lines_of(before), render::lines_of(after), budget);
  cells_ -= allowed - budget.cells;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].kind == render::DiffLine::Kind::same) continue;
    hasher.add(i).add(static_cast<std::uint64_t>(lines[i].kind)).add(lines[i].text);
  }
  change.diff = render::unified_text(render::hunks_of(lines, render::kDiffContextLines));
}

FileChange PreviewCollector::compare(const RenderedFile* before, const RenderedFile* after,
                                     Hasher& hasher) {
  const RenderedFile& old = file_or_none(before);
  const RenderedFile& fresh = file_or_none(after);
  FileChange change{.path = after == nullptr ? old.path : fresh.path,
                    .owner_before = old.owner,
                    .owner_after = fresh.owner};
  if (before != nullptr) {
    change.mode_before = model::mode_text(old.mode);
    change.digest_before = Digest::of(old.content);
  }
  if (after != nullptr) {
    change.mode_after = model::mode_text(fresh.mode);
    change.digest_after = Digest::of(fresh.content);
  }
  if (before == nullptr) change.kind = FileChange::Kind::added;
  if (after == nullptr) change.kind = FileChange::Kind::removed;
  hasher.add(change.path).add(name_of(change.kind));
  hasher.add(change.mode_before).add(change.mode_after);
  hasher.add(change.owner_before).add(change.owner_after);
  change.is_binary = !is_text(old.content) || !is_text(fresh.content);
  if (change.is_binary) {
    hasher.add(change.digest_before.hex()).add(change.digest_after.hex());
  } else {
    compare_text(old.content, fresh.content, change, hasher);
  }
  return change;
}

void PreviewCollector::add_files(PreviewGroup& group, const PreviewedForm* before,
                                 const PreviewedForm* after, Hasher& hasher) {
  std::map<std::string_view, std::pair<const RenderedFile*, const RenderedFile*>> both;
  if (before != nullptr) {
    for (const RenderedFile& file : before->files) both[file.path].first = &file;
  }
  if (after != nullptr) {
    for (const RenderedFile& file : after->files) both[file.path].second = &file;
  }
  for (const auto& [path, sides] : both) {
    const auto& [old, fresh] = sides;
    if (old != nullptr && fresh != nullptr && *old == *fresh) continue;
    group.files.push_back(compare(old, fresh, hasher));
  }
  group.effects = reconciler::effects_of(files_of(before), files_of(after));
  for (const reconciler::Effect& effect : group.effects.items) {
    hasher.add(reconciler::name_of(effect.action)).add(effect.subject).add(effect.condition);
  }
  hasher.add(group.effects.note);
}

// An answer holds so much, and each file so much of it: whole lines, so that they can be read.
void PreviewCollector::make_room(PreviewGroup& group) {
  for (FileChange& file : group.files) {
    const std::size_t room = std::min(diff_bytes_, kPreviewFileDiffBytes);
    if (file.diff.size() > room) {
      const std::size_t end = room == 0 ? std::string::npos : file.diff.rfind('\n', room - 1);
      file.diff.resize(end == std::string::npos ? 0 : end + 1);
      file.is_cut = true;
    }
    diff_bytes_ -= file.diff.size();
  }
}

std::size_t PreviewCollector::add(const model::Key& deployment, const std::string& host,
                                  const PreviewedForm* before, const PreviewedForm* after) {
  PreviewGroup group{.deployment = deployment, .kind = kind_of(before, after), .hosts = {host}};
  if (before != nullptr) {
    group.driver = before->desired.driver;
    group.version_before = before->desired.version;
    group.error_before = clip(before->desired.error, kPreviewErrorBytesMax);
  }
  if (after != nullptr) {
    group.driver = after->desired.driver;
    group.version_after = after->desired.version;
    group.error_after = clip(after->desired.error, kPreviewErrorBytesMax);
  }
  Hasher hasher;
  hasher.add(deployment.text()).add(name_of(group.kind)).add(group.driver);
  hasher.add(group.version_before).add(group.version_after);
  hasher.add(group.error_before).add(group.error_after);
  if (group.kind != PreviewGroup::Kind::failing) add_files(group, before, after, hasher);
  const auto [known, is_new] = known_.emplace(hasher.finish(), groups_.size());
  if (!is_new) {
    groups_[known->second].hosts.push_back(host);
    return known->second;
  }
  make_room(group);
  groups_.push_back(std::move(group));
  return known->second;
}

std::vector<PreviewGroup> PreviewCollector::finish() {
  for (PreviewGroup& group : groups_) std::ranges::sort(group.hosts);
  std::ranges::sort(groups_, [](const PreviewGroup& one, const PreviewGroup& other) {
    return std::tie(one.deployment, one.hosts.front()) <
           std::tie(other.deployment, other.hosts.front());
  });
  return std::move(groups_);
}

}  // namespace titan::server_lite

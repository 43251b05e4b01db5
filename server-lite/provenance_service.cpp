#include "server-lite/provenance_service.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "reconciler/delivery.hpp"
#include "reconciler/preview.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Bookmark;
using model::DesiredDeployment;
using model::Key;

Error too_old() {
  Error error = expired("that is before the oldest change that the log still holds");
  error.field = "at";
  return error;
}

// "does not exist", or did not.
std::string missing_text(bool is_now) {
  return is_now ? " does not exist" : " did not exist at that moment";
}

// What the fleet says of one moment, before anything is rendered.
struct Forms {
  std::vector<DesiredDeployment> desired = {};
  bool has_host = false;
  bool is_now = false;
  bool is_known = true;  // the moment
};

Forms forms_at(const FleetView& view, const Key& host, std::uint64_t seq) {
  const reconciler::Fleet& fleet = view.fleet;
  Forms forms{.is_now = seq == fleet.head(), .is_known = seq >= fleet.horizon()};
  const auto* record = fleet.find_host(host);
  if (!forms.is_known || record == nullptr || record->at(seq) == nullptr) return forms;
  forms.has_host = true;
  for (const auto& delivery : reconciler::deliveries_to(fleet, *record, seq)) {
    forms.desired.push_back(
        reconciler::desired_form(fleet, delivery, reconciler::desired_digest(delivery)));
  }
  return forms;
}

Result<void> check(const Forms& forms, const Key& host) {
  if (!forms.is_known) return too_old();
  if (!forms.has_host) return not_found("host " + quote(host.name) + missing_text(forms.is_now));
  return {};
}

// How one form stands to another, as far as that is known without rendering them.
using Pair = std::tuple<Key, std::string, std::string, Digest, Digest, std::string, std::string>;

Pair pair_of(const Key& deployment, const std::optional<DesiredDeployment>& before,
             const std::optional<DesiredDeployment>& after) {
  const DesiredDeployment old = before.value_or(DesiredDeployment());
  const DesiredDeployment fresh = after.value_or(DesiredDeployment());
  return {deployment,          before ? old.driver : "-", after ? fresh.driver : "-",
          old.rendered_digest, fresh.rendered_digest,     old.error,
          fresh.error};
}

bool is_same(const std::optional<DesiredDeployment>& before,
             const std::optional<DesiredDeployment>& after) {
  if (!before || !after) return !before && !after;
  return before->driver == after->driver && before->error == after->error &&
         before->rendered_digest == after->rendered_digest;
}

std::size_t bytes_of(const std::vector<model::RenderedFile>& files) {
  std::size_t bytes = 0;
  for (const model::RenderedFile& file : files) bytes += file.content.size();
  return bytes;
}

}  // namespace

Result<std::uint64_t> ProvenanceService::moment_of(const std::string& at) {
  const auto [head, horizon] = parts_.state.read(
      [](const FleetView& view) { return std::pair(view.fleet.head(), view.fleet.horizon()); });
  if (at.empty()) return head;
  std::uint64_t seq = 0;
  if (const auto bookmark = Bookmark::parse(at)) {
    if (bookmark->epoch != epoch_) {
      Error error = expired("that bookmark is of other data than the server has now");
      error.field = "at";
      return error;
    }
    seq = bookmark->seq;
    if (seq > head) return invalid_field("at", quote(at) + " is in the future");
  } else {
    const auto time = Timestamp::parse(at);
    if (!time) {
      return invalid_field("at", quote(at) +
                                     " is neither a bookmark nor an RFC 3339 time such as "
                                     "2026-03-01T12:00:00Z");
    }
    const auto found = parts_.store.seq_before(Timestamp::from_micros(time->micros() + 1));
    if (!found && found.error().code == ErrorCode::expired) return too_old();
    if (!found) return found.error();
    seq = std::min(*found, head);
  }
  if (seq < horizon) return too_old();
  return seq;
}

Result<ProvenanceService::Rendering> ProvenanceService::rendering_of(DesiredDeployment desired) {
  Rendering rendering;
  TITAN_TRY(parts_.renderer.fill_digest(desired));
  if (desired.error.empty()) {
    TITAN_ASSIGN(rendering.files, parts_.renderer.render(desired));
  }
  rendering.desired = std::move(desired);
  return rendering;
}

Result<ProvenanceService::HostRendering> ProvenanceService::render(const Key& deployment,
                                                                   const Key& host,
                                                                   std::uint64_t seq) {
  bool exists = false;
  Forms forms = parts_.state.read([&](const FleetView& view) {
    const auto* record = view.fleet.find(deployment);
    exists = record != nullptr && seq >= view.fleet.horizon() && record->at(seq) != nullptr;
    return forms_at(view, host, seq);
  });
  TITAN_TRY(check(forms, host));
  const auto found =
      std::ranges::find(forms.desired, deployment, [](const auto& form) { return form.key; });
  if (found == forms.desired.end()) {
    if (!exists) return not_found(deployment.subject() + missing_text(forms.is_now));
    return not_found(deployment.subject() + (forms.is_now ? " is" : " was") +
                     " not meant for host " + quote(host.name) +
                     (forms.is_now ? "" : " at that moment"));
  }
  HostRendering answer{.bookmark = {epoch_, seq}};
  TITAN_ASSIGN(answer.deployments.emplace_back(), rendering_of(std::move(*found)));
  return answer;
}

Result<ProvenanceService::HostRendering> ProvenanceService::render(const Key& host,
                                                                   std::uint64_t seq,
                                                                   const Sees& sees) {
  Forms forms = parts_.state.read([&](const FleetView& view) { return forms_at(view, host, seq); });
  TITAN_TRY(check(forms, host));
  HostRendering answer{.bookmark = {epoch_, seq}};
  for (DesiredDeployment& desired : forms.desired) {
    if (!sees(desired.key.workspace)) continue;
    TITAN_ASSIGN(answer.deployments.emplace_back(), rendering_of(std::move(desired)));
  }
  return answer;
}

// Forms are rendered outside of the fleet's lock, and only where they differ from what was
// compared already.
Result<ProvenanceService::PreviewAnswer> ProvenanceService::compare(
    const reconciler::Preview& preview, const Sees& sees) {
  PreviewAnswer answer{.more_hosts = preview.more_hosts,
                       .more_deployments = preview.more_deployments};
  PreviewCollector collector;
  std::map<Pair, std::size_t> compared;
  std::set<std::string> changed;
  std::set<std::string> looked_at;
  std::set<std::string> left_out;
  std::size_t bytes = 0;
  for (const reconciler::Preview::Place& place : preview.places) {
    if (!sees(place.deployment.workspace)) continue;
    if (bytes > kPreviewRenderedBytes && !looked_at.contains(place.host.name)) {
      left_out.insert(place.host.name);
      continue;
    }
    looked_at.insert(place.host.name);
    auto before =
        reconciler::form_at(*preview.before, place.deployment, place.host, preview.before->head());
    auto after =
        reconciler::form_at(*preview.after, place.deployment, place.host, preview.after->head());
    if (before) TITAN_TRY(parts_.renderer.fill_digest(*before));
    if (after) TITAN_TRY(parts_.renderer.fill_digest(*after));
    if (is_same(before, after)) continue;
    changed.insert(place.host.name);
    const Pair pair = pair_of(place.deployment, before, after);
    if (const auto known = compared.find(pair); known != compared.end()) {
      collector.add(known->second, place.host.name);
      continue;
    }
    PreviewedForm old;
    PreviewedForm fresh;
    for (const auto& [desired, form] : {std::pair(&before, &old), std::pair(&after, &fresh)}) {
      if (!*desired) continue;
      TITAN_ASSIGN(Rendering rendering, rendering_of(**desired));
      form->desired = std::move(rendering.desired);
      form->files = std::move(rendering.files);
      bytes += bytes_of(form->files);
    }
    compared[pair] = collector.add(place.deployment, place.host.name, before ? &old : nullptr,
                                   after ? &fresh : nullptr);
  }
  answer.hosts = looked_at.size();
  answer.more_hosts += left_out.size();
  answer.changed_hosts = changed.size();
  answer.groups = collector.finish();
  return answer;
}

tl::expected<ProvenanceService::PreviewAnswer, Refusal> ProvenanceService::preview(
    const Proposal& proposal, const Sees& sees) {
  const auto states = parts_.writer.preview(proposal);
  if (!states) return tl::unexpected(states.error());
  Bookmark bookmark{.epoch = epoch_};
  const reconciler::Preview preview = parts_.state.read([&](const FleetView& view) {
    bookmark.seq = view.fleet.head();
    return reconciler::preview(view.fleet, *states);
  });
  auto answer = compare(preview, sees);
  if (!answer) return tl::unexpected(Refusal{.error = answer.error()});
  answer->bookmark = bookmark;
  return *std::move(answer);
}

}  // namespace titan::server_lite

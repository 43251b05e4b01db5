#include "server-lite/why_service.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/secret_use.hpp"
#include "reconciler/delivery.hpp"
#include "reconciler/layers.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::DesiredDeployment;
using model::Key;
using reconciler::FormSources;
using reconciler::Source;

bool is_asked_for(const std::string& path, const std::string& asked) {
  return path == asked || path == std::string(model::kRootFolder) + asked;
}

bool is_text(std::string_view content) {
  return content.find('\0') == std::string_view::npos && utf8_prefix(content) == content.size();
}

// The host's labels that a target's rules name.
model::Labels labels_matched(const model::TargetSpec& target, const model::Labels& labels) {
  model::Labels matched;
  for (const model::LabelAlternatives& clause : target.required()) {
    if (const auto found = labels.find(clause.key); found != labels.end()) matched.insert(*found);
  }
  return matched;
}

}  // namespace

// The one file that is meant, and what it is made of.
struct WhyService::Found {
  DesiredDeployment desired = {};
  FormSources sources = {};
  std::uint64_t horizon = 0;
  std::vector<render::TracedFile> files = {};  // of the deployment
  std::size_t file = 0;                        // the one
};

Result<WhyService::Found> WhyService::find(const Question& question, const Sees& sees) {
  bool has_host = false;
  bool is_known = false;
  std::uint64_t horizon = 0;
  std::vector<DesiredDeployment> forms;
  state_.read([&](const FleetView& view) {
    const reconciler::Fleet& fleet = view.fleet;
    horizon = fleet.horizon();
    is_known = question.seq >= horizon;
    const auto* host = fleet.find_host(question.host);
    has_host = is_known && host != nullptr && host->at(question.seq) != nullptr;
    if (!has_host) return;
    for (const auto& delivery : reconciler::deliveries_to(fleet, *host, question.seq)) {
      const Key& key = delivery.deployment->key;
      const bool is_meant = question.deployment.empty() || key.short_text() == question.deployment;
      if (!is_meant || !sees(key.workspace)) continue;
      forms.push_back(
          reconciler::desired_form(fleet, delivery, reconciler::desired_digest(delivery)));
    }
  });
  if (!is_known) return expired("that is before the oldest change that the log still holds");
  if (!has_host) return not_found("host " + quote(question.host.name) + " does not exist");

  std::vector<Found> found;
  std::string failure;
  for (DesiredDeployment& desired : forms) {
    TITAN_TRY(renderer_.fill_digest(desired));
    if (!desired.error.empty()) {
      failure = desired.key.subject() + " cannot be rendered: " + desired.error;
      continue;
    }
    // Tracing costs more, and most deployments have no such file.
    TITAN_ASSIGN(const auto rendered, renderer_.render(desired));
    const bool has_file = std::ranges::any_of(rendered, [&](const model::RenderedFile& one) {
      return is_asked_for(one.path, question.path);
    });
    if (!has_file) continue;
    TITAN_ASSIGN(auto files, renderer_.trace(desired));
    const auto file = std::ranges::find_if(files, [&](const render::TracedFile& one) {
      return is_asked_for(one.file().path, question.path);
    });
    const auto place = static_cast<std::size_t>(file - files.begin());
    found.push_back({.desired = std::move(desired), .files = std::move(files), .file = place});
  }
  if (found.empty()) {
    return not_found("nothing that host " + quote(question.host.name) + " gets has a file " +
                     quote(question.path) + (failure.empty() ? "" : "; " + failure));
  }
  if (found.size() > 1) {
    std::vector<std::string> names;
    for (const Found& one : found) names.push_back(one.desired.key.short_text());
    return conflict("several deployments have a file " + quote(question.path) + ": " +
                    join(names, ", ") + "; say which one is meant");
  }
  Found& one = found.front();
  one.horizon = horizon;
  auto sources = state_.read([&](const FleetView& view) {
    return question.seq < view.fleet.horizon()
               ? std::nullopt
               : reconciler::sources_of(view.fleet, one.desired.key, question.host, question.seq);
  });
  if (!sources) return expired("that is before the oldest change that the log still holds");
  one.sources = *std::move(sources);
  return std::move(one);
}

Result<WhyService::Rule> WhyService::rule_of(const Found& found) {
  Rule rule;
  const model::Entity* host = found.sources.host.now();
  if (const model::Entity* target = found.sources.target.now(); target != nullptr) {
    const auto& spec = std::get<model::TargetSpec>(target->spec);
    rule.target = target->name;
    rule.labels = spec.labels;
    rule.selector = spec.selector.text();
    rule.matched = labels_matched(spec, std::get<model::HostSpec>(host->spec).labels);
    TITAN_ASSIGN(rule.since,
                 since(reconciler::changed_at(found.sources.target, {"spec"}, found.horizon)));
  } else if (const model::Entity* assignment = found.sources.assignment.now();
             assignment != nullptr) {
    rule.assignment = assignment->name;
    rule.target = std::get<model::DeploymentSpec>(found.sources.deployment.now()->spec).target;
    TITAN_ASSIGN(rule.since,
                 since(reconciler::changed_at(found.sources.assignment, {"spec"}, found.horizon)));
  }
  return rule;
}

Result<void> WhyService::add_inputs(const Found& found, const std::vector<std::string>& pointers,
                                    Answer& answer) {
  TITAN_ASSIGN(const model::Values inputs, model::inputs_with_placeholders(found.desired));
  for (const std::string& pointer : pointers) {
    if (answer.inputs.size() == kWhyInputsMax) {
      ++answer.more_inputs;
      continue;
    }
    TITAN_ASSIGN(const auto names, reconciler::pointer_names(pointer));
    Input input{.pointer = pointer};
    if (const auto* value = reconciler::find_at(inputs.json(), names); value != nullptr) {
      input.value = clip(canonical_json(*value), kWhyTextBytesMax);
    }
    const reconciler::InputSource source = reconciler::source_of_input(found.sources, names);
    input.layer = source.layer;
    input.weaker_layers = source.weaker_layers;
    if (source.source != nullptr && source.source->now() != nullptr) {
      input.subject = source.source->key.subject();
      input.place = reconciler::pointer_text(source.place);
      TITAN_ASSIGN(input.since,
                   since(reconciler::changed_at(*source.source, source.place, found.horizon)));
    }
    answer.inputs.push_back(std::move(input));
  }
  return {};
}

Result<WhyService::Answer> WhyService::ask(const Question& question, const Sees& sees) {
  TITAN_ASSIGN(const Found found, find(question, sees));
  const render::TracedFile& file = found.files[found.file];
  if (!is_text(file.file().content)) {
    return invalid_field("path", quote(file.file().path) + " is no text, and has no lines");
  }
  Answer answer{.host = question.host.name,
                .bookmark = {epoch_, question.seq},
                .deployment = found.desired.key,
                .version = found.desired.version,
                .path = file.file().path,
                .source = file.source(),
                .template_name = found.desired.template_name,
                .template_digest = found.desired.template_digest,
                .line_count = file.line_count()};
  if (question.line > answer.line_count) {
    return not_found(quote(answer.path) + " has " + std::to_string(answer.line_count) +
                     (answer.line_count == 1 ? " line" : " lines"));
  }
  const std::uint64_t first = std::max<std::uint64_t>(question.line, 1);
  const std::uint64_t last =
      question.line == 0 ? std::min<std::uint64_t>(answer.line_count, kWhyLinesMax) : question.line;
  std::set<std::string> pointers;
  std::set<std::string> files = {file.source()};
  for (std::uint64_t number = first; number <= last; ++number) {
    Line line{.number = number,
              .text = clip(file.line(number), kWhyTextBytesMax),
              .origins = file.origins(number)};
    for (const render::Origin& origin : line.origins) {
      if (origin.role != render::Origin::Role::text) pointers.insert(origin.input);
      files.insert(origin.place.file);
      for (const render::Place& place : origin.included) files.insert(place.file);
    }
    answer.lines.push_back(std::move(line));
  }
  for (const std::string& path : files) {
    SourceFile source{.path = path};
    TITAN_ASSIGN(source.since,
                 since(reconciler::file_changed_at(found.sources.template_, path, found.horizon)));
    answer.files.push_back(std::move(source));
  }
  TITAN_ASSIGN(answer.rule, rule_of(found));
  TITAN_TRY(add_inputs(found, {pointers.begin(), pointers.end()}, answer));
  return answer;
}

}  // namespace titan::server_lite

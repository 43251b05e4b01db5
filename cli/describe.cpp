#include "cli/describe.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <ostream>
#include <span>
#include <variant>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/change_text.hpp"
#include "cli/limits.hpp"
#include "cli/table.hpp"
#include "cli/terminal_text.hpp"
#include "model/labels.hpp"

namespace titan::cli {
namespace {

constexpr std::size_t kLabelWidth = 13;  // "Last report:" and a space

class Writer {
 public:
  Writer(std::ostream& out, const DescriptionStyle& style) : out_(out), style_(style) {}

  void field(std::string_view label, const std::string& value) {
    print(label, value.empty() ? "<none>" : terminal_text(value));
  }
  void status(model::Status status) {
    const std::string word(model::name_of(status));
    print("Status", style_.colour ? coloured_status(word) : word);
  }
  void time(std::string_view label, Timestamp when) {
    field(label, age(when) + " ago (" + when.text() + ")");
  }
  void block(std::string_view label, const std::string& text) {
    out_ << label << ":\n";
    for (const std::string& line : split(trim(text), '\n')) {
      out_ << "  " << terminal_text(line) << '\n';
    }
  }
  void table(const Table& table, const std::string& after) {
    table.print(out_, {.colour = style_.colour, .indent = "  "});
    if (!after.empty()) out_ << "  " << after << '\n';
  }
  [[nodiscard]] std::string age(Timestamp when) const { return age_text(when, style_.now); }

 private:
  void print(std::string_view label, const std::string& value) {
    std::string start = label.empty() ? std::string() : std::string(label) + ":";
    start.resize(kLabelWidth, ' ');
    out_ << start << value << '\n';
  }

  std::ostream& out_;
  const DescriptionStyle& style_;
};

void print_reasons(Writer& writer, const std::vector<std::string>& reasons) {
  std::string_view label = "Reason";
  for (const std::string& reason : reasons) {
    writer.field(label, reason);
    label = "";
  }
}

std::string yes_or_no(bool value) {
  return value ? "yes" : "no";
}

std::string since_text(const Writer& writer, const std::optional<Timestamp>& since) {
  return since ? writer.age(*since) : std::string();
}

// How soon a person should look: what fails, then what is waited for, then the rest.
int urgency_of(model::Status status, bool current) {
  if (status == model::Status::error) return 0;
  return status == model::Status::ready && current ? 2 : 1;
}

template <class Item>
void sort_by_urgency(std::vector<Item>& items) {
  std::ranges::stable_sort(items, {},
                           [](const Item& item) { return urgency_of(item.status, item.current); });
}

template <class Item>
std::string ready_text(const std::vector<Item>& items) {
  const auto ready = std::ranges::count_if(
      items, [](const Item& item) { return urgency_of(item.status, item.current) == 2; });
  return std::to_string(ready) + " of " + std::to_string(items.size()) + " ready";
}

std::string more_text(std::size_t shown_of) {
  return shown_of > kDescribedHosts ? "and " + std::to_string(shown_of - kDescribedHosts) + " more"
                                    : std::string();
}

std::string times_text(std::uint64_t count) {
  return count == 1 ? "once" : std::to_string(count) + " times";
}

// What a table has no room for.
void print_trouble(Writer& writer, const std::string& where, const client::Trouble& trouble) {
  if (trouble == client::Trouble()) return;
  std::vector<std::string> lines;
  if (trouble.attempts > 0) lines.push_back("tried " + times_text(trouble.attempts));
  if (trouble.stalled) lines.emplace_back("stalled: it is not tried again as it is");
  for (const std::string& drift : trouble.drift) lines.push_back("drift: " + drift);
  if (trouble.healed > 0) {
    lines.push_back("changes by others undone " + times_text(trouble.healed));
  }
  if (!trouble.output.empty()) lines.emplace_back("the last output:");
  for (const std::string& line : split(trim(trouble.output), '\n')) {
    if (!trouble.output.empty()) lines.push_back("  " + line);
  }
  writer.block(where, join(lines, "\n"));
}

void print_hosts(Writer& writer, std::vector<client::DeploymentHost> hosts) {
  if (hosts.empty()) return writer.field("Hosts", "");
  sort_by_urgency(hosts);
  Table table({"HOST", "HOST-STATUS", "STATUS", "SINCE", "CURRENT", "VERSION", "COMMIT", "REPORTED",
               "REASON"});
  const auto shown = std::span(hosts).first(std::min(hosts.size(), kDescribedHosts));
  for (const auto& host : shown) {
    table.add({host.host,
               host.host_status ? std::string(model::name_of(*host.host_status)) : std::string(),
               std::string(model::name_of(host.status)), since_text(writer, host.since),
               yes_or_no(host.current), host.version == 0 ? "" : std::to_string(host.version),
               host.commit.substr(0, kCommitShown),
               host.time ? writer.age(*host.time) + " ago" : "never", host.reason});
  }
  writer.field("Hosts", ready_text(hosts));
  writer.table(table, more_text(hosts.size()));
  for (const auto& host : shown) print_trouble(writer, "Host " + host.host, host.trouble);
}

void print_assigned(Writer& writer, const model::DeploymentSpec& spec,
                    const std::vector<std::string>& assigned) {
  if (!spec.replicas) return;
  writer.field("Replicas", std::to_string(assigned.size()) + " of " +
                               std::to_string(*spec.replicas) + " assigned");
  for (std::size_t i = 0; i < std::min(assigned.size(), kDescribedHosts); ++i) {
    writer.field("", assigned[i]);
  }
  if (assigned.size() > kDescribedHosts) writer.field("", more_text(assigned.size()));
}

void print_host_deployments(Writer& writer, std::vector<client::HostState::Deployment> all) {
  if (all.empty()) return writer.field("Deployments", "");
  sort_by_urgency(all);
  Table table({"DEPLOYMENT", "STATUS", "SINCE", "CURRENT", "VERSION", "REASON"});
  const auto shown = std::span(all).first(std::min(all.size(), kDescribedHosts));
  for (const auto& one : shown) {
    table.add({one.deployment, std::string(model::name_of(one.status)),
               since_text(writer, one.since), yes_or_no(one.current),
               one.version == 0 ? "" : std::to_string(one.version), one.reason});
  }
  writer.field("Deployments", ready_text(all));
  writer.table(table, more_text(all.size()));
  for (const auto& one : shown) print_trouble(writer, "Deployment " + one.deployment, one.trouble);
}

std::string skew_text(std::int64_t seconds) {
  // The least of all numbers has no positive one.
  const std::chrono::seconds off(std::abs(std::max(seconds, -INT64_MAX)));
  return duration_text(off) + (seconds < 0 ? " behind" : " ahead");
}

void print_host_state(Writer& writer, const client::HostState& state,
                      const std::optional<client::ReceivedReport>& received) {
  const auto moment = [&writer](std::string_view label, const std::optional<Timestamp>& time,
                                std::string_view otherwise) {
    if (time) return writer.time(label, *time);
    writer.field(label, std::string(otherwise));
  };
  moment("Last seen", state.last_seen, "not since the server started");
  moment("Last report", state.last_report, "never");
  std::string bookmark = state.bookmark ? state.bookmark->text() : std::string();
  if (state.bookmark_time) bookmark += " (" + writer.age(*state.bookmark_time) + " old)";
  writer.field("Bookmark", bookmark);
  if (received) writer.field("Agent", received->report.agent_version);
  if (!state.drivers.empty()) writer.field("Drivers", join(state.drivers, ", "));
  if (state.clock_skew_seconds != 0) writer.field("Clock", skew_text(state.clock_skew_seconds));
  print_host_deployments(writer, state.deployments);
}

void print_keys(Writer& writer, const model::SecretSpec& spec) {
  Table table({"KEY", "DIGEST"});
  for (const auto& [key, entry] : spec.data) table.add({key, entry.digest.text()});
  writer.field("Keys", std::to_string(spec.data.size()));
  writer.table(table, "");
}

void print_source(Writer& writer, const model::TemplateSpec& spec) {
  if (!spec.git) return;
  writer.field("Repository", spec.git->repository);
  if (!spec.git->ref.empty()) writer.field("Ref", spec.git->ref);
  if (!spec.git->path.empty()) writer.field("Path", spec.git->path);
  writer.field("Commit", spec.git->commit);
}

void print_stages(Writer& writer, const model::Entity& deployment) {
  std::size_t count = 0;
  Table table({"STAGE", "OUTCOME", "AGE", "REVISION", "ACTOR", "URL"});
  for (const model::Stage& stage : deployment.stages) {
    if (stage.version != deployment.version) continue;
    ++count;
    table.add({stage.name, std::string(model::name_of(stage.outcome)), writer.age(stage.time),
               stage.revision, stage.actor, stage.url});
  }
  if (count == 0) return;
  writer.field("Stages", std::to_string(count) + " reported of this version");
  writer.table(table, "");
}

void print_changes(Writer& writer, const std::vector<model::Change>& changes) {
  if (changes.empty()) return;
  Table table({"SEQ", "AGE", "OPERATION", "ACTOR", "WHAT"});
  for (const auto& change : changes) {
    table.add({std::to_string(change.seq), writer.age(change.time),
               std::string(model::name_of(change.operation)), change.actor, what_changed(change)});
  }
  writer.field("Changes", "the last " + std::to_string(changes.size()));
  writer.table(table, "");
}

}  // namespace

void print_description(std::ostream& out, const Description& description,
                       const DescriptionStyle& style) {
  const model::Entity& entity = description.entity;
  Writer writer(out, style);
  writer.field("Name", entity.name);
  writer.field("Kind", std::string(model::name_of(entity.kind())));
  if (!entity.workspace.empty()) writer.field("Workspace", entity.workspace);
  writer.field("Id", entity.id);
  writer.status(entity.status);
  print_reasons(writer, entity.reason);
  writer.time("Created", entity.created_time);
  writer.time("Modified", entity.modified_time);
  writer.field("Version", std::to_string(entity.version));
  writer.field("Revision", std::to_string(entity.revision));
  writer.field("Tags", model::labels_text(entity.tags));
  if (const auto* source = std::get_if<model::TemplateSpec>(&entity.spec)) {
    print_source(writer, *source);
  }
  if (const auto* secret = std::get_if<model::SecretSpec>(&entity.spec)) {
    print_keys(writer, *secret);
  } else if (const auto spec = model::json_of(entity.spec); !spec.empty()) {
    writer.block("Spec", yaml_text(spec));
  }
  if (const auto* deployment = std::get_if<model::DeploymentSpec>(&entity.spec)) {
    print_stages(writer, entity);
    print_assigned(writer, *deployment, description.assigned);
    print_hosts(writer, description.hosts);
  }
  if (description.state) print_host_state(writer, *description.state, description.report);
  print_changes(writer, description.changes);
}

}  // namespace titan::cli

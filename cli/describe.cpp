#include "cli/describe.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/table.hpp"
#include "cli/terminal_text.hpp"
#include "model/labels.hpp"

namespace titan::cli {
namespace {

constexpr std::size_t kLabelWidth = 13;  // "Last report:" and a space
constexpr std::size_t kCommitShown = 12;

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
  void table(std::string_view label, const Table& table) {
    out_ << label << ":\n";
    table.print(out_, {.colour = style_.colour, .indent = "  "});
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

void print_hosts(Writer& writer, const std::vector<client::DeploymentHost>& hosts) {
  if (hosts.empty()) return writer.field("Hosts", "");
  Table table({"HOST", "STATUS", "CURRENT", "VERSION", "COMMIT", "REPORTED", "REASON"});
  for (const auto& host : hosts) {
    table.add({host.host, std::string(model::name_of(host.status)), yes_or_no(host.current),
               host.version == 0 ? "" : std::to_string(host.version),
               host.commit.substr(0, kCommitShown),
               host.time ? writer.age(*host.time) + " ago" : "never", host.reason});
  }
  writer.table("Hosts", table);
}

void print_report(Writer& writer, const std::optional<client::ReceivedReport>& received) {
  if (!received) return writer.field("Last report", "never");
  writer.time("Last report", received->time);
  writer.field("Bookmark", received->bookmark ? received->bookmark->text() : "");
  writer.field("Agent", received->report.agent_version);
  if (received->report.deployments.empty()) return writer.field("Deployments", "");
  Table table({"DEPLOYMENT", "STATUS", "VERSION", "COMMIT", "REASON"});
  for (const auto& deployment : received->report.deployments) {
    table.add({deployment.key.short_text(), std::string(model::name_of(deployment.status)),
               std::to_string(deployment.version), deployment.commit.substr(0, kCommitShown),
               deployment.reason});
  }
  writer.table("Deployments", table);
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
  const nlohmann::json spec = model::json_of(entity.spec);
  if (!spec.empty()) writer.block("Spec", yaml_text(spec));
  if (description.hosts) print_hosts(writer, *description.hosts);
  if (entity.kind() == model::Kind::host) print_report(writer, description.report);
}

}  // namespace titan::cli

#include "cli/trace_text.hpp"

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "cli/limits.hpp"
#include "cli/table.hpp"
#include "cli/terminal_text.hpp"
#include "model/status.hpp"

namespace titan::cli {
namespace {

constexpr const char* kNothing = "-";

std::string text_or_nothing(std::string text) {
  return text.empty() ? kNothing : std::move(text);
}

class TraceText {
 public:
  explicit TraceText(const TraceStyle& style) : style_(style) {}

  // To the second: "2026-03-01T12:00:00Z".
  [[nodiscard]] std::string time(const std::optional<Timestamp>& time) const {
    if (!time) return kNothing;
    const std::string text = time->text();
    return style_.wide ? text : text.substr(0, text.find('.')) + "Z";
  }
  [[nodiscard]] std::string commit(const std::string& id) const {
    return text_or_nothing(style_.wide ? id : id.substr(0, kCommitShown));
  }
  [[nodiscard]] std::string what(const client::TraceStage& stage) const {
    std::vector<std::string> parts;
    if (stage.done) {
      parts.push_back(std::to_string(*stage.done) + " of " + std::to_string(stage.of) +
                      (stage.of == 1 ? " host" : " hosts"));
    }
    for (const std::string& part : {stage.outcome, stage.revision, stage.url}) {
      if (!part.empty()) parts.push_back(part);
    }
    if (style_.wide && !stage.request_id.empty()) parts.push_back("request " + stage.request_id);
    if (style_.wide && !stage.bookmark.empty()) parts.push_back("bookmark " + stage.bookmark);
    return text_or_nothing(join(parts, " "));
  }

 private:
  const TraceStyle& style_;
};

void print_stages(std::ostream& out, const client::Trace& trace, const TraceStyle& style) {
  const TraceText text(style);
  Table table({"STAGE", "TIME", "AFTER", "BY", "WHAT"});
  std::optional<Timestamp> before;
  for (const client::TraceStage& stage : trace.stages) {
    const bool has_both = before && stage.time;
    table.add({stage.stage, text.time(stage.time),
               has_both ? age_text(*before, *stage.time) : kNothing, text_or_nothing(stage.actor),
               text.what(stage)});
    if (stage.time) before = stage.time;
  }
  table.print(out, {.colour = style.colour});
  if (!trace.logged) {
    out << "The change that made this version is no longer in the change log.\n";
  }
  if (trace.hosts_not_counted > 0) {
    out << trace.hosts_not_counted << " more hosts are not counted.\n";
  }
}

void print_hosts(std::ostream& out, const client::Trace& trace, const TraceStyle& style) {
  if (trace.hosts.empty()) {
    out << "No host should have it.\n";
    return;
  }
  const TraceText text(style);
  std::vector<std::string> headers = {"HOST",   "STATUS",    "DELIVERED", "DEPLOYED",
                                      "COMMIT", "COMMITTED", "REASON"};
  if (style.wide) headers.emplace_back("DIGEST");
  Table table(std::move(headers));
  for (const client::TraceHost& host : trace.hosts) {
    const std::string reason = host.wanted ? host.reason
                                           : "it should have it no longer" +
                                                 (host.reason.empty() ? "" : ": " + host.reason);
    std::vector<std::string> cells = {host.host,
                                      std::string(model::name_of(host.status)),
                                      text.time(host.delivered),
                                      text.time(host.deployed),
                                      text.commit(host.commit),
                                      text.time(host.committed),
                                      text_or_nothing(reason)};
    const Digest& digest = host.rendered_digest;
    if (style.wide) cells.push_back(digest.empty() ? kNothing : digest.text());
    table.add(cells);
  }
  table.print(out, {.colour = style.colour});
}

}  // namespace

void print_trace(std::ostream& out, const client::Trace& trace, const TraceStyle& style) {
  const std::string status(model::name_of(trace.status));
  out << "Deployment " << terminal_text(trace.deployment) << ", version " << trace.version << ": "
      << (style.colour ? coloured_status(status) : status) << '\n';
  for (const std::string& reason : trace.reason) out << "  " << terminal_text(reason) << '\n';
  out << '\n';
  print_stages(out, trace, style);
  out << '\n';
  print_hosts(out, trace, style);
}

}  // namespace titan::cli

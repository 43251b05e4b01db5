#include "cli/preview_text.hpp"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/limits.hpp"
#include "cli/terminal_text.hpp"

namespace titan::cli {
namespace {

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// "would change on 37 hosts: a, b and 35 more".
std::string hosts_text(const std::vector<std::string>& hosts, const PreviewStyle& style) {
  const std::size_t shown =
      style.all_hosts ? hosts.size() : std::min(hosts.size(), kPreviewHostsNamed);
  std::vector<std::string> named(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(shown));
  std::string text = counted(hosts.size(), "host", "hosts") + ": " + join(named, ", ");
  if (hosts.size() > shown) text += " and " + std::to_string(hosts.size() - shown) + " more";
  return text;
}

std::string what_happens(const client::PreviewGroup& group) {
  if (group.change == "added") return "is new on ";
  if (group.change == "removed") return "leaves ";
  if (group.change == "failing") return "cannot be rendered on ";
  return "changes on ";
}

std::string side(const client::PreviewFile& file, const std::string& mode,
                 const std::string& owner) {
  if (mode.empty()) return "/dev/null";
  const bool is_other_mode = file.mode.before != file.mode.after;
  std::string text = file.path;
  if (is_other_mode) text += " (" + mode + ")";
  if (file.owner.before != file.owner.after) {
    text += " (of " + (owner.empty() ? "the agent's user" : owner) + ")";
  }
  return text;
}

void print_file(std::ostream& out, const client::PreviewFile& file, bool colour) {
  print_diff_line(out, "--- " + side(file, file.mode.before, file.owner.before), colour);
  print_diff_line(out, "+++ " + side(file, file.mode.after, file.owner.after), colour);
  if (file.binary) out << "binary files differ\n";
  if (!file.diff.empty()) {
    for (const std::string& line : split(file.diff.substr(0, file.diff.size() - 1), '\n')) {
      print_diff_line(out, line, colour);
    }
  }
  if (file.cut) out << "(there is more of it than is shown)\n";
}

// "restart a.service, b.service; start c.service".
std::string effects_text(const std::vector<client::PreviewEffect>& effects) {
  std::string text;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const client::PreviewEffect& effect = effects[i];
    const bool goes_on = i > 0 && effects[i - 1].action == effect.action;
    if (i > 0) text += goes_on ? ", " : "; ";
    if (!goes_on) text += effect.action + " ";
    text += effect.subject;
    if (!effect.condition.empty()) text += " (" + effect.condition + ")";
  }
  return text;
}

void print_line(std::ostream& out, const char* what, const std::string& text) {
  if (!text.empty()) out << what << terminal_text(text) << '\n';
}

void print_group(std::ostream& out, const client::PreviewGroup& group, const PreviewStyle& style) {
  const std::string head =
      "deployment " + group.deployment + " " + what_happens(group) + hosts_text(group.hosts, style);
  out << (style.colour ? "\x1b[1m" : "") << terminal_text(head) << (style.colour ? "\x1b[0m" : "")
      << '\n';
  print_line(out, "  error: ", group.error);
  print_line(out, "  error until now: ", group.error_before);
  for (const client::PreviewFile& file : group.files) print_file(out, file, style.colour);
  print_line(out, "  would ", effects_text(group.effects));
  print_line(out, "  note: ", group.note);
}

}  // namespace

void print_diff_line(std::ostream& out, std::string_view line, bool colour) {
  std::string_view code;
  if (line.starts_with("---") || line.starts_with("+++")) {
    code = "1";
  } else if (line.starts_with("@@")) {
    code = "36";
  } else if (line.starts_with('-')) {
    code = "31";
  } else if (line.starts_with('+')) {
    code = "32";
  }
  if (!colour || code.empty()) {
    out << terminal_text(line) << '\n';
  } else {
    out << "\x1b[" << code << 'm' << terminal_text(line) << "\x1b[0m\n";
  }
}

void print_preview(std::ostream& out, const client::Preview& preview, const PreviewStyle& style) {
  const std::size_t shown = style.all_hosts ? preview.groups.size()
                                            : std::min(preview.groups.size(), kPreviewGroupsShown);
  for (std::size_t i = 0; i < shown; ++i) print_group(out, preview.groups[i], style);
  if (preview.groups.size() > shown) {
    out << "and " << counted(preview.groups.size() - shown, "other change", "other changes")
        << "; --all-hosts shows all\n";
  }
  if (preview.more_hosts > 0) {
    out << counted(preview.hosts, "host was", "hosts were") << " looked at; it may reach "
        << preview.more_hosts << " more\n";
  }
  if (preview.more_deployments > 0) {
    out << counted(preview.more_deployments, "more deployment", "more deployments")
        << " may change; not looked at\n";
  }
}

}  // namespace titan::cli

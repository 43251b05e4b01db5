#include "cli/why_text.hpp"

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/table.hpp"
#include "cli/terminal_text.hpp"

namespace titan::cli {
namespace {

// "values.db.host" of "/values/db/host", as a template writes it.
std::string name_of(const std::string& pointer) {
  if (pointer.empty()) return "(all inputs)";
  std::string name = pointer.substr(1);
  std::ranges::replace(name, '/', '.');
  return name;
}

const client::WhyInput* find_input(const client::Why& why, const std::string& pointer) {
  const auto found = std::ranges::find(why.inputs, pointer, &client::WhyInput::pointer);
  return found == why.inputs.end() ? nullptr : &*found;
}

// What wrote the line; else what decided about it.
const client::WhyOrigin* main_origin(const client::WhyLine& line) {
  const auto written = std::ranges::find_if(line.origins, [](const client::WhyOrigin& origin) {
    return origin.written && (origin.length > 0 || origin.role == "value");
  });
  if (written != line.origins.end()) return &*written;
  return line.origins.empty() ? nullptr : &line.origins.front();
}

// "root/etc/app.conf line 4, column 1".
std::string text_of(const client::TemplatePlace& place) {
  return place.file + " line " + std::to_string(place.line) + ", column " +
         std::to_string(place.column);
}

std::string since_text(const std::optional<client::SinceChange>& since) {
  if (!since) return "before all that the change log still holds";
  std::string text = since->time.text() + " by " + since->actor;
  if (!since->request_id.empty()) text += ", request " + since->request_id;
  return text + ", bookmark " + since->bookmark;
}

class Rows {
 public:
  Rows(std::ostream& out, bool colour) : out_(out), colour_(colour) {}

  void row(const char* name, const std::string& text) const {
    const std::string padded = std::string(name) + std::string(10 - std::string(name).size(), ' ');
    out_ << (colour_ ? "\x1b[1m" : "") << padded << (colour_ ? "\x1b[0m" : "")
         << terminal_text(text) << '\n';
  }
  void more(const std::string& text) const {
    out_ << std::string(10, ' ') << terminal_text(text) << '\n';
  }

 private:
  std::ostream& out_;
  bool colour_;
};

std::string rule_text(const client::WhyRule& rule) {
  if (!rule.assignment.empty()) {
    return "assignment " + rule.assignment + ", one of the replicas on target " + rule.target;
  }
  std::vector<std::string> wants;
  for (const auto& [key, value] : rule.labels) wants.push_back(key + "=" + value);
  if (!rule.selector.empty()) wants.push_back(rule.selector);
  std::vector<std::string> has;
  for (const auto& [key, value] : rule.matched) has.push_back(key + "=" + value);
  std::string text = "target " + rule.target + " wants " + join(wants, ",");
  if (!has.empty()) text += "; the host has " + join(has, ", ");
  return text;
}

void print_rule(const Rows& rows, const client::Why& why) {
  rows.row("Because", rule_text(why.rule));
  rows.more("since " + since_text(why.rule.since));
}

void print_input(const Rows& rows, const char* what, const client::WhyOrigin& origin,
                 const client::WhyInput* input) {
  std::string text = name_of(origin.input);
  if (origin.item) text += ", item " + std::to_string(*origin.item);
  if (input == nullptr) return rows.row(what, text);
  if (input->value) text += " = " + *input->value;
  if (!input->value) text += " is not set";
  rows.row(what, text);
  if (input->layer.empty()) return;
  std::string from = "from the " + input->layer;
  if (!input->entity.empty()) from += ": " + input->entity + ", " + input->place;
  if (!input->also_from.empty()) from += " (and in part the " + join(input->also_from, ", ") + ")";
  rows.more(from);
  if (!input->entity.empty()) rows.more("since " + since_text(input->since));
}

}  // namespace

void print_line_origin(std::ostream& out, const client::Why& why, bool colour) {
  const Rows rows(out, colour);
  const client::WhyLine& line = why.lines.front();
  rows.row("Line", why.host + ":" + why.path + ":" + std::to_string(line.line));
  rows.more(line.text);
  rows.row("Of", "deployment " + why.deployment + " (version " + std::to_string(why.version) + ")");
  if (const client::WhyOrigin* origin = main_origin(line)) {
    rows.row("Template", why.template_name + ", " + text_of(origin->place));
    for (const client::TemplatePlace& place : origin->included) {
      rows.more("included by " + text_of(place));
    }
    const auto file = std::ranges::find(why.files, origin->place.file, &client::WhyFile::path);
    if (file != why.files.end()) rows.more("file since " + since_text(file->since));
  }
  std::set<std::pair<std::string, std::string>> told;
  for (const client::WhyOrigin& origin : line.origins) {
    if (origin.role == "text" || !told.emplace(origin.role, origin.input).second) continue;
    const char* what = origin.role == "value" ? "Value" : "Depends";
    print_input(rows, what, origin, find_input(why, origin.input));
  }
  print_rule(rows, why);
}

void print_file_origins(std::ostream& out, const client::Why& why, bool colour) {
  const Rows rows(out, colour);
  Table table({"LINE", "TEMPLATE", "VALUES", "TEXT"});
  for (const client::WhyLine& line : why.lines) {
    const client::WhyOrigin* origin = main_origin(line);
    std::string source = "-";
    if (origin != nullptr) source = origin->place.file + ":" + std::to_string(origin->place.line);
    std::vector<std::string> values;
    for (const client::WhyOrigin& one : line.origins) {
      if (one.role != "value") continue;
      const client::WhyInput* input = find_input(why, one.input);
      const std::string layer = input == nullptr || input->layer.empty() ? "" : input->layer;
      const std::string text = name_of(one.input) + (layer.empty() ? "" : " (" + layer + ")");
      if (std::ranges::find(values, text) == values.end()) values.push_back(text);
    }
    table.add({std::to_string(line.line), source, values.empty() ? "-" : join(values, ", "),
               line.text.empty() ? " " : line.text});
  }
  rows.row("File", why.host + ":" + why.path);
  rows.row("Of", "deployment " + why.deployment + " (version " + std::to_string(why.version) +
                     "), template " + why.template_name);
  print_rule(rows, why);
  out << '\n';
  table.print(out, {});
  if (why.line_count > why.lines.size()) {
    const std::uint64_t more = why.line_count - why.lines.size();
    out << "and " << more << (more == 1 ? " more line\n" : " more lines\n");
  }
}

}  // namespace titan::cli

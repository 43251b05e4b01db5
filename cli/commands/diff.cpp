#include "cli/commands/diff.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "base/text.hpp"
#include "cli/entity_text.hpp"
#include "cli/limits.hpp"
#include "cli/line_diff.hpp"
#include "cli/manifest_files.hpp"
#include "cli/output.hpp"
#include "cli/terminal_text.hpp"

namespace titan::cli {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  if (text.empty()) return {};
  return split(text.substr(0, text.size() - 1), '\n');
}

class DiffPrinter {
 public:
  explicit DiffPrinter(const Env& env) : out_(env.out), colour_(use_colour(env)) {}

  void print(const std::string& before, const std::string& after,
             const std::vector<DiffHunk>& hunks) const {
    line("1", "--- " + before);
    line("1", "+++ " + after);
    for (const DiffHunk& hunk : hunks) {
      line("36", hunk.header());
      for (const DiffLine& one : hunk.lines) print(one);
    }
  }

 private:
  void print(const DiffLine& one) const {
    switch (one.kind) {
      case DiffLine::Kind::same:
        return line("", " " + one.text);
      case DiffLine::Kind::removed:
        return line("31", "-" + one.text);
      case DiffLine::Kind::added:
        return line("32", "+" + one.text);
    }
  }
  void line(std::string_view colour, const std::string& text) const {
    if (!colour_ || colour.empty()) {
      out_ << terminal_text(text) << '\n';
    } else {
      out_ << "\x1b[" << colour << 'm' << terminal_text(text) << "\x1b[0m\n";
    }
  }

  std::ostream& out_;
  bool colour_;
};

// What somebody wrote of a template from Git: all else is the server's.
void leave_to_git(const model::Entity& draft, model::Entity& stored) {
  const auto* wanted = std::get_if<model::TemplateSpec>(&draft.spec);
  const auto* found = std::get_if<model::TemplateSpec>(&stored.spec);
  if (wanted == nullptr || found == nullptr || !wanted->git || !found->git) return;
  if (!wanted->git->commit.empty()) return;  // it was taken from the server, with all
  model::TemplateSpec place{.git = found->git};
  place.git->commit.clear();
  stored.spec = std::move(place);
}

// Whether the server's entity differs from the draft; how, is printed.
Result<bool> diff(Draft& draft, client::Client& client, const DiffPrinter& printer,
                  const Env& env) {
  TITAN_TRY(read_files(draft, env));
  const model::Key key = draft.entity.key();
  std::string stored;
  std::string before = "/dev/null";
  auto found = client.get(key);
  if (!found && found.error().code != ErrorCode::not_found) return found.error();
  if (found) {
    leave_to_git(draft.entity, *found);
    stored = spec_text(*found);
    before = key.subject() + " (revision " + std::to_string(found->revision) + ")";
  }
  const auto hunks =
      hunks_of(diff_lines(lines_of(stored), lines_of(spec_text(draft.entity))), kDiffContextLines);
  if (hunks.empty()) return false;
  printer.print(before, key.subject() + " (" + draft.source + ")", hunks);
  return true;
}

// 1 says that there are differences, so a failure is not 1.
ExitCode above_one(ExitCode code) {
  return code == ExitCode::failed ? ExitCode::usage : code;
}

}  // namespace

Result<ExitCode> run(const DiffCommand& command, const Env& env) {
  auto session = Session::open(command.connection, env);
  if (!session) return above_one(report(env, session.error()));
  auto files =
      read_manifest_files(command.path, session->workspace(), session->workspace_given(), env);
  if (!files) return above_one(report(env, files.error()));
  ExitCode worst = ExitCode::done;
  for (const Error& error : files->errors) {
    worst = std::max(worst, above_one(report(env, error)));
  }
  const DiffPrinter printer(env);
  for (Draft& draft : files->drafts) {
    const auto differs = diff(draft, session->client(), printer, env);
    if (differs) {
      worst = std::max(worst, *differs ? ExitCode::failed : ExitCode::done);
      continue;
    }
    worst = std::max(worst, above_one(report(env, differs.error())));
    if (differs.error().code == ErrorCode::unavailable) break;
  }
  return worst;
}

}  // namespace titan::cli

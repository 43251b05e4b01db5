#include "cli/commands/diff.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/batch_error.hpp"
#include "cli/entity_text.hpp"
#include "cli/manifest_files.hpp"
#include "cli/preview_text.hpp"
#include "cli/printer.hpp"
#include "render/line_diff.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

// How one entity differs; `text` is empty when it does not.
struct EntityDiff {
  std::string before = {};  // what it is compared with
  std::string after = {};
  std::string text = {};  // the hunks of a unified diff
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

// Of the server's entity and the draft, whose directory is read.
Result<EntityDiff> diff(Draft& draft, client::Client& client, const Env& env) {
  TITAN_TRY(read_files(draft, env));
  const model::Key key = draft.entity.key();
  std::string stored;
  EntityDiff diff{.before = "/dev/null", .after = key.subject() + " (" + draft.source + ")"};
  auto found = client.get(key);
  if (!found && found.error().code != ErrorCode::not_found) return found.error();
  if (found) {
    leave_to_git(draft.entity, *found);
    stored = spec_text(*found);
    diff.before = key.subject() + " (revision " + std::to_string(found->revision) + ")";
  }
  diff.text = render::unified_text(render::hunks_of(
      render::diff_lines(render::lines_of(stored), render::lines_of(spec_text(draft.entity))),
      render::kDiffContextLines));
  return diff;
}

void print(const EntityDiff& diff, const DiffCommand& command, const Env& env) {
  const bool colour = use_colour(env, command.no_colour);
  print_diff_line(env.out, "--- " + diff.before, colour);
  print_diff_line(env.out, "+++ " + diff.after, colour);
  for (const std::string& line : split(diff.text.substr(0, diff.text.size() - 1), '\n')) {
    print_diff_line(env.out, line, colour);
  }
}

// 1 says that there are differences, so a failure is not 1.
ExitCode above_one(ExitCode code) {
  return code == ExitCode::failed ? ExitCode::usage : code;
}

Result<client::Preview> preview(std::vector<Draft>& drafts, const DiffCommand& command,
                                client::Client& client, const Env& env) {
  std::vector<client::BatchChange> changes;
  for (Draft& draft : drafts) {
    auto ready = make_ready(draft, client, env);
    if (!ready) {
      Error error = std::move(ready).error();
      if (error.subject.empty()) error.subject = draft.entity.key().subject();
      return error;
    }
    changes.push_back(client::EntityWrite{.entity = draft.entity});
  }
  auto seen =
      client.preview(changes, {.create_workspaces = true, .allow_missing = command.allow_missing});
  if (!seen) return in_terms_of_files(std::move(seen).error(), drafts);
  return seen;
}

// One look at all that differs, and what comes of it.
class Differences {
 public:
  Differences(const DiffCommand& command, client::Client& client, const Env& env)
      : command_(command), client_(client), env_(env) {}

  ExitCode look(std::vector<Draft>& drafts) {
    for (Draft& draft : drafts) {
      const auto entity = diff(draft, client_, env_);
      if (!entity) {
        note(above_one(report(env_, entity.error())));
        if (entity.error().code == ErrorCode::unavailable) return worst_;
        continue;
      }
      if (entity->text.empty()) continue;
      note(ExitCode::failed);
      if (!is_document()) print(*entity, command_, env_);
      entities_.push_back({{"entity", draft.entity.key().subject()},
                           {"source", draft.source},
                           {"diff", entity->text}});
    }
    // What cannot be read, or is as it was, does nothing on hosts.
    if (worst_ == ExitCode::failed && !command_.entities_alone) look_at_hosts(drafts);
    if (is_document()) {
      Printer(env_, command_.output).document({{"entities", entities_}, {"hosts", hosts_}});
    }
    return worst_;
  }
  void note(ExitCode code) { worst_ = std::max(worst_, code); }

 private:
  [[nodiscard]] bool is_document() const { return cli::is_document(command_.output.format); }

  void look_at_hosts(std::vector<Draft>& drafts) {
    const auto seen = preview(drafts, command_, client_, env_);
    if (seen) {
      if (is_document()) {
        hosts_ = parse_json(seen->document).value_or(json());
      } else {
        print_preview(
            env_.out, *seen,
            {.colour = use_colour(env_, command_.no_colour), .all_hosts = command_.all_hosts});
      }
    } else if (seen.error().code == ErrorCode::denied) {
      remark(env_, "what it would do on hosts is shown to those who may write it: " +
                       seen.error().text());
    } else {
      note(above_one(report(env_, seen.error())));
    }
  }

  const DiffCommand& command_;
  client::Client& client_;
  const Env& env_;
  ExitCode worst_ = ExitCode::done;
  json entities_ = json::array();
  json hosts_;
};

}  // namespace

Result<ExitCode> run(const DiffCommand& command, const Env& env) {
  auto session = Session::open(command.connection, env);
  if (!session) return above_one(report(env, session.error()));
  auto files =
      read_manifest_files(command.path, session->workspace(), session->workspace_given(), env);
  if (!files) return above_one(report(env, files.error()));
  Differences differences(command, session->client(), env);
  for (const Error& error : files->errors) differences.note(above_one(report(env, error)));
  if (command.only) {
    const model::Key only = session->key_of(command.only->kind, command.only->name);
    std::erase_if(files->drafts, [&](const Draft& draft) {
      return draft.entity.kind() != only.kind || draft.entity.name != only.name;
    });
    if (files->drafts.empty()) {
      return above_one(report(env, not_found(command.path + " has no " + only.subject())));
    }
  }
  return differences.look(files->drafts);
}

}  // namespace titan::cli

#include "cli/commands/report_stage.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/moment.hpp"
#include "cli/printer.hpp"
#include "model/stage.hpp"

namespace titan::cli {
namespace {

// What stands on the command line alone is checked before the server is asked.
Result<model::StageReport> report_of(const StageFlags& flags, Timestamp now) {
  TITAN_TRY(model::check_stage_name("STAGE", flags.name));
  if (flags.current && flags.version) {
    return invalid("--current and --version cannot stand together");
  }
  model::StageReport report{
      .name = flags.name, .version = flags.version, .revision = flags.revision, .url = flags.url};
  if (flags.time) {
    auto time = parse_moment(*flags.time, now);
    if (!time) return std::move(time).error().context("--time");
    report.time = *time;
  }
  auto outcome = model::parse_outcome(flags.outcome);
  if (!outcome) return std::move(outcome).error().context("--outcome");
  report.outcome = *outcome;
  return report;
}

}  // namespace

Result<ExitCode> run(const ReportStageCommand& command, const Env& env) {
  auto report = report_of(command.stage, env.clock.wall());
  if (!report) return report_usage(env, report.error());
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  client::Client& client = session.client();
  const model::Key key = session.key_of(command.what.kind, command.what.name);
  if (command.stage.current) {
    TITAN_ASSIGN(const model::Entity deployment, client.get(key));
    report->version = deployment.version;
  }
  TITAN_ASSIGN(const model::Entity entity, client.report_stage(key, *report));
  if (command.output.format != Output::table) {
    Printer(env, command.output).one(entity);
    return ExitCode::done;
  }
  // The newest report stands last.
  const std::uint64_t version =
      entity.stages.empty() ? entity.version : entity.stages.back().version;
  env.out << display_name(key) << ": " << report->name << " of version " << version << ' '
          << model::name_of(report->outcome) << '\n';
  return ExitCode::done;
}

}  // namespace titan::cli

#include "cli/commands/trace.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "cli/printer.hpp"
#include "cli/progress.hpp"
#include "cli/trace_text.hpp"

namespace titan::cli {

Result<ExitCode> run(const TraceCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  Progress progress(env, "hosts");
  TITAN_ASSIGN(const client::Trace trace,
               session.client().trace(session.key_of(command.what.kind, command.what.name),
                                      std::ref(progress)));
  if (is_document(command.output.format)) {
    TITAN_ASSIGN(const auto document, parse_json(trace.document, SIZE_MAX));
    Printer(env, command.output).document(document);
    return ExitCode::done;
  }
  print_trace(env.out, trace,
              {.colour = use_colour(env, command.no_colour),
               .wide = command.output.format == Output::wide});
  return ExitCode::done;
}

}  // namespace titan::cli

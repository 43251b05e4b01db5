#include "cli/commands/why.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/moment.hpp"
#include "cli/printer.hpp"
#include "cli/why_text.hpp"
#include "model/key.hpp"

namespace titan::cli {

Result<FileOnHost> parse_file_on_host(std::string_view text) {
  const auto bad = [&] {
    return invalid("expected HOST:PATH or HOST:PATH:LINE, found " + quote(text));
  };
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return bad();
  FileOnHost file{.host = std::string(text.substr(0, colon))};
  TITAN_TRY(model::check_name("the host", file.host));
  std::string_view path = text.substr(colon + 1);
  if (const auto last = path.rfind(':'); last != std::string_view::npos) {
    const std::string_view line = path.substr(last + 1);
    const auto [end, failure] = std::from_chars(line.data(), line.data() + line.size(), file.line);
    const bool is_line = failure == std::errc() && end == line.data() + line.size();
    if (is_line && file.line == 0) return invalid("lines are counted from 1");
    if (is_line) path = path.substr(0, last);
    if (!is_line) file.line = 0;
  }
  while (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return bad();
  file.path = path;
  return file;
}

Result<ExitCode> run(const WhyCommand& command, const Env& env) {
  std::string at;
  if (!command.at.empty()) {
    auto parsed = since_text(command.at, env.clock.wall());
    if (!parsed) return report_usage(env, std::move(parsed).error().context("--at"));
    at = *std::move(parsed);
  }
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(const client::Why why, session.client().why({.host = command.file.host,
                                                            .path = command.file.path,
                                                            .line = command.file.line,
                                                            .deployment = command.deployment,
                                                            .at = at}));
  if (is_document(command.output.format)) {
    TITAN_ASSIGN(const auto document, parse_json(why.document, SIZE_MAX));
    Printer(env, command.output).document(document);
    return ExitCode::done;
  }
  const bool colour = use_colour(env, command.no_colour);
  if (command.file.line > 0) {
    print_line_origin(env.out, why, colour);
  } else {
    print_file_origins(env.out, why, colour);
  }
  return ExitCode::done;
}

}  // namespace titan::cli

#include "cli/commands/render.hpp"

#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/moment.hpp"
#include "cli/printer.hpp"
#include "cli/terminal_text.hpp"

namespace titan::cli {
namespace {

using client::HostRendering;
using client::Rendering;

// A person sees what a program gets as it is.
void print_content(const std::string& content, const Env& env) {
  env.out << (env.is_terminal ? terminal_lines(content) : content);
}

void print_files(const HostRendering& rendering, bool with_names, const Env& env) {
  bool first = true;
  for (const Rendering& deployment : rendering.deployments) {
    for (const model::RenderedFile& file : deployment.files) {
      const std::string name =
          with_names ? "deployment " + deployment.deployment + ": " + file.path : file.path;
      env.out << (first ? "" : "\n") << "==> " << terminal_text(name) << " <==\n";
      print_content(file.content, env);
      if (!file.content.ends_with('\n')) env.out << '\n';
      first = false;
    }
  }
}

Result<void> write_file(FileSystem& folder, const std::string& path,
                        const model::RenderedFile& file) {
  const std::string parent = parent_of(path);
  if (!parent.empty()) TITAN_TRY(make_directories(folder, parent));
  return write_atomically(folder, path, file.content, file.mode);
}

Result<ExitCode> write_files(const HostRendering& rendering, bool below_deployments,
                             const std::string& path, const Env& env) {
  TITAN_ASSIGN(const auto folder, env.create_folder(path));
  std::size_t files = 0;
  for (const Rendering& deployment : rendering.deployments) {
    for (const model::RenderedFile& file : deployment.files) {
      const std::string place =
          below_deployments ? deployment.deployment + "/" + file.path : file.path;
      TITAN_TRY(write_file(*folder, place, file));
      ++files;
    }
  }
  env.out << files << (files == 1 ? " file" : " files") << " written to " << terminal_text(path)
          << '\n';
  return ExitCode::done;
}

ExitCode report_errors(const HostRendering& rendering, const Env& env) {
  ExitCode worst = ExitCode::done;
  for (const Rendering& deployment : rendering.deployments) {
    if (deployment.error.empty()) continue;
    remark(env, "deployment " + deployment.deployment + " cannot be rendered for host " +
                    rendering.host + ": " + deployment.error);
    worst = ExitCode::failed;
  }
  return worst;
}

}  // namespace

Result<ExitCode> run(const RenderCommand& command, const Env& env) {
  std::string at;
  if (!command.at.empty()) {
    auto parsed = since_text(command.at, env.clock.wall());
    if (!parsed) return report_usage(env, std::move(parsed).error().context("--at"));
    at = *std::move(parsed);
  }
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  client::Client& client = session.client();
  const bool is_host = command.what.kind == model::Kind::host;
  TITAN_ASSIGN(
      const HostRendering rendering,
      is_host
          ? client.render_host(command.what.name, at)
          : client.render({.deployment = session.key_of(model::Kind::deployment, command.what.name),
                           .host = command.host,
                           .at = at,
                           .path = command.file}));
  if (is_document(command.output.format)) {
    TITAN_ASSIGN(const auto document, parse_json(rendering.document, SIZE_MAX));
    Printer(env, command.output).document(document);
    return report_errors(rendering, env);
  }
  if (command.output_folder) {
    TITAN_TRY(write_files(rendering, is_host, *command.output_folder, env));
    return report_errors(rendering, env);
  }
  if (command.file.empty()) {
    print_files(rendering, is_host, env);
  } else {
    for (const Rendering& deployment : rendering.deployments) {
      for (const model::RenderedFile& file : deployment.files) print_content(file.content, env);
    }
  }
  return report_errors(rendering, env);
}

}  // namespace titan::cli

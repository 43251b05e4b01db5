#include "cli/output.hpp"

#include <map>
#include <ostream>

#include "cli/terminal_text.hpp"

namespace titan::cli {

Output output_named(std::string_view word) {
  static const std::map<std::string_view, Output> kFormats = {{"table", Output::table},
                                                              {"wide", Output::wide},
                                                              {"json", Output::json},
                                                              {"yaml", Output::yaml},
                                                              {"name", Output::name}};
  return kFormats.at(word);
}

bool use_colour(const Env& env) {
  return env.is_terminal && env.variable("NO_COLOR").value_or("").empty();
}

void remark(const Env& env, std::string_view text) {
  env.err << "titan: " << terminal_lines(text) << '\n';
}

ExitCode report(const Env& env, const Error& error) {
  remark(env, error.text());
  return exit_code_of(error.code);
}

ExitCode report_usage(const Env& env, const Error& error) {
  remark(env, error.text());
  return ExitCode::usage;
}

}  // namespace titan::cli

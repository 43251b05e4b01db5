#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// "tim-pi:etc/app.conf:12" taken apart.
struct FileOnHost {
  std::string host = {};
  std::string path = {};   // without a leading slash
  std::uint64_t line = 0;  // from 1; 0: all
};
// invalid unless it is HOST:PATH or HOST:PATH:LINE. A path may hold colons: what follows the last
// one is the line only when it is a number.
Result<FileOnHost> parse_file_on_host(std::string_view text);

// `titan why HOST:PATH[:LINE]`: the template's line that a line comes from, the values in it, the
// layer of each, the rule that brought the deployment to the host, and the changes that made these
// what they are. Without a line the whole file, a row for each line.
struct WhyCommand {
  FileOnHost file = {};
  std::string deployment = {};  // "default/prod"; empty: whichever has the file
  std::string at = {};          // a bookmark, a time, or how long ago; empty: now
  bool no_colour = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};  // table, json or yaml
};

Result<ExitCode> run(const WhyCommand& command, const Env& env);

}  // namespace titan::cli

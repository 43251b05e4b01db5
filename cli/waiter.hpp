#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.hpp"
#include "base/result.hpp"
#include "cli/env.hpp"
#include "cli/limits.hpp"
#include "client/client.hpp"
#include "model/entity.hpp"

namespace titan::cli {

// An entity that is waited for. With an id it is that one alone; what has the name afterwards is
// another one.
struct Awaited {
  model::Key key = {};
  std::string id = {};
};

struct WaitOptions {
  model::Status until = model::Status::ready;   // DELETED: it does not exist any more
  std::chrono::seconds timeout = kWaitTimeout;  // zero: looks once
};

// "ready", "deleted" or "status=ERROR", in any case. invalid otherwise.
Result<model::Status> parse_condition(std::string_view text);
// "90s", "5m", and "0" for none. invalid otherwise.
Result<std::chrono::seconds> parse_timeout(std::string_view text);

// Waits until each of them has come to the status once, and says so on the output. The server tells
// of changes when they come; nothing is asked for in between. Says on the error stream why one is
// in ERROR or MISSING meanwhile. ExitCode::failed when the time runs out, after a line for each
// that did not get there. not_found when one does not exist, or is deleted while it is waited for;
// other errors are those of the client.
Result<ExitCode> wait_for(const std::vector<Awaited>& awaited, const WaitOptions& options,
                          client::Client& client, const Env& env);

}  // namespace titan::cli

#pragma once

#include <iosfwd>

#include "client/trace.hpp"

namespace titan::cli {

// How a trace is shown to people.
struct TraceStyle {
  bool colour = false;
  bool wide = false;  // requests, bookmarks, whole digests and commits, and parts of seconds
};

// A line for each stage in the order of time, with how long it came after the one before; then a
// table of the hosts. docs/cli.md shows one.
void print_trace(std::ostream& out, const client::Trace& trace, const TraceStyle& style);

}  // namespace titan::cli

#pragma once

#include <iosfwd>
#include <string_view>

#include "client/provenance.hpp"

namespace titan::cli {

// How a preview is printed.
struct PreviewStyle {
  bool colour = false;
  bool all_hosts = false;  // each of them by name, and all that happens
};

// What a write would do on hosts, for a person: for each thing that happens the deployment, the
// hosts, the differences of its files as unified diffs, and what restarts. Nothing when nothing
// would happen. At most kPreviewGroupsShown things and kPreviewHostsNamed names of each.
void print_preview(std::ostream& out, const client::Preview& preview, const PreviewStyle& style);

// A line of a unified diff, in its colour; made safe for a terminal.
void print_diff_line(std::ostream& out, std::string_view line, bool colour);

}  // namespace titan::cli

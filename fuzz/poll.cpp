// The body of a host's poll: the quick reader, which the event loop uses, against the whole one.

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "fuzz/target.hpp"
#include "model/report.hpp"

namespace titan::fuzz {

void run(std::string_view input) {
  const auto poll = model::parse_poll(input);
  if (!poll) return;
  const auto json = parse_json(input);
  require(json.ok(), "what is read quickly is JSON", input);
  const auto whole = model::parse_sync_request(*json);
  require(whole.ok(), "what is read quickly is a sync request", input);
  require(whole->bookmark == poll->bookmark, "both read the same bookmark", input);
  require(whole->report_digest == poll->report_digest, "both read the same digest", input);
  require(!whole->report && !poll->report, "what is read quickly has no report", input);
}

}  // namespace titan::fuzz

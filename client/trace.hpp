#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "model/status.hpp"

// The life of the current version of a deployment, as the server tells it (docs/spec/trace.md).
// Plain values. `document` is the answer itself, as JSON.
namespace titan::client {

struct TraceStage {
  // One that was reported ("build"), "accepted", "committed", or a step of the hosts: "rendered",
  // "delivered", "committedToGit", "deployed".
  std::string stage = {};
  std::optional<Timestamp> time = {};  // of hosts: the last one's; none: none has come to that
  std::string outcome = {};            // "succeeded" or "failed", of a reported one
  std::string revision = {};
  std::string url = {};
  std::string actor = {};
  std::string request_id = {};             // of "accepted"
  std::string bookmark = {};               // of "committed"
  std::optional<std::uint64_t> done = {};  // of a step of the hosts: by how many
  std::uint64_t of = 0;
};

// Of the form that the host should have now.
struct TraceHost {
  std::string host = {};
  model::Status host_status = model::Status::initialized;
  bool wanted = false;  // it should have the deployment
  model::Status status = model::Status::initialized;
  std::string reason = {};
  Digest rendered_digest = {};  // empty when nothing is applied
  std::string commit = {};
  std::optional<Timestamp> rendered = {};
  std::optional<Timestamp> delivered = {};
  std::optional<Timestamp> committed = {};
  std::optional<Timestamp> deployed = {};
};

struct Trace {
  std::string deployment = {};  // "default/prod"
  std::uint64_t version = 0;
  model::Status status = model::Status::initialized;
  std::vector<std::string> reason = {};
  bool logged = false;  // the change log still tells of the change that made the version
  std::vector<TraceStage> stages = {};  // in the order of time
  std::uint64_t hosts_not_counted = 0;  // by the steps of the hosts
  std::vector<TraceHost> hosts = {};    // by name
  std::string document = {};
};

}  // namespace titan::client

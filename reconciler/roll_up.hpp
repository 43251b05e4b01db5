#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/entity.hpp"
#include "model/report.hpp"

namespace titan::reconciler {

// How one host that should have a deployment stands with it.
enum class Standing : std::uint8_t {
  current,  // it has exactly what is desired, and says that it is well
  waiting,  // it has not said anything of that yet
  delayed,  // it says that it is not there yet, and what it waits for
  failing,  // it says that it cannot have that, or the server cannot render it for the host
};

// `report`: what the host says of the deployment; null when nothing. `desired`: the digest of the
// form that it should have.
Standing standing_of(const model::DeploymentReport* report, const Digest& desired);
// The same of a report about the form that is desired.
Standing standing_of(model::Status reported);

// The standings of all hosts of one deployment, counted; a few of them by name.
class Standings {
 public:
  void add(const std::string& host, Standing standing);
  // Why a host of unexplained_hosts() is failing or delayed; a long one is cut.
  void explain(const std::string& host, const std::string& reason);

  [[nodiscard]] std::size_t hosts() const { return hosts_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }  // not current, for any reason
  [[nodiscard]] std::size_t failing() const { return failing_; }
  // Those that failures() or waiting_text() names, and that have a reason to give.
  [[nodiscard]] std::vector<std::string> unexplained_hosts() const;
  // "host a: no such user", for the first by name.
  [[nodiscard]] std::vector<std::string> failures() const;
  // "a, b (waiting for default/base), c and 9 more".
  [[nodiscard]] std::string waiting_text() const;

 private:
  std::size_t hosts_ = 0;
  std::size_t waiting_ = 0;
  std::size_t failing_ = 0;
  struct Reason {
    bool is_known = false;  // or there is none
    std::string text = {};
  };
  using Reasons = std::map<std::string, Reason>;  // by host
  Reasons first_waiting_;
  Reasons first_failing_;
};

struct RolledUp {
  model::Status status = model::Status::initialized;
  std::vector<std::string> reason = {};
  bool operator==(const RolledUp&) const = default;
};

// What a deployment's status depends on.
struct RollUpFacts {
  std::vector<std::string> missing = {};  // a sentence for each thing named that does not exist
  std::string shortage = {};              // why it has fewer replicas than it wants; empty: it has
  Standings standings = {};
  std::vector<std::string> holders = {};  // hosts that still report it, by name
  bool delivered = false;                 // a host was handed it
};

// The status of a deployment from how its hosts stand. Pure.
//
//   deletion was asked for              -> DELETING, with the hosts that still hold it
//   something it names does not exist   -> MISSING
//   fewer replicas than it wants        -> ERROR, with how many and why
//   it reaches no host                  -> INITIALIZED
//   a host reports ERROR, or the server cannot render it for a host -> ERROR, with each host
//   every host is current               -> READY
//   some host is not                    -> INITIALIZED or CREATING before the first READY (it
//                                          is CREATING once delivered), then UPDATING
RolledUp roll_up(const model::Entity& deployment, const RollUpFacts& facts);

}  // namespace titan::reconciler

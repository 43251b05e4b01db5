#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/key.hpp"

namespace titan::agent {

// What people asked for with `titan-agent retry`: deployments that were given up and shall be tried
// again. Each is an empty file `retry/<workspace>/<name>` in the state directory, so asking needs
// no lock, and is not forgotten by a power cut. The agent reads and drops them at the beginning of
// a step. Files of other names are nobody's request, and left alone.
//
// One who takes and any number who ask may work at the same time: a request that comes while
// another is dropped is there afterwards. Errors: those of FileSystem.
class RetryRequests {
 public:
  // Borrows `state`, whose root is the state directory. `organization`: of the deployments.
  RetryRequests(FileSystem& state, std::string organization)
      : state_(state), organization_(std::move(organization)) {}

  // Done when it was asked for already. unavailable: who drops others came between again and again.
  Result<void> ask(const model::Key& deployment);
  // In the order of their keys. One system call when there was no request since the last drop().
  Result<std::vector<model::Key>> list();
  // These are no requests any more. Whoever is killed before finds them once more.
  Result<void> drop(const std::vector<model::Key>& deployments);
  // list(), and drop() of it.
  Result<std::vector<model::Key>> take();

 private:
  FileSystem& state_;
  std::string organization_;
};

// The deployment that is meant by "NAME", in the workspace `default`, or by "WORKSPACE/NAME".
// invalid: that is no name.
Result<model::Key> parse_deployment(std::string_view text, const std::string& organization);

}  // namespace titan::agent

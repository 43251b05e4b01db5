#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/agent_state.hpp"
#include "agent/owners.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/key.hpp"

namespace titan::agent {

// Finds which of the placed files are not as they were placed: gone, changed, of another mode or
// owner. In most looks a file counts as unchanged when its inode, size and time of change are those
// that were seen when its content was compared last; what was seen is kept in `drift.json` of the
// run directory, so that a run from cron knows it, too, and nothing is written to a disk. After
// each start of the machine, without a run directory, and once in every `interval`, the contents
// are compared. Files with values of secrets are not looked at here (agent/secret_files.hpp). Not
// for use from several threads.
class DriftWatch {
 public:
  // Borrows `root` and `owners`; `run` may be null.
  DriftWatch(FileSystem& root, Owners& owners, FileSystem* run)
      : root_(root), owners_(owners), run_(run) {}

  struct Found {
    std::string path = {};  // below the host's root
    std::string what = {};  // "is gone", "was changed"
  };
  // What is not as it should be, by deployment; those without a finding are left out. Files that
  // cannot be looked at (I/O errors) are none.
  std::map<model::Key, std::vector<Found>> look(const std::map<model::Key, const Applied*>& applied,
                                                Clock::Monotonic now,
                                                std::chrono::seconds interval);
  // Whether the last look compared the contents of all files.
  [[nodiscard]] bool was_thorough() const { return thorough_; }
  // What the drivers found at the last thorough look, kept for the others.
  std::map<model::Key, std::vector<std::string>> driver_findings = {};
  // Writes what was seen, unless the file says the same already.
  Result<void> save();

 private:
  struct Seen {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Seen&) const = default;
  };

  void load();
  std::optional<std::string> difference(const reconciler::FileState& file);

  FileSystem& root_;
  Owners& owners_;
  FileSystem* run_;
  bool loaded_ = false;
  bool thorough_ = false;
  std::string text_;                               // of the file
  std::optional<Clock::Monotonic> compared_ = {};  // when all contents were
  std::map<std::string, Seen> seen_;               // by path below the host's root
};

}  // namespace titan::agent

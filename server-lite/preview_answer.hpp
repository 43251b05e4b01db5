#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "model/key.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "reconciler/effects.hpp"
#include "server-lite/limits.hpp"

// What a preview tells: hosts on which the same happens are told of once. Plain values, and the one
// who collects them. docs/spec/provenance.md, "Preview", is the description for users.
namespace titan::server_lite {

// How one file of a deployment differs.
struct FileChange {
  enum class Kind : std::uint8_t { added, removed, changed };
  std::string path = {};  // in the rendered form: "root/etc/app.conf"
  Kind kind = Kind::changed;
  // What does not exist on a side is empty there.
  std::string mode_before = {};  // "0644"
  std::string mode_after = {};
  std::string owner_before = {};
  std::string owner_after = {};
  Digest digest_before = {};
  Digest digest_after = {};
  // The lines of it, as a unified diff; empty when the content is the same, is no text, or when the
  // answer has no room for it.
  std::string diff = {};
  bool is_binary = false;
  bool is_cut = false;  // there is more of `diff` than is told

  bool operator==(const FileChange&) const = default;
};
std::string_view name_of(FileChange::Kind kind);  // "added"

// A deployment on one host: as it is, or as it would be.
struct PreviewedForm {
  model::DesiredDeployment desired = {};        // with its rendered digest, or an error
  std::vector<model::RenderedFile> files = {};  // empty with an error
};

// One thing that happens to one deployment, on some hosts.
struct PreviewGroup {
  enum class Kind : std::uint8_t { added, removed, changed, failing };
  model::Key deployment = {};
  Kind kind = Kind::changed;
  std::vector<std::string> hosts = {};  // by name
  std::string driver = {};              // as it would be; of what is removed as it is
  std::uint64_t version_before = 0;     // of the deployment; 0: it is not there
  std::uint64_t version_after = 0;
  // Why it cannot be rendered; empty: it can.
  std::string error_before = {};
  std::string error_after = {};
  std::vector<FileChange> files = {};  // by path; as it is on the first of the hosts
  reconciler::Effects effects = {};
};
std::string_view name_of(PreviewGroup::Kind kind);  // "added"

// Puts what happens on each host into groups. Two are of one group when the same lines of the same
// files change in the same way, whatever stands around them. Not for use from several threads.
class PreviewCollector {
 public:
  // At least one of the two. Returns the number of the group that the host is in.
  std::size_t add(const model::Key& deployment, const std::string& host,
                  const PreviewedForm* before, const PreviewedForm* after);
  // What happens on this host, too, is known to be the same. REQUIRES: add() gave the number.
  void add(std::size_t group, const std::string& host) { groups_[group].hosts.push_back(host); }
  // By deployment, and then by the first host.
  [[nodiscard]] std::vector<PreviewGroup> finish();

 private:
  // Null: there is none on that side. All of what differs goes into the hasher.
  FileChange compare(const model::RenderedFile* before, const model::RenderedFile* after,
                     Hasher& hasher);
  void add_files(PreviewGroup& group, const PreviewedForm* before, const PreviewedForm* after,
                 Hasher& hasher);
  void make_room(PreviewGroup& group);
  void compare_text(const std::string& before, const std::string& after, FileChange& change,
                    Hasher& hasher);

  std::size_t cells_ = kPreviewDiffCells;       // that comparisons may still cost
  std::size_t diff_bytes_ = kPreviewDiffBytes;  // that diffs may still take in the answer
  std::vector<PreviewGroup> groups_;
  std::map<Digest, std::size_t> known_;  // by what happens
};

}  // namespace titan::server_lite

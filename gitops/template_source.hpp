#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "model/template.hpp"

namespace titan::gitops {

// A template as it stands in a commit.
struct TemplateReading {
  std::string commit = {};                   // its id, in hex
  model::TemplateSpec spec = {};             // without `git`
  std::map<Digest, std::string> blobs = {};  // the content of its files
};

// Reads templates out of Git repositories: what TemplateSpec::git names. The seam to repositories
// that are elsewhere. Safe to share between threads.
class TemplateSource {
 public:
  virtual ~TemplateSource() = default;

  // invalid, with a field of TemplateGit: it is a place that is never looked at. Looks at the text
  // alone.
  virtual Result<void> check(const model::TemplateGit& git) const = 0;

  // The commit that the branch or tag is at, in hex. unavailable: the repository is not there now.
  // denied: it lets nobody in, or cannot prove who it is. not_found: it has no such branch or tag,
  // or a file that is to let the server in is not there. exhausted, invalid: what a repository
  // elsewhere says is longer than the limits, or no Git. And the errors of check().
  virtual Result<std::string> tip(const model::TemplateGit& git) = 0;
  // The template at a commit that tip() gave. invalid: what stands there is no template, with the
  // path of the file or the field in its manifest. not_found: there is no such folder. exhausted:
  // the limits. And the errors of tip().
  virtual Result<TemplateReading> read(const model::TemplateGit& git,
                                       const std::string& commit) = 0;
};

// Repositories on this machine, bare or with a work tree, which is not looked at: what is committed
// counts. They have to lie below one folder, since whoever may write templates could read any
// repository of the machine otherwise.
//
// Nothing of a repository is run, checked out or written. A commit's files are taken as they are
// stored: no filters, no line ends. A symbolic link or a submodule is refused; ignored ones are not
// looked at. Limits are those of a template's directory, and kSourceEntriesMax, kSourceDepthMax.
class LocalTemplateSource final : public TemplateSource {
 public:
  struct Options {
    std::string repositories = {};  // the folder that all lie below; empty: there are none
  };
  explicit LocalTemplateSource(Options options);
  ~LocalTemplateSource() override;

  [[nodiscard]] Result<void> check(const model::TemplateGit& git) const override;
  Result<std::string> tip(const model::TemplateGit& git) override;
  Result<TemplateReading> read(const model::TemplateGit& git, const std::string& commit) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace titan::gitops

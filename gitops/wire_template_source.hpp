#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "gitops/limits.hpp"
#include "gitops/remote_options.hpp"
#include "gitops/remote_prefix.hpp"
#include "gitops/template_source.hpp"

namespace titan::gitops {

// Repositories of other machines, by https and ssh. Only those below a prefix that whoever runs the
// server has named are turned to, and each prefix has credentials of its own: whoever may write
// templates could otherwise have the server connect to any address of its network, and use its key
// or its token for any repository. Where several prefixes hold an address, the longest counts.
//
// tip() asks the remote which references it has, and fetches nothing. read() fetches one commit,
// without its history, into a repository of titan's own (source_cache.hpp), unless it is there.
//
// Every wait has a limit (kSource… of limits.hpp), and a server that kept somebody waiting in vain
// is left alone for kSourceRest: then all that is asked of it fails at once, with the same error.
class WireTemplateSource final : public TemplateSource {
 public:
  struct Allowed {
    RemotePrefix prefix = {};
    // Its limits are set here; `connect` has those that it is made with.
    RemoteOptions access = {};
  };
  struct Options {
    std::string folder = {};  // of what is fetched; made when it is needed, for this object alone
    std::vector<Allowed> remotes = {};  // none: no repository may be read
    // How long an SSH server may send nothing.
    std::chrono::milliseconds silence_max = kSourceSilenceMax;
  };
  // Borrows the clock.
  WireTemplateSource(Options options, const Clock& clock);
  ~WireTemplateSource() override;

  [[nodiscard]] Result<void> check(const model::TemplateGit& git) const override;
  Result<std::string> tip(const model::TemplateGit& git) override;
  Result<TemplateReading> read(const model::TemplateGit& git, const std::string& commit) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Turns to one of two, by where a repository is: on this machine, or on another. Borrows both.
class TemplateSources final : public TemplateSource {
 public:
  TemplateSources(TemplateSource& local, TemplateSource& remote) : local_(local), remote_(remote) {}

  [[nodiscard]] Result<void> check(const model::TemplateGit& git) const override;
  Result<std::string> tip(const model::TemplateGit& git) override;
  Result<TemplateReading> read(const model::TemplateGit& git, const std::string& commit) override;

 private:
  [[nodiscard]] TemplateSource& source_of(const model::TemplateGit& git) const;

  TemplateSource& local_;
  TemplateSource& remote_;
};

}  // namespace titan::gitops

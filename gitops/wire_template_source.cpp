#include "gitops/wire_template_source.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/text.hpp"
#include "gitops/git_handles.hpp"
#include "gitops/remote.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/source_cache.hpp"
#include "gitops/template_tree.hpp"

namespace titan::gitops {
namespace {

Error about_repository(Error error) {
  error.field = "repository";
  return error;
}

// What keeps a remote from giving a commit is not the commit's fault, but for its size.
Error as_of_the_remote(Error error) {
  const bool is_told = error.code == ErrorCode::denied || error.code == ErrorCode::exhausted;
  if (!is_told) error.code = ErrorCode::unavailable;
  return error;
}

// What is kept is not as it was left.
bool is_damage(const Error& error) {
  return error.code == ErrorCode::internal || error.code == ErrorCode::conflict;
}

// Or an object of it is missing, which looks as a folder does that was never there.
bool may_be_damage(const Error& error) {
  return is_damage(error) || error.code == ErrorCode::not_found ||
         error.code == ErrorCode::unavailable;
}

std::string listed(const std::vector<WireTemplateSource::Allowed>& remotes) {
  std::vector<std::string> texts;
  for (const auto& allowed : remotes) {
    if (texts.size() == kSourceRemotesShown) {
      texts.push_back(std::to_string(remotes.size() - kSourceRemotesShown) + " more");
      break;
    }
    texts.push_back(allowed.prefix.text());
  }
  return join(texts, ", ");
}

}  // namespace

struct WireTemplateSource::State {
  // A remote that may be turned to.
  struct Target {
    RemoteAddress address = {};
    RemoteOptions access = {};
  };
  // A server that is left alone, and why.
  struct Rest {
    Error error;
    Clock::Monotonic until = {};
  };

  State(Options given, const Clock& with_clock)
      : options(std::move(given)), clock(with_clock), cache(options.folder) {}

  LibGit2 library = {};
  const Options options;
  const Clock& clock;
  SourceCache cache;
  std::mutex mutex;                     // guards the next
  std::map<std::string, Rest> resting;  // by server, of which the prefixes name few

  [[nodiscard]] Result<Target> find(const model::TemplateGit& git) const;
  Result<TemplateReading> read(const Target& target, const model::TemplateGit& git,
                               const git_oid& commit);

  // Does what needs the server, unless that is left alone.
  template <class Work>
  auto patiently(const RemoteAddress& address, const Work& work) -> decltype(work()) {
    const std::string server = address.host + ":" + std::to_string(address.port);
    const auto begun = clock.monotonic();
    {
      const std::lock_guard lock(mutex);
      const auto found = resting.find(server);
      if (found != resting.end() && begun < found->second.until) return found->second.error;
    }
    auto result = work();
    const auto now = clock.monotonic();
    const std::lock_guard lock(mutex);
    const bool was_in_vain = !result && result.error().code == ErrorCode::unavailable;
    if (was_in_vain && now - begun >= kSourcePatience) {
      resting.insert_or_assign(server, Rest{result.error(), now + kSourceRest});
    } else {
      resting.erase(server);
    }
    return result;
  }
};

Result<WireTemplateSource::State::Target> WireTemplateSource::State::find(
    const model::TemplateGit& git) const {
  auto address = RemoteAddress::parse(git.repository);
  if (!address) return about_repository(std::move(address).error());
  if (options.remotes.empty()) {
    return about_repository(
        invalid("this server reads no repositories of other machines: it was not started with "
                "--template-remotes"));
  }
  const Allowed* best = nullptr;
  for (const Allowed& allowed : options.remotes) {
    if (!allowed.prefix.holds(*address)) continue;
    if (best == nullptr || allowed.prefix.depth() > best->prefix.depth()) best = &allowed;
  }
  if (best == nullptr) {
    return about_repository(
        invalid(quote(without_credentials(git.repository)) +
                " is not below what this server may read: " + listed(options.remotes)));
  }
  Target target{.address = *std::move(address), .access = best->access};
  target.access.silence_max = options.silence_max;
  target.access.conversation_max = kSourceConversationMax;
  target.access.answer_bytes_max = kSourceFetchBytesMax;
  return target;
}

Result<TemplateReading> WireTemplateSource::State::read(const Target& target,
                                                        const model::TemplateGit& git,
                                                        const git_oid& commit) {
  TITAN_ASSIGN(const auto remote, open_remote(git.repository, target.access));
  SourceCache::Lease lease = cache.take(git.repository);
  // What is kept may be damaged; what has just come is not.
  bool is_new = false;
  for (;;) {
    const auto repository = lease.bring(*remote, commit);
    if (!repository && (is_new || !is_damage(repository.error()))) {
      return as_of_the_remote(repository.error());
    }
    if (repository) {
      auto reading = read_template(repository->get(), commit, git.path);
      if (reading || is_new || !may_be_damage(reading.error())) return reading;
      TITAN_TRY(lease.drop());
    }
    is_new = true;
  }
}

WireTemplateSource::WireTemplateSource(Options options, const Clock& clock)
    : state_(std::make_unique<State>(std::move(options), clock)) {}

WireTemplateSource::~WireTemplateSource() = default;

Result<void> WireTemplateSource::check(const model::TemplateGit& git) const {
  auto found = state_->find(git);
  if (!found) return std::move(found).error();
  return {};
}

Result<std::string> WireTemplateSource::tip(const model::TemplateGit& git) {
  TITAN_ASSIGN(const State::Target target, state_->find(git));
  return state_->patiently(target.address, [&]() -> Result<std::string> {
    TITAN_ASSIGN(const auto remote, open_remote(git.repository, target.access));
    TITAN_ASSIGN(const git_oid commit, remote->find(git.ref));
    return hex(commit);
  });
}

Result<TemplateReading> WireTemplateSource::read(const model::TemplateGit& git,
                                                 const std::string& commit) {
  TITAN_ASSIGN(const State::Target target, state_->find(git));
  return state_->patiently(target.address,
                           [&] { return state_->read(target, git, object_id(commit)); });
}

TemplateSource& TemplateSources::source_of(const model::TemplateGit& git) const {
  const auto address = RemoteAddress::parse(git.repository);
  const bool is_here = !address || address->kind == RemoteAddress::Kind::file;
  return is_here ? local_ : remote_;
}

Result<void> TemplateSources::check(const model::TemplateGit& git) const {
  return source_of(git).check(git);
}

Result<std::string> TemplateSources::tip(const model::TemplateGit& git) {
  return source_of(git).tip(git);
}

Result<TemplateReading> TemplateSources::read(const model::TemplateGit& git,
                                              const std::string& commit) {
  return source_of(git).read(git, commit);
}

}  // namespace titan::gitops

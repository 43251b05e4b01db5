#include "agent/doctor_facts.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "agent/agent_state.hpp"
#include "agent/running_agent.hpp"
#include "agent/status.hpp"
#include "base/file_system.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/repository.hpp"

namespace titan::agent {
namespace {

constexpr const char* kProbe = ".titan-doctor";  // the file that is made and removed
constexpr std::uint32_t kProbeMode = 0600;
constexpr std::uint32_t kPermissions = 07777;
constexpr uid_t kSomebody = 65534;

template <class Value>
std::optional<Error> error_of(const Result<Value>& result) {
  if (result) return std::nullopt;
  return result.error();
}

void look_at_space(DoctorFacts::Directory& directory) {
  struct statvfs found {};
  if (::statvfs(directory.path.c_str(), &found) != 0) return;
  directory.bytes_free = std::uint64_t{found.f_bavail} * found.f_frsize;
  directory.has_inodes = found.f_files > 0;
  directory.inodes_free = found.f_favail;
  directory.is_read_only = (found.f_flag & ST_RDONLY) != 0;
}

// Whether root may give a file away, as templates may ask for.
std::optional<Error> try_chown(const std::string& path) {
  if (::geteuid() != 0 || ::lchown(path.c_str(), kSomebody, kSomebody) == 0) return std::nullopt;
  return system_error(errno, "giving a file to another user");
}

void try_writing(DiskFileSystem& files, DoctorFacts::Directory& directory, DoctorFacts& facts) {
  const auto written = files.write(kProbe, "", kProbeMode);
  directory.write_error = error_of(written);
  if (!written) return;
  if (directory.name == "root") facts.chown = try_chown(directory.path + "/" + kProbe);
  directory.write_error = error_of(files.remove_file(kProbe));
}

void look_at(const std::string& name, const std::string& path, DoctorFacts& facts) {
  DoctorFacts::Directory directory{.name = name, .path = path};
  struct stat found {};
  directory.exists = ::stat(path.c_str(), &found) == 0 || errno != ENOENT;
  if (directory.exists) {
    directory.mode = found.st_mode & kPermissions;
    directory.owner = found.st_uid;
    const auto files = DiskFileSystem::open(path);
    directory.error = error_of(files);
    if (files) {
      look_at_space(directory);
      directory.is_in_memory = (*files)->in_memory("").value_or(false);
      if (!directory.is_read_only) try_writing(**files, directory, facts);
    }
  }
  facts.directories.push_back(std::move(directory));
}

std::optional<Error> look_for_openat2() {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  const long opened = ::syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how);
  if (opened < 0) return system_error(errno, "opening beneath a directory (openat2)");
  ::close(static_cast<int>(opened));
  return std::nullopt;
}

void ask_server(const Configuration& configuration, const Clock& clock, DoctorFacts& facts) {
  const std::string url = !configuration.server.empty() ? configuration.server
                          : facts.identity              ? facts.identity->server
                                                        : std::string();
  if (url.empty()) return;
  DoctorFacts::Server server{.url = url};
  const auto begun = clock.monotonic();
  const auto transport = connect(configuration, url);
  auto answer = transport ? (*transport)->send({.method = "GET", .target = "/v1/status"})
                          : Result<HttpResponse>(transport.error());
  server.round_trip =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock.monotonic() - begun);
  server.wall = clock.wall();
  server.error = error_of(answer);
  if (answer) {
    server.status = answer->status;
    server.date = answer->header("Date");
  }
  facts.server = std::move(server);
}

void look_at_state(const Configuration& configuration, const Clock& clock, DoctorFacts& facts) {
  const auto files = DiskFileSystem::open(configuration.state);
  if (!files) return;
  const auto identity = IdentityStore(**files).load_public();
  facts.identity_error = error_of(identity);
  if (identity) facts.identity = *identity;
  const auto key = (*files)->info("identity/device.key");
  if (key) facts.identity_mode = key->mode;
  const auto state = StateFile(**files).load();
  facts.state_error = error_of(state);
  if (state) {
    facts.deployments = state->applied.size();
    facts.failing = state->failures.size();
  }
  const auto run = DiskFileSystem::open(configuration.run);
  const auto status = read_status(**files, run ? run->get() : nullptr, clock.monotonic());
  if (!status) return;
  facts.silence = status->silence;
  facts.is_cut_off = status->is_cut_off();
}

bool is_repository(const std::string& path) {
  return ::access((path + "/HEAD").c_str(), F_OK) == 0 &&
         ::access((path + "/objects").c_str(), F_OK) == 0;
}

void look_at_git(const Configuration& configuration, DoctorFacts& facts) {
  const bool has_remote = gitops::is_remote_url(configuration.git);
  const bool is_own = has_remote || configuration.git.empty();
  DoctorFacts::Git& git = facts.git;
  git.path = is_own ? configuration.state + "/git" : configuration.git;
  git.exists = is_repository(git.path);
  // Opening what is no whole repository would complete it.
  if (git.exists) git.error = error_of(gitops::Repository::open_or_create(git.path));
  if (!has_remote) return;
  git.remote = gitops::without_credentials(configuration.git);
  git.remote_error = error_of(
      gitops::remote_head(configuration.git, publisher_options(configuration).push.access));
}

}  // namespace

DoctorFacts collect_facts(const Configuration& configuration,
                          std::vector<DoctorFacts::Driver> drivers, const Clock& clock) {
  DoctorFacts facts;
  const auto begun = clock.monotonic();
  facts.configuration_file = configuration.file;
  facts.drivers = std::move(drivers);
  facts.user = ::geteuid();
  facts.openat2 = look_for_openat2();
  look_at("state", configuration.state, facts);
  look_at("run", configuration.run, facts);
  look_at("root", configuration.root, facts);
  look_at_state(configuration, clock, facts);
  ask_server(configuration, clock, facts);
  look_at_git(configuration, facts);
  facts.monotonic_goes_on = clock.monotonic() >= begun;
  return facts;
}

}  // namespace titan::agent

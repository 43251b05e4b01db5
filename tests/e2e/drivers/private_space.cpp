#include "tests/e2e/drivers/private_space.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace titan::testing {
namespace {

constexpr const char* kSetUp =
    "#!/bin/sh\n"
    "umount -R /sys/fs/cgroup 2>/dev/null\n"
    "mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 9\n"
    "exec \"$@\"\n";

std::string write_script(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), 0755);
  return path;
}

}  // namespace

std::optional<std::string> PrivateSpace::missing(const std::vector<std::string>& programs) {
  if (::geteuid() != 0) return "only root can make namespaces";
  SystemProcessRunner runner;
  for (const std::string& program : programs) {
    if (!runner.run({.arguments = {program, "--version"}})) return program + " is not installed";
  }
  for (const char* program : {"/usr/bin/unshare", "/usr/bin/nsenter"}) {
    if (!runner.run({.arguments = {program, "--version"}})) {
      return std::string(program) + " is not installed";
    }
  }
  const TemporaryDirectory folder;
  const std::string script = write_script(folder.path() + "/set-up", kSetUp);
  const auto tried =
      runner.run({.arguments = {"/usr/bin/unshare", "--mount", "--net", script, "/bin/true"}});
  if (!tried || tried->exit_code != 0) return "namespaces and cgroup2 may not be used here";
  return std::nullopt;
}

PrivateSpace::PrivateSpace(const std::vector<std::string>& program) {
  std::vector<std::string> arguments = {"/usr/bin/unshare", "--mount", "--net",
                                        write_script(folder() + "/set-up", kSetUp)};
  arguments.insert(arguments.end(), program.begin(), program.end());
  program_ = std::make_unique<BackgroundProgram>(arguments, folder() + "/log");
}

std::string PrivateSpace::entrance(const std::string& program, bool inside) {
  const std::string target = std::to_string(inside ? child() : program_->pid());
  const std::string how = inside ? " --all " : " --mount --net --wdns=\"$PWD\" ";
  return write_script(folder() + "/" + program, "#!/bin/sh\nexec /usr/bin/nsenter --target " +
                                                    target + how + program + " \"$@\"\n");
}

int PrivateSpace::child() const {
  const std::string pid = std::to_string(program_->pid());
  int child = 0;
  std::ifstream("/proc/" + pid + "/task/" + pid + "/children") >> child;
  return child;
}

std::string PrivateSpace::log() const {
  return read_text(folder() + "/log");
}

Result<Outcome> KillableRunner::run(const Command& command) {
  ++count_;
  if (fail_from_ != 0 && count_ >= fail_from_) return unavailable("killed");
  return SystemProcessRunner().run(command);
}

}  // namespace titan::testing

#include "base/process_runner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace titan {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kSignalExitBase = 128;  // the convention of shells
constexpr std::size_t kPipeReadBytes = 16UL << 10U;
constexpr std::size_t kPipeBytesMax = 1UL << 20U;  // what a pipe holds at most, unprivileged

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(errno, "making a pipe");
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return system_error(errno, "making a pipe");
  return pipe;
}

// The input as a file in memory: unlike a pipe it needs no feeding, and a program that does not
// read it causes no SIGPIPE.
Result<Descriptor> make_input(std::string_view input) {
  Descriptor file(::memfd_create("titan-input", MFD_CLOEXEC));
  if (!file.is_open()) return system_error(errno, "making the input");
  while (!input.empty()) {
    const ssize_t written =
        retry_interrupted([&] { return ::write(file.get(), input.data(), input.size()); });
    if (written < 0) return system_error(errno, "writing the input");
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return system_error(errno, "writing the input");
  return file;
}

bool holds_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

Result<void> check(const Command& command) {
  if (command.arguments.empty()) return invalid("the command has no arguments");
  if (std::any_of(command.arguments.begin(), command.arguments.end(), holds_nul)) {
    return invalid("an argument holds a NUL byte");
  }
  if (command.interactive && !command.input.empty()) {
    return invalid("an interactive program reads the terminal, and takes no other input");
  }
  if (holds_nul(command.directory)) return invalid("the working folder's path holds a NUL byte");
  for (const auto& [name, value] : command.environment) {
    if (name.empty() || holds_nul(name) || name.find('=') != std::string::npos) {
      return invalid(quote(name) + " cannot be the name of an environment variable");
    }
    if (holds_nul(value)) return invalid("the variable " + quote(name) + " holds a NUL byte");
  }
  struct stat found {};
  if (!command.directory.empty() &&
      (::stat(command.directory.c_str(), &found) != 0 || !S_ISDIR(found.st_mode))) {
    return not_found("the working folder " + quote(command.directory) + " does not exist");
  }
  return {};
}

std::vector<std::string> environment_of(const Command& command) {
  const std::map<std::string, std::string>& added = command.environment;
  std::vector<std::string> merged;
  char** const inherited = command.clean_environment ? nullptr : environ;
  for (char** variable = inherited; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!added.contains(std::string(text.substr(0, text.find('='))))) merged.emplace_back(text);
  }
  for (const auto& [name, value] : added) merged.push_back(name + "=" + value);
  return merged;
}

// The null-terminated array of pointers that exec takes; borrows `texts`.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

Error start_error(int errno_value, const std::string& program) {
  const std::string doing = "starting " + quote(program);
  Error error = system_error(errno_value, doing);
  if (errno_value == ENOEXEC || errno_value == ELIBBAD) error.code = ErrorCode::denied;
  if (errno_value == E2BIG) error.code = ErrorCode::invalid;
  return error;
}

// How the new process is set up: standard streams, working folder, group, signals.
class SpawnSetup {
 public:
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  // 0 or an errno value.
  int prepare(int input, int output, int errors, const std::string& directory) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    const std::array results = {
        ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO),
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO),
        ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO),
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1),
        directory.empty() ? 0
                          : ::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()),
        ::posix_spawnattr_setpgroup(&attributes_, 0),
        ::posix_spawnattr_setsigmask(&attributes_, &none),
        ::posix_spawnattr_setsigdefault(&attributes_, &all),
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF),
    };
    const auto* failed = std::find_if(results.begin(), results.end(), [](int r) { return r != 0; });
    return failed == results.end() ? 0 : *failed;
  }
  // For an interactive program, which keeps the streams and the group of the caller.
  int prepare_interactive(const std::string& directory) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    const std::array results = {
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1),
        directory.empty() ? 0
                          : ::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()),
        ::posix_spawnattr_setsigmask(&attributes_, &none),
        ::posix_spawnattr_setsigdefault(&attributes_, &all),
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF),
    };
    const auto* failed = std::find_if(results.begin(), results.end(), [](int r) { return r != 0; });
    return failed == results.end() ? 0 : *failed;
  }
  int spawn(pid_t& process, std::vector<std::string> arguments,
            std::vector<std::string> environment) {
    return ::posix_spawnp(&process, arguments.front().c_str(), &actions_, &attributes_,
                          pointers_to(arguments).data(), pointers_to(environment).data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// glibc 2.36 declares its wrapper without extern "C", so that C++ cannot link it.
int open_pidfd(pid_t id) {
  return static_cast<int>(::syscall(SYS_pidfd_open, id, 0));
}

// Waits for the end of a process: its exit code. internal when somebody else has fetched it.
Result<int> reap(pid_t id) {
  int status = 0;
  const pid_t ended = retry_interrupted([&] { return ::waitpid(id, &status, 0); });
  if (ended < 0) return internal("the exit code is lost; is SIGCHLD ignored?");
  return WIFSIGNALED(status) ? kSignalExitBase + WTERMSIG(status) : WEXITSTATUS(status);
}

// Ctrl-C and Ctrl-\ go to everybody in the terminal's group: they are not meant for this process
// while another one talks to the person.
class TerminalSignalsIgnored {
 public:
  TerminalSignalsIgnored() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &interrupt_);
    ::sigaction(SIGQUIT, &ignore, &quit_);
  }
  ~TerminalSignalsIgnored() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGQUIT, &quit_, nullptr);
  }
  TerminalSignalsIgnored(const TerminalSignalsIgnored&) = delete;
  TerminalSignalsIgnored& operator=(const TerminalSignalsIgnored&) = delete;

 private:
  struct sigaction interrupt_ {};
  struct sigaction quit_ {};
};

// A started process, which is killed with its group and reaped when left early.
class Process {
 public:
  explicit Process(pid_t id) : id_(id), end_(open_pidfd(id)), open_error_(errno) {}
  ~Process() {
    if (id_ == 0) return;
    kill_group();
    static_cast<void>(wait());
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // A descriptor that becomes readable when the process ends.
  [[nodiscard]] const Descriptor& end() const { return end_; }
  [[nodiscard]] int open_error() const { return open_error_; }
  void kill_group() const {
    ::kill(-id_, SIGKILL);
    ::kill(id_, SIGKILL);  // it may have moved to another group
  }
  // The exit code. internal when somebody else has fetched it.
  Result<int> wait() { return reap(std::exchange(id_, 0)); }

 private:
  pid_t id_;
  Descriptor end_;
  int open_error_;
};

// One stream of the process, collected up to a limit.
class Collector {
 public:
  Collector(Descriptor source, std::size_t bytes_max)
      : source_(std::move(source)), bytes_max_(bytes_max) {}

  [[nodiscard]] int descriptor() const { return source_.get(); }
  std::string take() { return std::move(text_); }

  // Reads what is there, but no more than a pipe can hold: a writer that never stops must not
  // keep the caller here.
  void collect() {
    std::array<char, kPipeReadBytes> piece{};
    std::size_t total = 0;
    while (source_.is_open() && total < kPipeBytesMax) {
      const ssize_t got =
          retry_interrupted([&] { return ::read(source_.get(), piece.data(), piece.size()); });
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) {
        source_.close();
        return;
      }
      const auto length = static_cast<std::size_t>(got);
      total += length;
      text_.append(piece.data(), std::min(length, bytes_max_ - text_.size()));
    }
  }

 private:
  Descriptor source_;
  std::size_t bytes_max_;
  std::string text_;
};

int poll_milliseconds(SteadyClock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

// Collects until the process ends; false when the deadline came first. What still holds the
// streams open afterwards (a daemon that the program left behind) is not waited for.
bool collect_until_end(const Process& process, Collector& output, Collector& errors,
                       SteadyClock::time_point deadline) {
  while (true) {
    std::array<pollfd, 3> watched = {pollfd{output.descriptor(), POLLIN, 0},
                                     pollfd{errors.descriptor(), POLLIN, 0},
                                     pollfd{process.end().get(), POLLIN, 0}};
    const int ready = ::poll(watched.data(), watched.size(), poll_milliseconds(deadline));
    if (ready < 0 && errno == EINTR) continue;
    output.collect();
    errors.collect();
    if (ready > 0 && watched[2].revents != 0) return true;
    if (SteadyClock::now() >= deadline) return false;
  }
}

Result<Outcome> run_interactive(const Command& command) {
  const TerminalSignalsIgnored ignored;
  SpawnSetup setup;
  pid_t id = 0;
  int failure = setup.prepare_interactive(command.directory);
  if (failure == 0) {
    failure = setup.spawn(id, command.arguments, environment_of(command));
  }
  if (failure != 0) return start_error(failure, command.arguments.front());
  Outcome outcome;
  TITAN_ASSIGN(outcome.exit_code, reap(id));
  return outcome;
}

}  // namespace

Result<Outcome> SystemProcessRunner::run(const Command& command) {
  TITAN_TRY(check(command));
  if (command.interactive) return run_interactive(command);
  TITAN_ASSIGN(Descriptor input, make_input(command.input));
  TITAN_ASSIGN(Pipe output, make_pipe());
  TITAN_ASSIGN(Pipe errors, make_pipe());
  const auto deadline = SteadyClock::now() + std::min(command.timeout, kCommandTimeoutMax);

  SpawnSetup setup;
  const std::string& program = command.arguments.front();
  pid_t id = 0;
  int failure =
      setup.prepare(input.get(), output.write_end.get(), errors.write_end.get(), command.directory);
  if (failure == 0) {
    failure = setup.spawn(id, command.arguments, environment_of(command));
  }
  if (failure != 0) return start_error(failure, program);
  Process process(id);
  if (!process.end().is_open()) return system_error(process.open_error(), "watching " + program);
  output.write_end.close();
  errors.write_end.close();

  Collector from_output(std::move(output.read_end), command.output_bytes_max);
  Collector from_errors(std::move(errors.read_end), command.output_bytes_max);
  Outcome outcome;
  outcome.timed_out = !collect_until_end(process, from_output, from_errors, deadline);
  if (outcome.timed_out) process.kill_group();
  TITAN_ASSIGN(outcome.exit_code, process.wait());
  from_output.collect();
  from_errors.collect();
  outcome.output = from_output.take();
  outcome.errors = from_errors.take();
  return outcome;
}

}  // namespace titan

#include "tests/e2e/syscall_tracer.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace titan::testing {
namespace {

using Effect = SyscallRule::Effect;
using Subject = SyscallRule::Subject;
using Arguments = std::array<std::uint64_t, 6>;

constexpr int kCallEnds = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD marks these stops so

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

// ---- what differs between architectures: the registers ------------------------------------------

#if defined(__x86_64__)
constexpr bool kArchitectureKnown = true;
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;

// The call is not made, and gives `result`. REQUIRES: the thread is stopped before the call.
void skip_call(pid_t thread, std::int64_t result) {
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) fail("reading registers");
  registers.orig_rax = static_cast<unsigned long long>(-1);
  registers.rax = static_cast<unsigned long long>(result);
  if (ptrace(PTRACE_SETREGS, thread, nullptr, &registers) != 0) fail("writing registers");
}

// REQUIRES: the thread is stopped before the call.
void set_third_argument(pid_t thread, std::uint64_t value) {
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) fail("reading registers");
  registers.rdx = value;
  if (ptrace(PTRACE_SETREGS, thread, nullptr, &registers) != 0) fail("writing registers");
}
#else
constexpr bool kArchitectureKnown = false;
constexpr std::uint32_t kArchitecture = 0;
void skip_call(pid_t, std::int64_t) {}
void set_third_argument(pid_t, std::uint64_t) {}
#endif

// ---- the filter ---------------------------------------------------------------------------------

// Stops at the calls of the table, and lets all others pass.
std::vector<sock_filter> make_filter(bool reads) {
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const SyscallRule& rule : syscall_rules()) {
    if (rule.effect == Effect::reads && !reads) continue;
    const auto number = static_cast<std::uint32_t>(rule.number);
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return filter;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, int log, const sock_fprog& filter) {
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  const rlimit seconds{SyscallTracer::kTracedSeconds, SyscallTracer::kTracedSeconds};
  setrlimit(RLIMIT_CPU, &seconds);
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(126);
  raise(SIGSTOP);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) _exit(126);
  execv(arguments[0], arguments);
  _exit(127);
}

// ---- what a call is about -----------------------------------------------------------------------

std::string read_link_of(const std::string& path) {
  std::array<char, PATH_MAX> text{};
  const ssize_t length = readlink(path.c_str(), text.data(), text.size());
  return length < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(length));
}

std::string path_of_descriptor(pid_t thread, int descriptor) {
  const std::string process = "/proc/" + std::to_string(thread);
  if (descriptor == AT_FDCWD) return read_link_of(process + "/cwd");
  return read_link_of(process + "/fd/" + std::to_string(descriptor));
}

// A text in the memory of the program. By pages, since what lies behind the text may not be there.
std::string text_at(pid_t thread, std::uint64_t address) {
  constexpr std::uint64_t kPage = 4096;
  std::string text;
  while (address != 0 && text.size() < PATH_MAX) {
    std::array<char, kPage> piece{};
    const std::size_t count = kPage - address % kPage;
    iovec here{piece.data(), count};
    iovec there{reinterpret_cast<void*>(address), count};  // NOLINT: another process's address
    const ssize_t got = process_vm_readv(thread, &here, 1, &there, 1, 0);
    if (got <= 0) return text;
    const char* const end = std::find(piece.data(), piece.data() + got, '\0');
    text.append(piece.data(), static_cast<std::size_t>(end - piece.data()));
    if (end != piece.data() + got) return text;
    address += static_cast<std::uint64_t>(got);
  }
  return text;
}

std::string path_at(pid_t thread, int folder, std::uint64_t address) {
  const std::filesystem::path path = text_at(thread, address);
  const std::filesystem::path base = path.is_absolute() ? "" : path_of_descriptor(thread, folder);
  std::string whole = (base / path).lexically_normal().string();
  if (whole.size() > 1 && whole.back() == '/') whole.pop_back();
  return whole;
}

std::vector<std::string> paths_of(pid_t thread, Subject subject, const Arguments& arguments) {
  const auto descriptor = [&](std::size_t i) { return static_cast<int>(arguments[i]); };
  switch (subject) {
    case Subject::path:
      return {path_at(thread, AT_FDCWD, arguments[0])};
    case Subject::path_in_folder:
      return {path_at(thread, descriptor(0), arguments[1])};
    case Subject::paths:
      return {path_at(thread, AT_FDCWD, arguments[0]), path_at(thread, AT_FDCWD, arguments[1])};
    case Subject::paths_in_folders:
      return {path_at(thread, descriptor(0), arguments[1]),
              path_at(thread, descriptor(2), arguments[3])};
    case Subject::new_link:
      return {path_at(thread, AT_FDCWD, arguments[1])};
    case Subject::new_link_in_folder:
      return {path_at(thread, descriptor(1), arguments[2])};
    case Subject::descriptor:
      return {path_of_descriptor(thread, descriptor(0))};
    case Subject::third_descriptor:
      return {path_of_descriptor(thread, descriptor(2))};
    case Subject::fifth_descriptor:
      return {path_of_descriptor(thread, descriptor(4))};
    case Subject::everything:
      break;
  }
  return {};
}

// The flags of an open call: openat2 keeps them at the start of a structure.
std::uint64_t open_flags(pid_t thread, const SyscallRule& rule, const Arguments& arguments) {
  if (rule.subject == Subject::path) return arguments[1];
  if (rule.name != "openat2") return arguments[2];
  std::uint64_t flags = 0;
  iovec here{&flags, sizeof flags};
  iovec there{reinterpret_cast<void*>(arguments[2]), sizeof flags};  // NOLINT: as above
  process_vm_readv(thread, &here, 1, &there, 1, 0);
  return flags;
}

bool is_socket(const std::string& path) {
  return path.starts_with("socket:");
}

bool is_lock(const Arguments& arguments) {
  const auto command = static_cast<int>(arguments[1]);
  return command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
         command == F_OFD_SETLKW || command == F_SETLEASE;
}

// What is left of the bytes when the call is shortened. A program asks for more than a file has, so
// the half of that could be all of it.
std::uint64_t part_of(const TracedCall& call) {
  constexpr std::uint64_t kReadBytes = 16;
  const std::uint64_t half = call.bytes / 2;
  return call.rule->effect == Effect::reads ? std::min(half, kReadBytes) : half;
}

// ---- one run ------------------------------------------------------------------------------------

class Trace {
 public:
  Trace(const SyscallTracer::Options& options, const std::optional<Intervention>& intervention)
      : options_(options), intervention_(intervention) {}

  TracedRun run() {
    start();
    while (!threads_.empty()) wait_once();
    return std::move(result_);
  }

 private:
  void start();
  void wait_once();
  void on_stop(pid_t thread, int status);
  void on_call(pid_t thread);
  void on_end(pid_t thread);
  void intervene(pid_t thread, const TracedCall& call);
  void kill_all();
  // None when the call does not count.
  std::optional<TracedCall> look(pid_t thread, const SyscallRule& rule, const Arguments& arguments);
  [[nodiscard]] bool is_mine(const std::string& path) const {
    return std::ranges::any_of(options_.folders, [&](const std::string& folder) {
      return path == folder || path.starts_with(folder + "/");
    });
  }
  static void go_on(pid_t thread, int signal = 0, bool to_end_of_call = false) {
    ptrace(to_end_of_call ? PTRACE_SYSCALL : PTRACE_CONT, thread, nullptr,
           static_cast<long>(signal));
  }

  const SyscallTracer::Options& options_;
  const std::optional<Intervention>& intervention_;
  TracedRun result_ = {};
  pid_t leader_ = -1;
  bool started_ = false;  // the program itself runs: the first execve is behind
  bool killed_ = false;
  std::set<pid_t> threads_ = {};
  std::map<pid_t, std::size_t> under_way_ = {};  // the call that the thread is in
};

void Trace::start() {
  std::vector<char*> raw;
  for (const std::string& argument : options_.arguments) {
    raw.push_back(const_cast<char*>(argument.c_str()));
  }
  raw.push_back(nullptr);
  std::vector<sock_filter> filter = make_filter(options_.reads);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  const int log =
      open(options_.log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  leader_ = fork();
  if (leader_ == 0) become(raw.data(), log, program);
  close(log);
  if (leader_ < 0) fail("fork");
  int status = 0;
  if (waitpid(leader_, &status, __WALL) != leader_ || !WIFSTOPPED(status)) fail("no ptrace");
  constexpr long kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP |
                            PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEEXEC;
  if (ptrace(PTRACE_SETOPTIONS, leader_, nullptr, kOptions) != 0) fail("PTRACE_SETOPTIONS");
  threads_.insert(leader_);
  go_on(leader_);
}

void Trace::wait_once() {
  int status = 0;
  const pid_t thread = waitpid(-1, &status, __WALL | __WNOTHREAD);
  if (thread < 0 && errno == EINTR) return;
  if (thread < 0) {
    threads_.clear();
    return;
  }
  if (WIFSTOPPED(status)) return on_stop(thread, status);
  threads_.erase(thread);
  if (thread != leader_) return;
  result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  kill_all();  // what it left running
}

void Trace::on_stop(pid_t thread, int status) {
  const bool is_new = threads_.insert(thread).second;
  if (killed_) {
    kill(thread, SIGKILL);
    return go_on(thread);
  }
  const int event = status >> 16;
  const int signal = WSTOPSIG(status);
  if (event == PTRACE_EVENT_SECCOMP) return on_call(thread);
  if (event == PTRACE_EVENT_EXEC) started_ = true;
  if (event != 0) return go_on(thread, 0, under_way_.contains(thread));
  if (signal == kCallEnds) return on_end(thread);
  go_on(thread, is_new && signal == SIGSTOP ? 0 : signal);
}

std::optional<TracedCall> Trace::look(pid_t thread, const SyscallRule& rule,
                                      const Arguments& arguments) {
  TracedCall call{.rule = &rule};
  if (rule.effect == Effect::maps) {
    if ((arguments[2] & PROT_WRITE) == 0 || (arguments[3] & MAP_SHARED) == 0) return std::nullopt;
    if (static_cast<int>(arguments[4]) < 0) return std::nullopt;
  }
  if (rule.effect == Effect::locks && !is_lock(arguments)) return std::nullopt;
  bool counts = rule.subject == Subject::everything;
  for (const std::string& path : paths_of(thread, rule.subject, arguments)) {
    const bool is_sent = options_.sockets && is_socket(path) && rule.effect == Effect::writes;
    counts = counts || is_sent || is_mine(path);
    call.path += (call.path.empty() ? "" : " -> ") + path;
  }
  if (!counts) return std::nullopt;
  const bool transfers = rule.effect == Effect::writes || rule.effect == Effect::reads;
  if (transfers && (rule.failures & SyscallRule::shortened) != 0) call.bytes = arguments[2];
  if (rule.effect == Effect::opens) {
    const std::uint64_t flags = open_flags(thread, rule, arguments);
    const bool writes = (flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) != 0;
    if (!writes && !options_.reads) return std::nullopt;
    struct stat found {};
    const bool is_there = lstat(call.path.c_str(), &found) == 0;
    call.makes = ((flags & O_CREAT) != 0 && !is_there) || ((flags & O_TRUNC) != 0 && is_there);
  }
  return call;
}

void Trace::on_call(pid_t thread) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) {
    if (errno == ESRCH) return;  // it was killed meanwhile; its end is told
    fail("PTRACE_GET_SYSCALL_INFO");
  }
  const SyscallRule* const rule = find_syscall_rule(static_cast<long>(info.seccomp.nr));
  Arguments arguments{};
  std::copy(std::begin(info.seccomp.args), std::end(info.seccomp.args), arguments.begin());
  std::optional<TracedCall> call;
  if (rule != nullptr && started_) call = look(thread, *rule, arguments);
  if (!call) return go_on(thread);
  const std::size_t number = result_.calls.size();
  result_.calls.push_back(*call);
  const bool here = intervention_ && number >= intervention_->call;
  if (here &&
      (number == intervention_->call || intervention_->kind == Intervention::Kind::fail_on)) {
    return intervene(thread, *call);
  }
  under_way_[thread] = number;
  go_on(thread, 0, true);
}

void Trace::intervene(pid_t thread, const TracedCall& call) {
  using Kind = Intervention::Kind;
  const std::uint8_t failures = call.rule->failures;
  switch (intervention_->kind) {
    case Kind::kill_before:
      result_.struck = true;
      return kill_all();
    case Kind::kill_after:
      break;
    case Kind::fail_on:
      if (intervention_->error == ENOSPC && (failures & SyscallRule::no_space) == 0) break;
      [[fallthrough]];
    case Kind::fail:
      result_.struck = true;
      result_.calls.back().result = -intervention_->error;
      skip_call(thread, -intervention_->error);
      return go_on(thread);
    case Kind::shorten:
      result_.struck = call.bytes > 1;
      if (result_.struck) set_third_argument(thread, part_of(call));
      break;
  }
  under_way_[thread] = result_.calls.size() - 1;
  go_on(thread, 0, true);
}

void Trace::on_end(pid_t thread) {
  const auto found = under_way_.find(thread);
  if (found == under_way_.end()) return go_on(thread);
  const std::size_t number = found->second;
  under_way_.erase(found);
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0) {
    result_.calls[number].result = info.exit.rval;
  }
  const bool kills = intervention_ && intervention_->kind == Intervention::Kind::kill_after &&
                     number == intervention_->call;
  if (!kills) return go_on(thread);
  result_.struck = true;
  kill_all();
}

void Trace::kill_all() {
  killed_ = true;
  for (const pid_t thread : threads_) kill(thread, SIGKILL);
}

}  // namespace

std::string TracedCall::text() const {
  return std::string(rule->name) + (path.empty() ? "" : " " + path);
}

bool TracedCall::changed_disk() const {
  if (result && *result < 0) return false;
  switch (rule->effect) {
    case Effect::opens:
      return makes;
    case Effect::writes:
      return !is_socket(path) && result.value_or(1) > 0;
    case Effect::announces:
      return rule->name != "flock";
    case Effect::changes:
    case Effect::maps:
      return true;
    case Effect::locks:
    case Effect::reads:
      break;
  }
  return false;
}

bool SyscallTracer::supported(std::string& why) {
  if (!kArchitectureKnown) {
    why = "programs are traced on x86_64 only";
    return false;
  }
  // A container may forbid ptrace or seccomp.
  const SyscallTracer tracer({.arguments = {"/bin/true"}, .log_path = "/dev/null"});
  try {
    if (tracer.run().exit_code == 0) return true;
    why = "this machine lets nobody filter system calls";
  } catch (const std::runtime_error& error) {
    why = std::string("this machine lets nobody trace programs: ") + error.what();
  }
  return false;
}

TracedRun SyscallTracer::run(const std::optional<Intervention>& intervention) const {
  return Trace(options_, intervention).run();
}

}  // namespace titan::testing

// Runs two or more programs by turns, each as often, and prints for each what a run took: the
// median and the most of wall time, of CPU time (its children's too), the most memory that was
// resident, and the most that it had written to disks (what stays in memory, as in a tmpfs, does
// not count). Usage: program_turns RUNS NAME PROGRAM [ARGUMENT…] [-- NAME PROGRAM [ARGUMENT…]]…
// Prints lines "NAME MEASURE NUMBER": wall_us, wall_us_max, cpu_us, cpu_us_max, peak_kib,
// written_bytes. Ends with 1 when a run fails. It is small itself: until the program replaces it,
// a new process counts what it shares with this one.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

extern char** environ;

namespace {

constexpr long kMicros = 1'000'000;
constexpr int kRunsMax = 100'000;

struct Run {
  long wall_us = 0;
  long cpu_us = 0;
  long peak_kib = 0;
  long written_bytes = 0;
};

struct Program {
  const char* name = nullptr;
  std::vector<char*> arguments;  // and a null
  std::vector<Run> runs;
};

long now_us() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kMicros + time.tv_nsec / 1000;
}

long micros_of(const timeval& time) {
  return time.tv_sec * kMicros + time.tv_usec;
}

// Of a process that has ended and was not waited for yet.
long written_by(pid_t process) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/io", process);
  std::FILE* const file = std::fopen(path, "r");
  if (file == nullptr) return -1;
  char line[128];
  long bytes = -1;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, "write_bytes: ", 13) == 0) bytes = std::strtol(line + 13, nullptr, 10);
  }
  std::fclose(file);
  return bytes;
}

bool run(Program& program) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  const long begun = now_us();
  const int failure = posix_spawnp(&process, program.arguments[0], &actions, nullptr,
                                   program.arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) return false;
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOWAIT);
  Run taken;
  taken.wall_us = now_us() - begun;
  taken.written_bytes = written_by(process);
  int status = 0;
  rusage usage{};
  wait4(process, &status, 0, &usage);
  taken.cpu_us = micros_of(usage.ru_utime) + micros_of(usage.ru_stime);
  taken.peak_kib = usage.ru_maxrss;
  program.runs.push_back(taken);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

long median(std::vector<long> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const Program& program) {
  std::vector<long> wall;
  std::vector<long> cpu;
  Run most;
  for (const Run& run : program.runs) {
    wall.push_back(run.wall_us);
    cpu.push_back(run.cpu_us);
    most.wall_us = std::max(most.wall_us, run.wall_us);
    most.cpu_us = std::max(most.cpu_us, run.cpu_us);
    most.peak_kib = std::max(most.peak_kib, run.peak_kib);
    most.written_bytes = std::max(most.written_bytes, run.written_bytes);
  }
  const auto line = [&](const char* what, long number) {
    std::printf("%s %s %ld\n", program.name, what, number);
  };
  line("wall_us", median(wall));
  line("wall_us_max", most.wall_us);
  line("cpu_us", median(cpu));
  line("cpu_us_max", most.cpu_us);
  line("peak_kib", most.peak_kib);
  line("written_bytes", most.written_bytes);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Program> programs;
  for (int i = 2; i < argc; ++i) {
    const bool is_next = std::strcmp(argv[i], "--") == 0;
    if (i == 2 || is_next) programs.emplace_back();
    if (is_next) continue;
    Program& program = programs.back();
    if (program.name == nullptr) {
      program.name = argv[i];
    } else {
      program.arguments.push_back(argv[i]);
    }
  }
  const long runs = argc < 2 ? 0 : std::strtol(argv[1], nullptr, 10);
  if (runs < 1 || runs > kRunsMax || programs.empty()) {
    std::fprintf(stderr, "program_turns: RUNS NAME PROGRAM [ARGUMENT...] [-- ...]\n");
    return 2;
  }
  for (Program& program : programs) {
    if (program.arguments.empty()) return 2;
    program.arguments.push_back(nullptr);
    program.runs.reserve(static_cast<std::size_t>(runs));
  }
  for (long i = 0; i < runs; ++i) {
    for (Program& program : programs) {
      if (run(program)) continue;
      std::fprintf(stderr, "program_turns: %s failed\n", program.name);
      return 1;
    }
  }
  for (const Program& program : programs) print(program);
}

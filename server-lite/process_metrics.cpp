#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/text.hpp"
#include "server-lite/server_metrics.hpp"

namespace titan::server_lite {
namespace {

std::string contents(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The number after `name` in a file of lines "name number …"; 0 when there is none.
double number_after(const std::string& text, const std::string& name) {
  const std::size_t found = text.find(name);
  if (found == std::string::npos) return 0;
  double number = 0;
  std::istringstream(text.substr(found + name.size())) >> number;
  return number;
}

double open_descriptors() {
  std::error_code fault;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", fault), end;
       !fault && entry != end; entry.increment(fault)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // one is of this very look
}

}  // namespace

// proc(5): the fields after the program's name, which may hold anything, in brackets.
std::vector<Metrics::Family> process_metrics() {
  const std::string stat = contents("/proc/self/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  const auto fields = split(std::string_view(stat).substr(name_end + 2), ' ');
  constexpr std::size_t kThird = 3;  // the first of them is field 3
  const auto field = [&](std::size_t number) { return std::stod(fields.at(number - kThird)); };
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const auto gauge = [](const char* name, const char* help, double value) {
    return Metrics::Family{.name = name, .help = help, .samples = {{{}, value}}};
  };
  return {
      {.name = "process_cpu_seconds_total",
       .help = "CPU time that was used, of user and system, in seconds.",
       .type = Metrics::Type::counter,
       .samples = {{{}, (field(14) + field(15)) / ticks}}},
      gauge("process_start_time_seconds", "When the process started, in seconds since 1970.",
            number_after(contents("/proc/stat"), "btime ") + field(22) / ticks),
      gauge("process_virtual_memory_bytes", "Virtual memory in bytes.", field(23)),
      gauge("process_resident_memory_bytes", "Resident memory in bytes.", field(24) * page),
      gauge("process_threads", "Threads of the process.", field(20)),
      gauge("process_open_fds", "Open file descriptors.", open_descriptors()),
      gauge("process_max_fds", "File descriptors that may be open.",
            number_after(contents("/proc/self/limits"), "Max open files")),
  };
}

}  // namespace titan::server_lite

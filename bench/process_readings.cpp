#include "bench/process_readings.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace titan::bench {
namespace {

std::string folder_of(int pid) {
  return "/proc/" + std::to_string(pid);
}

}  // namespace

std::chrono::duration<double> ProcessReadings::cpu() const {
  double sum_ns = 0;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator(folder_of(pid_) + "/task", ignored)) {
    std::ifstream file(task.path() / "schedstat");
    double ran_ns = 0;
    if (file >> ran_ns) sum_ns += ran_ns;
  }
  return std::chrono::duration<double>(sum_ns * 1e-9);
}

std::size_t ProcessReadings::status_number(const char* field) const {
  std::ifstream file(folder_of(pid_) + "/status");
  const std::string start = std::string(field) + ":";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(start)) return std::stoul(line.substr(start.size()));
  }
  return 0;
}

std::size_t ProcessReadings::resident_bytes() const {
  return status_number("VmRSS") * 1024;
}

std::size_t ProcessReadings::resident_peak_bytes() const {
  return status_number("VmHWM") * 1024;
}

void ProcessReadings::forget_peak() const {
  std::ofstream(folder_of(pid_) + "/clear_refs") << 5;
}

std::size_t ProcessReadings::threads() const {
  return status_number("Threads");
}

}  // namespace titan::bench

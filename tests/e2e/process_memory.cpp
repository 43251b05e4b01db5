#include "tests/e2e/process_memory.hpp"

#include <fstream>
#include <string>

namespace titan::testing {

std::size_t ProcessMemory::status_bytes(const char* field) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  const std::string start = std::string(field) + ":";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(start)) return std::stoul(line.substr(start.size())) * 1024;
  }
  return 0;
}

std::size_t ProcessMemory::resident_bytes() const {
  return status_bytes("VmRSS");
}

std::size_t ProcessMemory::peak_bytes() const {
  return status_bytes("VmHWM");
}

void ProcessMemory::forget_peak() const {
  std::ofstream("/proc/" + std::to_string(pid_) + "/clear_refs") << 5;
}

}  // namespace titan::testing

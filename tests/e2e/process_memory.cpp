#include "tests/e2e/process_memory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "base/descriptor.hpp"

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

namespace {

constexpr std::size_t kPieceBytes = 4UL << 20U;

// Pages that cannot be read are left out: a device's, or those that went meanwhile.
void read_range(int memory, std::uint64_t begin, std::uint64_t end, std::size_t overlap,
                const std::function<void(std::string_view)>& visit) {
  std::string piece;
  while (begin < end) {
    const std::size_t kept = std::min(piece.size(), overlap);
    piece.erase(0, piece.size() - kept);
    piece.resize(kept + std::min<std::uint64_t>(kPieceBytes, end - begin));
    const ssize_t got =
        ::pread(memory, piece.data() + kept, piece.size() - kept, static_cast<off_t>(begin));
    if (got <= 0) return;
    piece.resize(kept + static_cast<std::size_t>(got));
    visit(piece);
    begin += static_cast<std::uint64_t>(got);
  }
}

}  // namespace

bool ProcessMemory::read(std::size_t overlap,
                         const std::function<void(std::string_view)>& visit) const {
  const std::string folder = "/proc/" + std::to_string(pid_);
  const Descriptor memory(::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (!memory.is_open()) return false;
  std::ifstream maps(folder + "/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    char dash = 0;
    std::string rights;
    fields >> std::hex >> begin >> dash >> end >> rights;
    if (rights.starts_with('r')) read_range(memory.get(), begin, end, overlap, visit);
  }
  return true;
}

}  // namespace titan::testing

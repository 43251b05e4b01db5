#include "tests/support/temporary_directory.hpp"

#include <stdlib.h>

#include <filesystem>

#include "base/assert.hpp"

namespace titan::testing {

TemporaryDirectory::TemporaryDirectory()
    : TemporaryDirectory(std::filesystem::temp_directory_path().string()) {}

TemporaryDirectory::TemporaryDirectory(const std::string& parent)
    : path_(parent + "/titan-test-XXXXXX") {
  TITAN_ASSERT(::mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // a test that fails half-way has told enough
  std::filesystem::remove_all(path_, ignored);
}

std::string folder_in_memory() {
  const char* memory = "/dev/shm";
  return std::filesystem::is_directory(memory) ? memory
                                               : std::filesystem::temp_directory_path().string();
}

}  // namespace titan::testing

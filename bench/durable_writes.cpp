// The least that replaces files so that a power cut leaves the old or the new one: for each, write
// a temporary one, fsync, rename, fsync the folder. What bench/apply_files.sh measures the agent
// against. Usage: durable_writes FOLDER FILES BYTES LETTER: writes FOLDER/0, FOLDER/1, … full of
// LETTER.

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

bool write_file(int folder, const std::string& name, const std::string& content) {
  const std::string temporary = "." + name + ".tmp";
  const int file =
      openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const bool is_written =
      write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fsync(file) == 0;
  return close(file) == 0 && is_written &&
         renameat(folder, temporary.c_str(), folder, name.c_str()) == 0 && fsync(folder) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return 1;
  const long files = std::strtol(argv[2], nullptr, 10);
  const std::string content(std::strtoul(argv[3], nullptr, 10), argv[4][0]);
  for (long i = 0; i < files; ++i) {
    if (!write_file(folder, std::to_string(i), content)) return 1;
  }
  return close(folder);
}

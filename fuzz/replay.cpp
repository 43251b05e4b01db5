// Runs a target without libFuzzer: on each file of its corpus, and on some seeded mutations of
// them, which are the same on every machine.
//   replay CORPUS LAST-INPUT
// Each input is in the file LAST-INPUT while it runs, so that it is at hand when the process dies.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/target.hpp"

namespace titan::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMutations = 2000;
constexpr std::size_t kEditsMax = 4;
constexpr std::size_t kPieceBytesMax = 32;

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  std::string next() {
    std::string input = any_seed();
    for (std::size_t edits = 1 + below(kEditsMax); edits > 0; --edits) edit(input);
    return input;
  }

 private:
  void edit(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t length = below(kPieceBytesMax);
    switch (below(4)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(below(256));
        return;
      case 1:
        input.erase(at, length);
        return;
      case 2:
        input.insert(at, std::string(input.substr(below(input.size() + 1), length)));
        return;
      default:
        input.insert(at, piece_of(any_seed(), length));
    }
  }
  std::string piece_of(const std::string& seed, std::size_t length) {
    return seed.substr(below(seed.size() + 1), length);
  }
  const std::string& any_seed() { return seeds_[below(seeds_.size())]; }
  std::size_t below(std::size_t end) { return engine_() % end; }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 engine_{20260301};
};

std::vector<std::string> read_corpus(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// Keeps an input in a file while it runs. The file stays open: opening it anew for each input would
// make the disk busy.
class Note {
 public:
  explicit Note(fs::path path)
      : path_(std::move(path)), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) {
    require(file_ >= 0, "the file for the last input can be written", path_.native());
  }
  ~Note() {
    ::close(file_);
    fs::remove(path_);
  }
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;

  void run(const std::string& input) const {
    const auto size = static_cast<off_t>(input.size());
    require(::pwrite(file_, input.data(), input.size(), 0) == size && ::ftruncate(file_, size) == 0,
            "the last input can be written", path_.native());
    fuzz::run(input);
  }

 private:
  fs::path path_;
  int file_;
};

int replay(const fs::path& corpus, const fs::path& last_input) {
  const auto seeds = read_corpus(corpus);
  if (seeds.empty()) {
    std::cerr << corpus << " holds no file\n";
    return 1;
  }
  const Note note(last_input);
  for (const auto& seed : seeds) note.run(seed);
  Mutator mutator(seeds);
  for (std::size_t i = 0; i < kMutations; ++i) note.run(mutator.next());
  std::cout << seeds.size() << " files and " << kMutations << " mutations of them\n";
  return 0;
}

}  // namespace
}  // namespace titan::fuzz

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: replay CORPUS LAST-INPUT\n";
    return 2;
  }
  return titan::fuzz::replay(arguments[1], arguments[2]);
}

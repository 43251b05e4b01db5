#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "tests/cli/fake_api.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_process_runner.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::cli::testing {

// Runs command lines in process, against a FakeApi, on a disk of their own: every path, absolute
// or not, is below a temporary folder.
class CliTest : public ::testing::Test {
 protected:
  // Splits at spaces, except inside of single quotes, and leaves out the word "titan" in front.
  // Returns the exit code; `out` and `err` hold what was printed by this line alone.
  int titan(const std::string& line) {
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    const Env env{
        .out = out_stream,
        .err = err_stream,
        .is_terminal = is_terminal,
        .err_is_terminal = err_is_terminal,
        .variable =
            [this](const std::string& name) {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
        .connect = [this](const ServerAddress& address) { return connect(address); },
        .open_folder = [this](const std::string& path) { return open(path); },
        .create_folder = [this](const std::string& path) { return create(path); },
        .read_secret = [this](const std::string&) { return Result<Secret>(Secret::of(typed)); },
        .confirm = [this](const std::string& question) -> Result<bool> {
          asked = question;
          if (!is_terminal) return invalid("there is no terminal");
          if (on_confirm) on_confirm();
          return says_yes;
        },
        .read_input = [this] { return Result<std::string>(input); },
        .connect_provider = [this](std::string_view) -> Result<std::unique_ptr<Transport>> {
          return std::unique_ptr<Transport>(std::make_unique<::titan::testing::FakeTransport>(
              [this](const HttpRequest& request) { return provider(request); }));
        },
        .sleep = [this](std::chrono::seconds time) { clock.advance(time); },
        .clock = clock,
        .runner = runner,
        .random = random};
    const int code = run(words_of(line), env);
    out = out_stream.str();
    err = err_stream.str();
    return code;
  }

  void file(const std::string& path, const std::string& content) {
    const auto place = disk(path);
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place) << content;
  }
  [[nodiscard]] std::string content(const std::string& path) const {
    std::ostringstream text;
    text << std::ifstream(disk(path)).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::filesystem::path disk(const std::string& path) const {
    return std::filesystem::path(folder_.path() + "/" + path);
  }

  FakeApi api;
  ::titan::testing::FakeClock clock;
  ::titan::testing::FakeProcessRunner runner;
  ::titan::testing::SeededRandom random{1};
  std::map<std::string, std::string> variables = {{"HOME", "/home/me"}};
  // What an identity provider answers.
  std::function<HttpResponse(const HttpRequest&)> provider = [](const HttpRequest&) {
    return HttpResponse{.status = 404};
  };
  std::string input;
  std::string typed;  // where nobody sees it
  std::string asked;  // last, by the line before
  bool says_yes = true;
  std::function<void()> on_confirm;  // what happens while the person thinks
  bool is_terminal = false;
  bool err_is_terminal = false;
  bool reachable = true;
  std::string server;   // that was connected to last
  std::string ca_file;  // with it
  std::string out;
  std::string err;

 private:
  Result<std::unique_ptr<Transport>> connect(const ServerAddress& address) {
    const std::string& url = address.url;
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      return invalid("the server URL \"" + url + "\" is none");
    }
    server = url;
    ca_file = address.ca_file;
    auto transport = std::make_unique<::titan::testing::FakeTransport>(
        [this](const HttpRequest& request) { return api.answer(request); });
    if (!reachable) transport->answer(Error{ErrorCode::unavailable, "cannot connect", url});
    return std::unique_ptr<Transport>(std::move(transport));
  }
  Result<std::unique_ptr<FileSystem>> open(const std::string& path) {
    TITAN_ASSIGN(auto folder, DiskFileSystem::open(disk(path)));
    return std::unique_ptr<FileSystem>(std::move(folder));
  }
  Result<std::unique_ptr<FileSystem>> create(const std::string& path) {
    TITAN_ASSIGN(auto folder, DiskFileSystem::create(disk(path)));
    return std::unique_ptr<FileSystem>(std::move(folder));
  }
  static std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    std::string word;
    bool in_quotes = false;
    bool in_word = false;
    for (const char c : line + " ") {
      if (c == '\'') {
        in_quotes = !in_quotes;
        in_word = true;
      } else if (c == ' ' && !in_quotes) {
        if (in_word) words.push_back(std::exchange(word, {}));
        in_word = false;
      } else {
        word += c;
        in_word = true;
      }
    }
    if (!words.empty() && words.front() == "titan") words.erase(words.begin());
    return words;
  }

  ::titan::testing::TemporaryDirectory folder_;
};

}  // namespace titan::cli::testing

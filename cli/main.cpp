#include <unistd.h>

#include <array>
#include <iostream>
#include <thread>

#include "base/exit_code.hpp"
#include "base/program.hpp"
#include "base/text.hpp"
#include "cli/limits.hpp"
#include "cli/run.hpp"
#include "cli/secret_input.hpp"
#include "client/http_transport.hpp"
#include "client/transport_factory.hpp"

namespace {

using titan::Result;

Result<std::unique_ptr<titan::Transport>> connect(const titan::cli::ServerAddress& server) {
  TITAN_ASSIGN(auto transport,
               titan::client::HttpTransport::open(server.url, {.ca_file = server.ca_file}));
  return std::unique_ptr<titan::Transport>(std::move(transport));
}

Result<std::unique_ptr<titan::FileSystem>> open_folder(const std::string& path) {
  TITAN_ASSIGN(auto folder, titan::DiskFileSystem::open(path));
  return std::unique_ptr<titan::FileSystem>(std::move(folder));
}

Result<std::unique_ptr<titan::FileSystem>> create_folder(const std::string& path) {
  TITAN_ASSIGN(auto folder, titan::DiskFileSystem::create(path));
  return std::unique_ptr<titan::FileSystem>(std::move(folder));
}

Result<bool> confirm(const std::string& question) {
  if (isatty(STDIN_FILENO) != 1) {
    return titan::invalid("there is no terminal to ask " + titan::quote(question) +
                          " at; with --yes nobody is asked");
  }
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

Result<std::string> read_input() {
  std::string text;
  std::array<char, 65536> buffer{};
  while (std::cin.read(buffer.data(), buffer.size()) || std::cin.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > titan::cli::kManifestBytesMax) {
      return titan::exhausted("standard input is longer than " +
                              std::to_string(titan::cli::kManifestBytesMax) + " bytes");
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const titan::SystemClock clock;
  titan::SystemProcessRunner runner;
  titan::SystemRandom random;
  const titan::cli::Env env{.out = std::cout,
                            .err = std::cerr,
                            .is_terminal = isatty(STDOUT_FILENO) == 1,
                            .err_is_terminal = isatty(STDERR_FILENO) == 1,
                            .variable = titan::environment_variable,
                            .connect = connect,
                            .open_folder = open_folder,
                            .create_folder = create_folder,
                            .read_secret = titan::cli::read_secret,
                            .confirm = confirm,
                            .read_input = read_input,
                            .connect_provider = titan::client::provider_transports(),
                            .sleep = [](auto time) { std::this_thread::sleep_for(time); },
                            .clock = clock,
                            .runner = runner,
                            .random = random};
  const int code = titan::cli::run(std::vector<std::string>(argv + 1, argv + argc), env);
  std::cout.flush();
  return std::cout.good() ? code : static_cast<int>(titan::ExitCode::failed);
}

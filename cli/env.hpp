#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/process_runner.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/transport.hpp"
#include "client/transport_factory.hpp"

namespace titan::cli {

// Where a server is, and whom to believe that it is there.
struct ServerAddress {
  std::string url = {};
  std::string ca_file = {};  // PEM, for https:// only; empty: what the system trusts
};

// Everything that the command line touches outside itself, so that a test can run it in process.
// The streams, the clock, the runner and the random numbers are borrowed.
struct Env {
  std::ostream& out;         // data
  std::ostream& err;         // errors and remarks
  bool is_terminal = false;  // `out` is read by a person
  bool err_is_terminal = false;
  // The value of an environment variable; none when it is not set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  // Connects to nothing yet. invalid when the URL is none, or the file of no use.
  std::function<Result<std::unique_ptr<Transport>>(const ServerAddress& server)> connect;
  // A folder that exists, and a folder that is created when it does not.
  std::function<Result<std::unique_ptr<FileSystem>>(const std::string& path)> open_folder;
  std::function<Result<std::unique_ptr<FileSystem>>(const std::string& path)> create_folder;
  // A line that nobody shall see: from the terminal, after the prompt and without an echo, or else
  // the first one of standard input. exhausted when it is longer than kTokenBytesMax.
  std::function<Result<Secret>(const std::string& prompt)> read_secret;
  // Asks the person at the terminal, and says whether the answer is yes. invalid when nobody can be
  // asked.
  std::function<Result<bool>(const std::string& question)> confirm;
  // All of standard input; exhausted when it is longer than kManifestBytesMax.
  std::function<Result<std::string>()> read_input;
  // Connects to an identity provider.
  client::TransportFactory connect_provider;
  // Lets time pass.
  std::function<void(std::chrono::seconds time)> sleep;
  const Clock& clock;
  ProcessRunner& runner;  // for the person's editor
  Random& random;
};

}  // namespace titan::cli

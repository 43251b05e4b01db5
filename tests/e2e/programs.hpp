#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/process_runner.hpp"
#include "base/transport.hpp"
#include "client/client.hpp"
#include "server-lite/front_door/listen_address.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::testing {

// A program that runs beside the test; killed with the object if it still does. What it started in
// its own process group ends with it.
class BackgroundProgram {
 public:
  // Both output streams go to `log_path`.
  BackgroundProgram(const std::vector<std::string>& arguments, const std::string& log_path);
  ~BackgroundProgram();
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  [[nodiscard]] bool has_ended() const;
  // Waits for its end: the exit code, or 128 + signal.
  int wait();

 private:
  pid_t pid_ = -1;
};

// A titan-server, on a free port where nothing else is said, with a client for it. When
// TITAN_E2E_PROXY names a program, `PROGRAM URL PORT` is started as well: a proxy, which everything
// here then goes through.
class RunningServer {
 public:
  // `options`: more of them, beside those for the folder and the port.
  explicit RunningServer(const std::string& data, const std::vector<std::string>& options = {},
                         const std::string& listen = "127.0.0.1:0");
  // With TLS: a certificate of its own for 127.0.0.1, and who trusts `authority` believes it. No
  // proxy stands before it.
  RunningServer(const std::string& data, const CertificateFiles& authority);

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] front_door::ListenAddress address() const;
  // Who trusts it believes the server's certificate; empty: it speaks no TLS.
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }
  // The file with the token of its admin.
  [[nodiscard]] std::string token_file() const { return data_ + "/admin-token"; }
  // "Authorization: Bearer …", and the line's end, for requests that a test writes itself.
  [[nodiscard]] std::string authorization() const;
  // Another connection to it, for another thread; as transport().
  [[nodiscard]] std::unique_ptr<Transport> open_transport() const;
  // Both show the admin's token, unless a request says something else.
  client::Client& client() { return *client_; }
  Transport& transport() { return *transport_; }
  BackgroundProgram& program() { return *program_; }

  // Waits for the change after which the deployment has the status, which follows what hosts report
  // a moment later; gives up after kStatusWaits waits of a second. The last status.
  model::Status await_status(const model::Key& deployment, model::Status wanted);
  // A number of /v1/metrics, by "name" or "name{label=\"value\"}"; 0 when it is not there.
  double metric(const std::string& name);
  // Waits until the server's processors have dealt with all that was written so far.
  void settle();

 private:
  std::string data_;
  std::string url_;
  std::string ca_file_;
  // Starts the program, and gives its address.
  std::string start(const std::string& data, const std::vector<std::string>& options,
                    const std::string& listen);
  void connect();
  void start_proxy(const std::string& program, const std::string& log);

  std::unique_ptr<BackgroundProgram> program_;
  std::unique_ptr<BackgroundProgram> proxy_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<client::Client> client_;
};

// The path of one of titan's programs.
std::string program_path(const std::string& name);
// Runs `titan` in examples/ as the server's admin, and with `environment`.
Outcome run_titan(const RunningServer& server, std::vector<std::string> arguments,
                  std::map<std::string, std::string> environment = {});
// The same without a token.
Outcome run_titan(const std::string& server_url, std::vector<std::string> arguments,
                  std::map<std::string, std::string> environment = {});
// Makes the device whose folders are below `folder` the host, by an enrollment; does nothing when
// it was enrolled already.
void enroll(const RunningServer& server, const std::string& host, const std::string& folder);
// The same, and the arguments of `titan-agent once` for it.
std::vector<std::string> agent_once(const RunningServer& server, const std::string& host,
                                    const std::string& folder);
// The arguments of `titan-agent once` for a host whose folders are below `folder`.
std::vector<std::string> agent_once(const std::string& server_url, const std::string& host,
                                    const std::string& folder);
// All files below `folder` by relative path.
std::map<std::string, std::string> read_files(const std::string& folder);
std::string read_text(const std::string& path);

}  // namespace titan::testing

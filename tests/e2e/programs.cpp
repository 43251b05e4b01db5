#include "tests/e2e/programs.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "client/http_transport.hpp"

namespace titan::testing {
namespace {

constexpr std::chrono::seconds kStartTimeout{20};
constexpr std::chrono::seconds kProxyStartTimeout{60};

// The address in the server's "listening" record.
std::string listening_address(const std::string& log_path) {
  const SystemClock clock;
  const auto deadline = clock.monotonic() + kStartTimeout;
  while (clock.monotonic() < deadline) {
    std::istringstream log(read_text(log_path));
    for (std::string line; std::getline(log, line);) {
      const auto record = nlohmann::json::parse(line, nullptr, false);
      if (record.is_object() && record.value("message", "") == "listening") {
        return record.at("address").get<std::string>();
      }
    }
    std::this_thread::yield();
  }
  throw std::runtime_error("the server did not start: " + read_text(log_path));
}

// Adds a token to what shows none.
class WithToken final : public Transport {
 public:
  WithToken(std::unique_ptr<Transport> transport, std::string token)
      : transport_(std::move(transport)), token_(std::move(token)) {}

  Result<HttpResponse> send(const HttpRequest& request) override {
    HttpRequest shown = request;
    shown.headers.emplace("Authorization", "Bearer " + token_);
    return transport_->send(shown);
  }

 private:
  std::unique_ptr<Transport> transport_;
  const std::string token_;
};

std::string read_line(const std::string& path) {
  const std::string text = read_text(path);
  return text.substr(0, text.find('\n'));
}

}  // namespace

BackgroundProgram::BackgroundProgram(const std::vector<std::string>& arguments,
                                     const std::string& log_path) {
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = fork();
  if (pid_ != 0) {
    close(log);
    return;
  }
  setpgid(0, 0);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(raw[0], raw.data());
  _exit(127);
}

BackgroundProgram::~BackgroundProgram() {
  if (pid_ < 0) return;
  signal(SIGKILL);
  (void)wait();
}

void BackgroundProgram::signal(int number) const {
  ::kill(pid_, number);
}

bool BackgroundProgram::has_ended() const {
  siginfo_t info = {};
  const int done = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return done == 0 && info.si_pid == pid_;
}

int BackgroundProgram::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-pid_, SIGKILL);  // what it left of its group
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string RunningServer::start(const std::string& data, const std::vector<std::string>& options,
                                 const std::string& listen) {
  const std::string log = data + ".log";
  data_ = data;
  std::filesystem::remove(log);
  std::vector<std::string> arguments = {program_path("titan-server"), "--data", data, "--listen",
                                        listen};
  arguments.insert(arguments.end(), options.begin(), options.end());
  program_ = std::make_unique<BackgroundProgram>(arguments, log);
  return listening_address(log);
}

RunningServer::RunningServer(const std::string& data, const std::vector<std::string>& options,
                             const std::string& listen) {
  url_ = "http://" + start(data, options, listen);
  connect();
  if (const char* proxy = ::getenv("TITAN_E2E_PROXY")) start_proxy(proxy, data + ".proxy.log");
}

RunningServer::RunningServer(const std::string& data, const CertificateFiles& authority) {
  const std::filesystem::path path(data);
  const auto made =
      make_certificate(path.parent_path(), path.filename(),
                       {.common_name = "server", .names = {"IP:127.0.0.1"}, .issuer = authority});
  url_ = "https://" +
         start(data, {"--tls-cert", made.certificate, "--tls-key", made.key}, "127.0.0.1:0");
  ca_file_ = authority.certificate;
  connect();
}

std::unique_ptr<Transport> RunningServer::open_transport() const {
  return std::make_unique<WithToken>(
      client::HttpTransport::open(url_, {.ca_file = ca_file_}).value(), read_line(token_file()));
}

void RunningServer::connect() {
  transport_ = open_transport();
  client_ = std::make_unique<client::Client>(*transport_);
}

void RunningServer::start_proxy(const std::string& program, const std::string& log) {
  // A validating proxy takes offence at an error without a body, with which HEAD tells that a blob
  // is not there: so they are there.
  for (const auto& [path, content] : read_files(TITAN_EXAMPLES)) (void)client_->put_blob(content);
  const auto port = front_door::listen_on({.host = "127.0.0.1"})->address.port;
  proxy_ = std::make_unique<BackgroundProgram>(
      std::vector<std::string>{program, url_, std::to_string(port)}, log);
  url_ = "http://127.0.0.1:" + std::to_string(port);
  const SystemClock clock;
  const auto deadline = clock.monotonic() + kProxyStartTimeout;
  for (connect(); !client_->status(); std::this_thread::yield()) {
    if (clock.monotonic() < deadline) continue;
    throw std::runtime_error("the proxy did not start: " + read_text(log));
  }
}

std::string RunningServer::authorization() const {
  return "Authorization: Bearer " + read_line(token_file()) + "\r\n";
}

front_door::ListenAddress RunningServer::address() const {
  return front_door::ListenAddress::parse(url_.substr(url_.rfind('/') + 1)).value();
}

double RunningServer::metric(const std::string& name) {
  const auto answer = transport_->send({.method = "GET", .target = "/v1/metrics"}).value();
  const auto line = answer.body.find("\n" + name + " ");
  return line == std::string::npos ? 0 : std::stod(answer.body.substr(line + name.size() + 2));
}

model::Status RunningServer::await_status(const model::Key& deployment, model::Status wanted) {
  constexpr int kStatusWaits = 30;
  std::string since = client_->status().value().bookmark;
  model::Status status = client_->get(deployment).value().status;
  for (int i = 0; i < kStatusWaits && status != wanted; ++i) {
    since = client_->changes({.since = since, .wait = std::chrono::seconds(1)})->bookmark.text();
    status = client_->get(deployment).value().status;
  }
  return status;
}

void RunningServer::settle() {
  while (true) {
    const auto status = client_->status().value();
    const bool behind = std::ranges::any_of(
        status.processors, [](const auto& processor) { return processor.second > 0; });
    if (!behind) return;
    (void)client_->changes({.since = status.bookmark, .wait = std::chrono::seconds(1)});
  }
}

std::string program_path(const std::string& name) {
  return std::string(TITAN_BIN) + "/" + name;
}

Outcome run_titan(const std::string& server_url, std::vector<std::string> arguments,
                  std::map<std::string, std::string> environment) {
  environment.insert({{"TITAN_SERVER", server_url}, {"TITAN_CONFIG", "/nonexistent"}});
  arguments.insert(arguments.begin(), program_path("titan"));
  return SystemProcessRunner()
      .run({.arguments = std::move(arguments),
            .environment = std::move(environment),
            .directory = TITAN_EXAMPLES})
      .value();
}

Outcome run_titan(const RunningServer& server, std::vector<std::string> arguments,
                  std::map<std::string, std::string> environment) {
  environment.insert({"TITAN_TOKEN_FILE", server.token_file()});
  return run_titan(server.url(), std::move(arguments), std::move(environment));
}

void enroll(const RunningServer& server, const std::string& host, const std::string& folder) {
  if (std::filesystem::exists(folder + "/state/identity/trust.json")) return;
  std::map<std::string, std::string> environment;
  if (!server.ca_file().empty()) environment["TITAN_CA_FILE"] = server.ca_file();
  const Outcome made = run_titan(server, {"create", "enrollment", "--host", host}, environment);
  if (made.exit_code != 0) throw std::runtime_error("no enrollment: " + made.errors);
  const std::string text = made.output.substr(0, made.output.find('\n'));
  const Outcome enrolled =
      SystemProcessRunner()
          .run({.arguments = {program_path("titan-agent"), "enroll", text, "--state",
                              folder + "/state", "--run", folder + "/run"},
                .environment = environment})
          .value();
  if (enrolled.exit_code != 0) throw std::runtime_error("not enrolled: " + enrolled.errors);
}

std::vector<std::string> agent_once(const RunningServer& server, const std::string& host,
                                    const std::string& folder) {
  enroll(server, host, folder);
  return agent_once(server.url(), host, folder);
}

std::vector<std::string> agent_once(const std::string& server_url, const std::string& host,
                                    const std::string& folder) {
  return {program_path("titan-agent"),
          "once",
          "--server",
          server_url,
          "--host",
          host,
          "--state",
          folder + "/state",
          "--run",
          folder + "/run",
          "--root",
          folder + "/root",
          "--git",
          folder + "/git"};
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::map<std::string, std::string> read_files(const std::string& folder) {
  std::map<std::string, std::string> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[entry.path().lexically_relative(folder).string()] = read_text(entry.path().string());
  }
  return files;
}

}  // namespace titan::testing

#include "tests/e2e/git/git_servers.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "base/process_runner.hpp"
#include "base/text.hpp"
#include "client/http_transport.hpp"

namespace titan::testing {
namespace {

namespace fs = std::filesystem;
constexpr const char* kSshd = "/usr/sbin/sshd";
constexpr const char* kNginx = "/usr/sbin/nginx";
constexpr const char* kFcgiwrap = "/usr/sbin/fcgiwrap";
constexpr const char* kBackend = "/usr/lib/git-core/git-http-backend";
constexpr std::chrono::seconds kGitStartTimeout{20};

sockaddr_in on_loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Gives the socket a port that was free.
std::uint16_t bind_somewhere(const Descriptor& socket) {
  sockaddr_in address = on_loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("there is no free port");
  }
  return ntohs(address.sin_port);
}

std::uint16_t free_port() {
  return bind_somewhere(Descriptor(::socket(AF_INET, SOCK_STREAM, 0)));
}

void await_port(std::uint16_t port, const std::string& log) {
  const SystemClock clock;
  const auto deadline = clock.monotonic() + kGitStartTimeout;
  while (clock.monotonic() < deadline) {
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = on_loopback(port);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return;
    std::this_thread::yield();
  }
  throw std::runtime_error("a server did not start: " + read_text(log));
}

std::string own_name() {
  const passwd* const user = ::getpwuid(::geteuid());
  return user == nullptr ? "root" : user->pw_name;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

}  // namespace

std::string run_tool(std::vector<std::string> arguments) {
  SystemProcessRunner runner;
  const auto outcome = runner.run({.arguments = arguments});
  if (!outcome || outcome->exit_code != 0) {
    throw std::runtime_error(join(arguments, " ") + ": " +
                             (outcome ? outcome->errors : outcome.error().text()));
  }
  return outcome->output;
}

SilentServer::SilentServer()
    : socket_(::socket(AF_INET, SOCK_STREAM, 0)), port_(bind_somewhere(socket_)) {
  if (::listen(socket_.get(), 1) != 0) throw std::runtime_error("listen failed");
}

bool SshServer::is_installed() {
  return fs::exists(kSshd);
}

SshServer::SshServer(const std::string& folder) : folder_(folder), port_(free_port()) {
  fs::create_directories(folder);
  if (::geteuid() == 0) fs::create_directories("/run/sshd");  // as Debian's unit does
  for (const char* key : {"host_key", "user_key"}) {
    run_tool({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file(key)});
  }
  fs::copy(file("user_key.pub"), file("authorized_keys"));
  write_file(file("known_hosts"), "[127.0.0.1]:" + std::to_string(port_) + " " + host_key() + "\n");
  write_file(file("sshd_config"), "Port " + std::to_string(port_) +
                                      "\nListenAddress 127.0.0.1\nHostKey " + file("host_key") +
                                      "\nAuthorizedKeysFile " + file("authorized_keys") +
                                      "\nPidFile none\nStrictModes no\nUsePAM no\n"
                                      "PasswordAuthentication no\nPermitRootLogin yes\n"
                                      "MaxStartups 100\nLogLevel ERROR\n");
  program_ = std::make_unique<BackgroundProgram>(
      std::vector<std::string>{kSshd, "-D", "-e", "-f", file("sshd_config")}, file("log"));
  await_port(port_, file("log"));
}

SshServer::~SshServer() {
  program_->signal(SIGTERM);
  program_->wait();
}

std::string SshServer::url(const std::string& path) const {
  return "ssh://" + own_name() + "@127.0.0.1:" + std::to_string(port_) + path;
}

std::string SshServer::host_key() const {
  const auto words = split(read_text(file("host_key.pub")), ' ');
  return words[0] + " " + words[1];
}

std::string SshServer::fingerprint() const {
  return split(run_tool({"ssh-keygen", "-l", "-f", file("host_key.pub")}), ' ')[1];
}

gitops::RemoteOptions SshServer::options() const {
  return {.key_file = file("user_key"), .known_hosts_file = file("known_hosts")};
}

std::string SshServer::write(const std::string& name, const std::string& text) const {
  write_file(file(name), text);
  return file(name);
}

bool GitWebServer::is_installed() {
  return fs::exists(kNginx) && fs::exists(kFcgiwrap) && fs::exists(kBackend);
}

GitWebServer::GitWebServer(const std::string& folder, Dates dates)
    : folder_(folder), port_(free_port()), plain_port_(free_port()) {
  fs::create_directories(repositories());
  authority_ = make_certificate(folder, "authority", {.is_authority = true});
  const auto certificate = make_certificate(folder, "server",
                                            {.common_name = "Git server",
                                             .names = {"IP:127.0.0.1"},
                                             .valid_from_hours = -48,
                                             .valid_until_hours = dates == Dates::valid ? 24 : -24,
                                             .issuer = authority_});
  write_file(file("users"), std::string("titan:{PLAIN}") + kToken + "\n");
  write_file(file("token"), std::string(kToken) + "\n");
  ::chmod(file("token").c_str(), 0600);
  const std::string socket = "unix:" + file("backend.sock");
  backend_ = std::make_unique<BackgroundProgram>(
      std::vector<std::string>{kFcgiwrap, "-c", "4", "-s", socket}, file("log"));
  std::string temporary;
  for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    temporary += std::string(name) + "_temp_path " + file(name) + "; ";
  }
  write_file(
      file("nginx.conf"),
      "daemon off; user root; worker_processes 1; pid " + file("pid") + "; error_log " +
          file("error.log") + ";\nevents { worker_connections 512; }\nhttp { access_log off; " +
          temporary + "\nserver { listen 127.0.0.1:" + std::to_string(port_) +
          " ssl; listen 127.0.0.1:" + std::to_string(plain_port_) + ";\nssl_certificate " +
          certificate.certificate + "; ssl_certificate_key " + certificate.key +
          ";\nclient_max_body_size 0;\nlocation /page { return 200 hello; }\n"
          "location / { auth_basic git; auth_basic_user_file " +
          file("users") + "; fastcgi_pass " + socket + ";\nfastcgi_param SCRIPT_FILENAME " +
          kBackend + "; fastcgi_param GIT_PROJECT_ROOT " + repositories() +
          ";\nfastcgi_param GIT_HTTP_EXPORT_ALL \"\"; fastcgi_param PATH_INFO $uri;\n"
          "fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD "
          "$request_method;\nfastcgi_param CONTENT_TYPE $content_type; fastcgi_param "
          "CONTENT_LENGTH $content_length;\nfastcgi_param REMOTE_USER $remote_user; } } }\n");
  program_ = std::make_unique<BackgroundProgram>(
      std::vector<std::string>{kNginx, "-c", file("nginx.conf"), "-p", folder}, file("log"));
  await_port(port_, file("error.log"));
}

GitWebServer::~GitWebServer() {
  program_->signal(SIGTERM);
  program_->wait();
  backend_->signal(SIGTERM);
  backend_->wait();
}

std::string GitWebServer::url(const std::string& name) const {
  return "https://127.0.0.1:" + std::to_string(port_) + "/" + name;
}

std::string GitWebServer::plain_url(const std::string& name) const {
  return "http://127.0.0.1:" + std::to_string(plain_port_) + "/" + name;
}

gitops::RemoteOptions GitWebServer::options(const std::string& ca_file) const {
  const std::string trusted = ca_file.empty() ? authority_.certificate : ca_file;
  return {.token_file = file("token"),
          .connect = [trusted](const std::string& url) -> Result<std::unique_ptr<Transport>> {
            TITAN_ASSIGN(auto transport,
                         client::HttpTransport::open(
                             url, {.ca_file = url.starts_with("https://") ? trusted : "",
                                   .check_validity_period = false}));
            return std::unique_ptr<Transport>(std::move(transport));
          }};
}

}  // namespace titan::testing

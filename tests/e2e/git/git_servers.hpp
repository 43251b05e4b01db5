#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "gitops/remote_options.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/support/certificates.hpp"

namespace titan::testing {

// Runs a program to its end, which has to be a good one, and gives its output.
std::string run_tool(std::vector<std::string> arguments);

// Takes connections on loopback, and says nothing.
class SilentServer {
 public:
  SilentServer();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  Descriptor socket_;
  std::uint16_t port_ = 0;
};

// sshd on loopback, with keys and a configuration of its own, for the user who runs the test.
class SshServer {
 public:
  static bool is_installed();
  // Everything is below `folder`, which is made.
  explicit SshServer(const std::string& folder);
  ~SshServer();
  SshServer(const SshServer&) = delete;
  SshServer& operator=(const SshServer&) = delete;

  // "ssh://USER@127.0.0.1:PORT/PATH"
  [[nodiscard]] std::string url(const std::string& path) const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string host_key() const;     // "ssh-ed25519 AAAA…"
  [[nodiscard]] std::string fingerprint() const;  // as ssh-keygen -l says it
  // With a key that is let in, and a known_hosts file that knows the server.
  [[nodiscard]] gitops::RemoteOptions options() const;
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
  // A file known_hosts with this text.
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<BackgroundProgram> program_;
};

// nginx, fcgiwrap and git-http-backend on loopback, by TLS, or without it at another port. Serves
// the repositories below `folder`/repositories to the user "titan" with the token "s3cret-token".
class GitWebServer {
 public:
  static constexpr const char* kToken = "s3cret-token";
  static bool is_installed();
  // Its certificate expired long ago, as it looks to a device whose clock is wrong, if it is not
  // said that it counts.
  enum class Dates { expired, valid };
  explicit GitWebServer(const std::string& folder, Dates dates = Dates::expired);
  ~GitWebServer();
  GitWebServer(const GitWebServer&) = delete;
  GitWebServer& operator=(const GitWebServer&) = delete;

  [[nodiscard]] std::string repositories() const { return folder_ + "/repositories"; }
  [[nodiscard]] std::string url(const std::string& name) const;
  [[nodiscard]] std::string plain_url(const std::string& name) const;
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] const std::string& ca_file() const { return authority_.certificate; }
  // With the token, and trust in the server's authority, which is in `ca_file` when it is said.
  [[nodiscard]] gitops::RemoteOptions options(const std::string& ca_file = {}) const;

 private:
  std::string folder_;
  CertificateFiles authority_;
  std::uint16_t port_ = 0;
  std::uint16_t plain_port_ = 0;
  std::unique_ptr<BackgroundProgram> backend_;
  std::unique_ptr<BackgroundProgram> program_;
};

}  // namespace titan::testing

#include "gitops/ssh_session.hpp"

#include <libssh2.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "base/secret_file.hpp"
#include "base/text.hpp"
#include "gitops/known_hosts.hpp"
#include "gitops/limits.hpp"
#include "gitops/pkt_line.hpp"
#include "gitops/tcp_socket.hpp"

namespace titan::gitops {
namespace {

// What libssh2 can verify, the best first.
constexpr std::array<std::string_view, 5> kKeyTypes = {
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"};

// libssh2 wants to be started before it is used in threads.
void start_library() {
  static std::once_flag started;
  std::call_once(started, [] { libssh2_init(0); });
}

Result<KnownHosts> read_known_hosts(const std::string& path) {
  const auto about = [&](Error error) {
    error.message = "the known hosts of SSH cannot be read from " + path + ": " + error.message;
    error.subject.clear();
    return error;
  };
  std::error_code failed;
  const auto whole = std::filesystem::canonical(path, failed);
  if (failed) return about(system_error(failed.value(), "looking for it"));
  const auto folder = DiskFileSystem::open(whole.parent_path().string());
  if (!folder) return about(folder.error());
  const auto text = (*folder)->read(whole.filename().string(), kKnownHostsBytesMax);
  if (!text) return about(text.error());
  return KnownHosts::parse(*text);
}

std::string place_of(const RemoteAddress& address) {
  return "[" + address.host + "]:" + std::to_string(address.port);
}

Result<void> judge_key(const KnownHosts& hosts, const RemoteAddress& address, std::string_view key,
                       const std::string& file) {
  const std::string found =
      "the SSH server " + place_of(address) + " has the key " + ssh_fingerprint(key);
  switch (hosts.judge(address.host, address.port, key)) {
    case KnownHosts::Verdict::known:
      return {};
    case KnownHosts::Verdict::unknown:
      return denied(found + "; expected one that is in " + file +
                    ", which has none for this server");
    case KnownHosts::Verdict::changed:
      return denied(found + ", and " + file +
                    " has another one for it: somebody may be in between, or the server has a new "
                    "key");
    case KnownHosts::Verdict::revoked:
      return denied(found + ", which " + file + " says is revoked");
  }
  return denied(found);
}

Result<Secret> read_secret_of(const char* what, const std::string& path) {
  auto secret = read_secret_file(path);
  if (secret) return secret;
  Error error = std::move(secret).error();
  error.message = std::string(what) + " " + path + ": " + error.message;
  error.subject.clear();
  return error;
}

}  // namespace

struct SshSession::State {
  Descriptor socket{-1};
  LIBSSH2_SESSION* session = nullptr;
  LIBSSH2_CHANNEL* channel = nullptr;
  std::chrono::milliseconds silence_max = kSilenceMax;
  SteadyClock::time_point end = SteadyClock::now() + kConversationMax;
  std::string errors;  // the end of what the other side writes for people

  ~State() {
    if (session == nullptr) return;
    libssh2_session_disconnect(session, "done");
    // What is not said by now is not said: nothing that is freed waits for the other side.
    ::shutdown(socket.get(), SHUT_RDWR);
    if (channel != nullptr) libssh2_channel_free(channel);
    libssh2_session_free(session);
  }

  [[nodiscard]] Error failure(const std::string& doing) const {
    char* message = nullptr;
    const int code = libssh2_session_last_error(session, &message, nullptr, 0);
    const std::string what = doing + ": " + shown(message == nullptr ? "no reason" : message);
    return code == LIBSSH2_ERROR_METHOD_NONE || code == LIBSSH2_ERROR_KEX_FAILURE
               ? invalid(what)
               : unavailable(what);
  }

  // Waits for the network, as libssh2 says that it has to.
  Result<void> wait(SteadyClock::time_point deadline) const {
    const int directions = libssh2_session_block_directions(session);
    const bool for_writing = (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
    const bool for_reading = (directions & LIBSSH2_SESSION_BLOCK_INBOUND) != 0 || !for_writing;
    TITAN_ASSIGN(const bool ready,
                 wait_for_socket(socket.get(), for_reading, for_writing, std::min(deadline, end)));
    if (!ready) return unavailable("nothing came from the SSH server for too long");
    return {};
  }

  // The result of a call of libssh2 that is made again until it has done its part.
  template <class Call>
  Result<ssize_t> repeat(const std::string& doing, Call call) {
    for (;;) {
      const auto deadline = SteadyClock::now() + silence_max;
      const ssize_t got = call();
      if (got >= 0) return got;
      if (got != LIBSSH2_ERROR_EAGAIN) return failure(doing);
      TITAN_TRY(wait(deadline));
    }
  }

  Result<void> connect(const RemoteAddress& address) {
    TITAN_ASSIGN(socket,
                 connect_to(address.host, address.port, SteadyClock::now() + kConnectTimeout));
    session = libssh2_session_init();
    if (session == nullptr) return exhausted("there is no memory for an SSH session");
    libssh2_session_set_blocking(session, 0);
    return {};
  }

  // The kinds of key that the file has for this server first, or it may show another one.
  void prefer_keys(const std::vector<std::string>& known) const {
    std::vector<std::string> wanted;
    for (const std::string_view type : kKeyTypes) {
      if (std::ranges::find(known, type) != known.end()) wanted.emplace_back(type);
    }
    // Then the others, so that a server with another key can be told from one without a key.
    for (const std::string_view type : kKeyTypes) {
      if (std::ranges::find(known, type) == known.end()) wanted.emplace_back(type);
    }
    libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, join(wanted, ",").c_str());
  }

  Result<void> verify(const RemoteAddress& address, const RemoteOptions& options) {
    TITAN_ASSIGN(const KnownHosts hosts, read_known_hosts(options.known_hosts_file));
    prefer_keys(hosts.key_types(address.host, address.port));
    TITAN_TRY(repeat("the SSH handshake",
                     [&] { return libssh2_session_handshake(session, socket.get()); }));
    std::size_t size = 0;
    int type = 0;
    const char* const key = libssh2_session_hostkey(session, &size, &type);
    if (key == nullptr) return denied("the SSH server showed no key");
    return judge_key(hosts, address, {key, size}, options.known_hosts_file);
  }

  Result<void> log_in(const RemoteAddress& address, const RemoteOptions& options) {
    if (options.key_file.empty()) {
      return denied("there is no key to log in with: no key file is set");
    }
    TITAN_ASSIGN(const Secret trimmed, read_secret_of("the SSH key", options.key_file));
    Secret key = Secret::zeros(trimmed.size() + 1);  // OpenSSH's form ends in a newline
    std::copy(trimmed.bytes().begin(), trimmed.bytes().end(), key.buffer().begin());
    key.buffer().back() = '\n';
    Secret passphrase;
    if (!options.passphrase_file.empty()) {
      TITAN_ASSIGN(const Secret given, read_secret_of("the passphrase", options.passphrase_file));
      passphrase = Secret::zeros(given.size() + 1);  // with the NUL that C wants
      std::copy(given.bytes().begin(), given.bytes().end(), passphrase.buffer().begin());
    }
    std::string user = !address.user.empty() ? address.user : options.user;
    if (user.empty()) user = kStandardSshUser;
    const auto done = repeat("logging in", [&] {
      return libssh2_userauth_publickey_frommemory(
          session, user.c_str(), user.size(), nullptr, 0, key.bytes().data(), key.size(),
          passphrase.empty() ? nullptr : passphrase.bytes().data());
    });
    if (done) return {};
    if (libssh2_session_last_errno(session) == LIBSSH2_ERROR_SOCKET_RECV ||
        libssh2_session_last_errno(session) == LIBSSH2_ERROR_SOCKET_DISCONNECT) {
      return done.error();
    }
    return denied("the SSH server does not let " + quote(user) + " in with the key " +
                  options.key_file + ": " + done.error().message);
  }

  Result<void> execute(const std::string& command) {
    for (;;) {
      const auto deadline = SteadyClock::now() + silence_max;
      channel = libssh2_channel_open_session(session);
      if (channel != nullptr) break;
      if (libssh2_session_last_errno(session) != LIBSSH2_ERROR_EAGAIN) {
        return failure("opening a channel");
      }
      TITAN_TRY(wait(deadline));
    }
    TITAN_TRY(repeat("running " + command,
                     [&] { return libssh2_channel_exec(channel, command.c_str()); }));
    return {};
  }

  void keep_errors() {
    std::array<char, 1024> bytes{};
    for (;;) {
      const ssize_t got = libssh2_channel_read_stderr(channel, bytes.data(), bytes.size());
      if (got <= 0) return;
      errors.append(bytes.data(), static_cast<std::size_t>(got));
      if (errors.size() > kSshErrorBytesMax) errors.erase(0, errors.size() - kSshErrorBytesMax);
    }
  }
};

SshSession::SshSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
SshSession::~SshSession() = default;

Result<std::unique_ptr<SshSession>> SshSession::run(const RemoteAddress& address,
                                                    const RemoteOptions& options,
                                                    const std::string& command) {
  start_library();
  auto state = std::make_unique<State>();
  state->silence_max = options.silence_max;
  state->end = SteadyClock::now() + options.conversation_max;
  TITAN_TRY(state->connect(address));
  TITAN_TRY(state->verify(address, options));
  TITAN_TRY(state->log_in(address, options));
  TITAN_TRY(state->execute(command));
  return std::unique_ptr<SshSession>(new SshSession(std::move(state)));
}

Result<void> SshSession::write(std::string_view bytes) {
  while (!bytes.empty()) {
    TITAN_ASSIGN(const ssize_t sent, state_->repeat("sending", [&] {
      // Or the other side waits for somebody to take what it writes for people.
      state_->keep_errors();
      return libssh2_channel_write(state_->channel, bytes.data(), bytes.size());
    }));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<void> SshSession::end_writing() {
  TITAN_TRY(state_->repeat("sending", [&] { return libssh2_channel_send_eof(state_->channel); }));
  return {};
}

Result<std::string> SshSession::read() {
  constexpr std::size_t kReadBytes = 32UL << 10U;
  std::string bytes(kReadBytes, '\0');
  TITAN_ASSIGN(const ssize_t got, state_->repeat("receiving", [&]() -> ssize_t {
    state_->keep_errors();
    return libssh2_channel_read(state_->channel, bytes.data(), bytes.size());
  }));
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

std::string SshSession::complaint() {
  state_->keep_errors();
  std::string_view lines = trim(state_->errors);
  if (const std::size_t last = lines.rfind('\n'); last != std::string_view::npos) {
    lines.remove_prefix(last + 1);
  }
  return shown(lines);
}

}  // namespace titan::gitops

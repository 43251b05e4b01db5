#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/transport.hpp"
#include "cli/env.hpp"
#include "client/client.hpp"
#include "model/key.hpp"

namespace titan::cli {

constexpr std::string_view kDefaultServer = "http://127.0.0.1:7480";

// What the flags say about where to work.
struct ConnectionFlags {
  std::optional<std::string> server = {};
  std::optional<std::string> ca_file = {};
  std::optional<std::string> token_file = {};
  std::optional<std::string> workspace = {};
};

// A server to talk to and the workspace to work in. The server is, in this order: --server,
// TITAN_SERVER, the current context's, kDefaultServer; the workspace: --workspace, the current
// context's, `default`. The file of trusted certificates: --ca-file, TITAN_CA_FILE, that of the
// context whose server it is, none. The variable is not looked at when the URL is http://. The
// token: see token.hpp.
class Session {
 public:
  // invalid when the configuration is none, or the URL, or the file of trusted certificates; and as
  // find_token(). A server that answers 401 makes an error of every call, denied, which says how to
  // log in.
  static Result<Session> open(const ConnectionFlags& flags, const Env& env);

  [[nodiscard]] client::Client& client() { return client_; }
  [[nodiscard]] const std::string& server() const { return server_; }
  [[nodiscard]] const std::string& workspace() const { return workspace_; }
  // --workspace was given.
  [[nodiscard]] bool workspace_given() const { return workspace_given_; }

  // The key of an entity in this workspace.
  [[nodiscard]] model::Key key_of(model::Kind kind, const std::string& name) const;

 private:
  Session(std::unique_ptr<Transport> transport, std::string server, std::string workspace,
          bool workspace_given)
      : transport_(std::move(transport)),
        client_(*transport_),
        server_(std::move(server)),
        workspace_(std::move(workspace)),
        workspace_given_(workspace_given) {}

  std::unique_ptr<Transport> transport_;
  client::Client client_;  // borrows *transport_, which stays where it is when a Session moves
  std::string server_;
  std::string workspace_;
  bool workspace_given_;
};

}  // namespace titan::cli

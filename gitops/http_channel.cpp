#include <algorithm>
#include <utility>

#include "base/secret_file.hpp"
#include "gitops/base64.hpp"
#include "gitops/git_channel.hpp"
#include "gitops/pkt_line.hpp"

namespace titan::gitops {
namespace {

constexpr std::string_view kStandardUser = "titan";

std::string content_type(GitService service, std::string_view what) {
  return "application/x-" + std::string(name_of(service)) + "-" + std::string(what);
}

Error refused(const HttpResponse& response, bool has_token) {
  const std::string status =
      "the web server answered with status " + std::to_string(response.status);
  switch (response.status) {
    case 401:
    case 403:
      return denied(status + (has_token ? ": it does not take the token"
                                        : ": it wants a token, and no token file is set"));
    case 404:
      return unavailable(status + ": there is no repository, or not for this token");
    case 413:
      return exhausted(status + ": it takes no push of this size");
    default:
      break;
  }
  constexpr int kServerErrors = 500;
  if (response.status >= kServerErrors) return unavailable(status);
  return invalid(status + "; expected 200, and redirects are not followed");
}

class HttpChannel final : public GitChannel {
 public:
  HttpChannel(RemoteAddress address, const RemoteOptions& options)
      : address_(std::move(address)), options_(options) {}

  Result<std::string> begin(GitService service) override {
    TITAN_TRY(connect());
    service_ = service;
    HttpRequest request{.target =
                            address_.path + "/info/refs?service=" + std::string(name_of(service))};
    TITAN_ASSIGN(HttpResponse response, send(std::move(request)));
    if (response.header("Content-Type") != content_type(service, "advertisement")) {
      return invalid("no Git is served there (smart HTTP); found the content type " +
                     shown(response.header("Content-Type")));
    }
    const std::string head =
        packet("# service=" + std::string(name_of(service)) + "\n") + std::string(kFlushPacket);
    if (response.body.size() > kAdvertisementBytesMax) return too_many_references();
    if (response.body.starts_with(head)) response.body.erase(0, head.size());
    return std::move(response.body);
  }

  Result<void> finish(std::string_view request, const Sink& answer) override {
    TITAN_TRY(connect());
    HttpRequest post{.method = "POST",
                     .target = address_.path + "/" + std::string(name_of(service_)),
                     .headers = {{"Content-Type", content_type(service_, "request")},
                                 {"Accept", content_type(service_, "result")}},
                     .body = std::string(request)};
    TITAN_ASSIGN(const HttpResponse response, send(std::move(post)));
    // In pieces, since who takes them keeps what has no end yet.
    constexpr std::size_t kPieceBytes = 64UL << 10U;
    for (std::string_view rest = response.body; !rest.empty();) {
      TITAN_TRY(answer(rest.substr(0, kPieceBytes)));
      rest.remove_prefix(std::min(kPieceBytes, rest.size()));
    }
    return {};
  }

  void leave() override {}

 private:
  Result<void> connect() {
    if (transport_ != nullptr) return {};
    TITAN_ASSIGN(transport_, options_.connect(address_.server));
    return {};
  }

  // The header that lets in; it is built for each request, so that the token stays in no field.
  Result<void> authorize(HttpRequest& request) const {
    if (options_.token_file.empty()) return {};
    TITAN_ASSIGN(const Secret token, read_secret_file(options_.token_file));
    std::string user = !address_.user.empty() ? address_.user : options_.user;
    if (user.empty()) user = kStandardUser;
    std::string plain;
    plain.reserve(user.size() + 1 + token.size());
    plain.append(user).append(":").append(token.bytes());
    request.headers["Authorization"] = "Basic " + base64(plain);
    wipe(plain);
    return {};
  }

  Result<HttpResponse> send(HttpRequest request) {
    constexpr int kOk = 200;
    request.headers["User-Agent"] = "git/2.0 (titan)";  // some servers look for Git by its name
    TITAN_TRY(authorize(request));
    auto response = transport_->send(request);
    if (request.headers.contains("Authorization")) wipe(request.headers["Authorization"]);
    if (!response) {
      Error error = std::move(response).error();
      error.subject.clear();  // the remote's name says more
      return error;
    }
    if (response->status != kOk) return refused(*response, !options_.token_file.empty());
    return response;
  }

  RemoteAddress address_;
  RemoteOptions options_;
  std::unique_ptr<Transport> transport_;
  GitService service_ = GitService::upload_pack;
};

}  // namespace

std::string_view name_of(GitService service) {
  return service == GitService::upload_pack ? "git-upload-pack" : "git-receive-pack";
}

Result<std::unique_ptr<GitChannel>> open_http_channel(const RemoteAddress& address,
                                                      const RemoteOptions& options) {
  if (!options.connect) return invalid("remotes at web servers cannot be used here");
  if (address.is_plain && !options.allow_plain_http && !address.is_loopback()) {
    return invalid(
        "http:// to another machine lets everybody on the way read the token and change what is "
        "pushed; expected https://, or the setting gitHttp: anywhere");
  }
  return std::unique_ptr<GitChannel>(std::make_unique<HttpChannel>(address, options));
}

}  // namespace titan::gitops

// The HTTP API behind its front door. The first part is a request: a line "GET /v1/hosts?limit=1",
// then a header a line. If it reads, a whole server on a small store answers it. The second part
// is a body: it is read as that of a write, which nobody carries out.

#include <stdlib.h>  // mkdtemp

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/json.hpp"
#include "base/text.hpp"
#include "fuzz/target.hpp"
#include "model/stage.hpp"
#include "server-lite/proposal_text.hpp"
#include "server-lite/server.hpp"
#include "store/sqlite_store.hpp"

namespace titan::fuzz {
namespace {

constexpr std::size_t kHeadersMax = 20;

// Time stands still, so that an answer depends on the request alone.
class StoppedClock final : public Clock {
 public:
  [[nodiscard]] Timestamp wall() const override {
    return Timestamp::from_micros(1'772'366'400'000'000);
  }
  [[nodiscard]] Monotonic monotonic() const override { return std::chrono::hours(1); }
};

constexpr const char* kAdminToken = "titan_admin";

class Counter final : public Random {
 public:
  std::uint64_t next() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

class Folder {
 public:
  Folder() { require(mkdtemp(path_.data()) != nullptr, "a folder for the store can be made"); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "titan-fuzz-XXXXXX";
};

// A server with one entity of each kind, which no request changes.
class Rig {
 public:
  Rig() {
    put("/v1/workspaces/team", R"({"spec":{"description":"a team"}})");
    put("/v1/hosts/tim-pi", R"({"spec":{"labels":{"site":"lab"}},"tags":{"owner":"tim"}})");
    put("/v1/hosts/tom-pi", R"({"spec":{"labels":{"site":"attic"}}})");
    put("/v1/templates/service", R"({"spec":{"defaults":{"interval":5}}})");
    put("/v1/workspaces/team/workloads/sensor", R"({"spec":{"template":"service"}})");
    put("/v1/workspaces/team/targets/lab", R"({"spec":{"selector":"site=lab"}})");
    put("/v1/workspaces/team/deployments/prod",
        R"({"spec":{"workload":"sensor","target":"lab","replicas":1}})");
    while (server_->step() <= clock_.monotonic()) {
    }
    server_->stop_waiting();
  }

  [[nodiscard]] HttpResponse handle(const HttpRequest& request) const {
    return server_->handle(with_token(request));
  }
  // As the event loop does, if it can.
  [[nodiscard]] HttpResponse handle_at_once(const HttpRequest& request) const {
    auto known = server_->answer_at_once(with_token(request));
    return known ? *std::move(known) : handle(request);
  }

 private:
  // Who says nothing of a token is an admin: strangers are told nothing that could go wrong.
  static HttpRequest with_token(HttpRequest request) {
    if (!request.headers.contains("Authorization")) {
      request.headers["Authorization"] = "Bearer " + std::string(kAdminToken);
    }
    return request;
  }
  void put(const std::string& target, const std::string& body) {
    const auto answer = handle({.method = "PUT", .target = target, .headers = {}, .body = body});
    require(answer.status / 100 == 2, "the store can be filled", answer.body);
  }

  Folder folder_;
  StoppedClock clock_;
  Counter random_;
  std::ostringstream unread_;
  Log log_{unread_, clock_, Log::Format::json, Log::Level::error};
  std::unique_ptr<store::SqliteStore> store_ =
      store::SqliteStore::open(folder_.path() + "/titan.db", clock_, random_).value();
  std::unique_ptr<FileSystem> files_ = DiskFileSystem::open(folder_.path()).value();
  server_lite::ServerKeys keys_ = server_lite::ServerKeys::open(*files_, random_).value();
  server_lite::MasterKey master_ =
      server_lite::MasterKey::open(*files_, {}, false, random_).value();
  std::unique_ptr<server_lite::Server> server_ =
      server_lite::Server::open({*store_, clock_, random_, log_, keys_, master_},
                                {.first_token = [] { return Result<std::string>(kAdminToken); },
                                 .rates = {.token = {}, .device = {}}})  // its clock stands still
          .value();
};

HttpRequest request_of(std::string_view text) {
  HttpRequest request;
  auto lines = split(text, '\n');
  if (lines.size() > kHeadersMax) lines.resize(kHeadersMax);
  const std::size_t blank = std::min(lines[0].find(' '), lines[0].size());
  request.method = lines[0].substr(0, blank);
  request.target = trim(std::string_view(lines[0]).substr(blank));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == std::string::npos) continue;
    request.headers[lines[i].substr(0, colon)] = trim(lines[i].substr(colon + 1));
  }
  return request;
}

void check_answer(const HttpResponse& answer) {
  require(answer.status >= 200 && answer.status < 500, "no request is the server's fault",
          answer.body);
  if (answer.header("Content-Type") != "application/json" || answer.body.empty()) return;
  const auto body = parse_json(answer.body);
  require(body.ok(), "an answer is JSON", answer.body);
  if (answer.status < 400) return;
  const auto error = body->find("error");
  require(error != body->end() && error->contains("code") && error->contains("message") &&
              error->contains("requestId"),
          "an error says what is wrong, and with which request", answer.body);
}

void check_request(const HttpRequest& request) {
  static const Rig kRig;
  const auto answer = kRig.handle(request);
  check_answer(answer);
  const auto again = kRig.handle_at_once(request);
  check_answer(again);
  require(again.status == answer.status, "the same request has the same status", answer.body);
  if (answer.status >= 400) return;  // the ids of the requests differ
  if (answer.header("Content-Type").starts_with("text/plain; version=")) return;  // metrics
  require(again.body == answer.body, "the same request has the same answer", answer.body);
}

void check_body(std::string_view text) {
  auto body = parse_json(text);
  if (!body) return;
  (void)server_lite::parse_proposed_changes(*body, "default");
  if (const auto stage = model::parse_stage_report(*body)) {
    const std::string said = canonical_json(model::json_of(*stage));
    const auto again = model::parse_stage_report(parse_json(said).value());
    require(again && canonical_json(model::json_of(*again)) == said, "a stage reads back equal",
            said);
  }
  const model::Key key{.kind = model::Kind::host, .name = "tim-pi"};
  (void)server_lite::parse_proposed_entity(*std::move(body), key,
                                           server_lite::ProposedChange::Operation::apply);
}

}  // namespace

void run(std::string_view input) {
  const auto parts = parts_of(input, 2);
  const HttpRequest request = request_of(parts[0]);
  if (request.method == "GET" || request.method == "HEAD") check_request(request);
  check_body(parts[1]);
}

}  // namespace titan::fuzz

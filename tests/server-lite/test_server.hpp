#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "base/json.hpp"
#include "base/log.hpp"
#include "client/client.hpp"
#include "gitops/publisher.hpp"
#include "gitops/template_source.hpp"
#include "server-lite/parked_question.hpp"
#include "server-lite/server.hpp"
#include "store/sqlite_store.hpp"
#include "tests/server-lite/faulty_store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::testing {

// The real server on a real store in a temporary directory, without a socket: asked through
// call(), or through the client. It takes its steps when the real loop would: after it was woken,
// and when they are due.
class TestServer {
 public:
  // Servers of another seed have other keys and epochs.
  explicit TestServer(server_lite::Retention retention = {},
                      server_lite::OnClone on_clone = server_lite::OnClone::warn,
                      std::uint64_t seed = 7, oidc::OidcProvider* provider = nullptr,
                      const server_lite::RequestRates& rates = {})
      : retention_(retention),
        on_clone_(on_clone),
        provider_(provider),
        rates_(rates),
        random_(seed),
        transport_([this](const HttpRequest& request) { return handle(request); }),
        client_(transport_) {
    start();
  }

  // As after the end of the process: everything comes up from the store again.
  void restart() {
    server_.reset();
    faulty_store_.reset();
    store_.reset();
    start();
  }
  // A restart by somebody who stopped it properly.
  void stop_and_start() {
    server_->stop_waiting();
    EXPECT_TRUE(server_->finish());
    restart();
  }

  HttpResponse call(const std::string& method, const std::string& target,
                    const std::string& body = "", const HttpHeaders& headers = {}) {
    return handle({.method = method, .target = target, .headers = headers, .body = body});
  }
  const server_lite::Server& server() { return *server_; }
  // Who says nothing of a token is an admin.
  static constexpr const char* kAdminToken = "titan_admin";
  static HttpRequest with_token(HttpRequest request) {
    if (!request.headers.contains("Authorization")) {
      request.headers["Authorization"] = std::string("Bearer ") + kAdminToken;
    }
    return request;
  }
  // One request, and nothing of what follows from it until settle().
  HttpResponse handle_alone(const HttpRequest& request) {
    return server_->handle(with_token(request));
  }
  // Takes one step, and the steps that are due then.
  void settle() {
    do {
      woken_ = false;
      next_step_ = server_->step();
    } while (woken_ || next_step_ <= clock_.monotonic());
  }
  // From now on, over a restart, templates are read from there. Borrowed.
  void read_templates_from(gitops::TemplateSource& source) {
    templates_ = &source;
    restart();
  }
  // Looks at all templates in Git that are due, and takes the steps that follow.
  void read_templates() {
    while (server_->read_templates() <= clock_.monotonic()) continue;
    settle();
  }
  // From now on, over a restart, the server commits for hosts there; empty: nowhere. `git` as of
  // gitops::Publisher, whose own repository is below the store's folder.
  void commit_to(const std::string& git, gitops::Publisher::Options options = {}) {
    git_ = git;
    git_options_ = std::move(options);
    restart();
  }
  // Commits for hosts until nothing is due, and takes the steps that follow.
  void commit_for_hosts() {
    while (server_->commit_for_hosts() <= clock_.monotonic()) continue;
    settle();
  }
  [[nodiscard]] Clock::Monotonic commit_for_some_hosts() { return server_->commit_for_hosts(); }
  [[nodiscard]] std::string git_repository() const { return directory_.path() + "/git"; }
  [[nodiscard]] Clock::Monotonic read_one_template() { return server_->read_templates(); }
  // Time goes by, and the steps that became due are taken.
  void advance(std::chrono::microseconds by) {
    clock_.advance(by);
    settle();
  }
  Clock::Monotonic step() { return server_->step(); }
  void stop_waiting() { server_->stop_waiting(); }
  [[nodiscard]] std::size_t parked() const { return server_->waiting(); }
  nlohmann::json json(const std::string& method, const std::string& target,
                      const nlohmann::json& body = nullptr) {
    const std::string text = body.is_null() ? "" : body.dump();
    return parse_json(call(method, target, text).body).value();
  }

  // A template of one file, uploaded.
  client::WriteResult put_template(const std::string& name, const std::string& content,
                                   const std::string& path = "root/etc/{{deployment.name}}.conf") {
    model::TemplateSpec spec;
    spec.files = {
        {.path = path, .digest = client_.put_blob(content).value(), .size = content.size()}};
    return client_.put({.name = name, .spec = std::move(spec)}).value();
  }
  // Host "pi" with the label site=lab, template "service", workload "sensor", target "lab", and
  // deployment "prod" of all of them.
  void put_prod() {
    put_host("pi", {{"site", "lab"}});
    put_prod_parts();
  }
  // The same without the host.
  void put_prod_parts() {
    put_template("service", "host {{host.name}}\n");
    put({.name = "sensor", .workspace = "default", .spec = model::WorkloadSpec{.repo = "repo"}});
    put({.name = "lab",
         .workspace = "default",
         .spec = model::TargetSpec{.labels = {{"site", "lab"}}}});
    put_deployment("prod");
  }
  client::WriteResult put(const model::Entity& entity) { return client_.put(entity).value(); }
  client::WriteResult put_host(const std::string& name, const model::Labels& labels) {
    return put({.name = name, .spec = model::HostSpec{.labels = labels}});
  }
  client::WriteResult put_deployment(const std::string& name,
                                     const std::string& template_name = "service") {
    return put({.name = name,
                .workspace = "default",
                .spec = model::DeploymentSpec{
                    .workload = "sensor", .template_name = template_name, .target = "lab"}});
  }
  model::Entity deployment(const std::string& name) {
    return client_.get({.kind = model::Kind::deployment, .workspace = "default", .name = name})
        .value();
  }

  client::Client& client() { return client_; }
  store::Store& store() { return *store_; }
  // What the server has in place of the store: it fails when told to.
  FaultyStore& faults() { return *faulty_store_; }
  FakeTransport& transport() { return transport_; }
  FakeClock& clock() { return clock_; }
  // As the front door asks: a request may wait, and a large body be in a file.
  server_lite::Reply answer(const HttpRequest& request) {
    return server_->answer(with_token(request));
  }
  // Somebody asks from an address; who says nothing of a token has none.
  HttpResponse handle_from(const std::string& address, const HttpRequest& request) {
    HttpResponse response = server_lite::wait_for(server_->answer(request, address));
    if (woken_ || next_step_ <= clock_.monotonic()) settle();
    return response;
  }
  [[nodiscard]] const server_lite::ServerKeys& keys() const { return *keys_; }
  // As somebody does with the commands of titan-server, while the server is stopped.
  void rekey(const std::function<Result<void>(server_lite::ServerKeys&)>& change) {
    EXPECT_TRUE(change(*keys_));
    restart();
  }
  // Where the server's keys are, over its restarts.
  MemoryFileSystem& key_files() { return key_files_; }
  SeededRandom& random() { return random_; }
  // Of the store.
  [[nodiscard]] std::string directory() const { return directory_.path(); }
  [[nodiscard]] std::string log_text() const { return log_text_.str(); }

 private:
  // A request and all that follows from it, as if the server had been quick.
  HttpResponse handle(const HttpRequest& request) {
    HttpResponse response = server_->handle(with_token(request));
    if (woken_ || next_step_ <= clock_.monotonic()) settle();
    return response;
  }

  void start() {
    // Nobody cuts the power of this store, so a test need not wait for the disk.
    store_ = store::SqliteStore::open(directory_.path() + "/titan.db", clock_, shared_random_,
                                      {.synchronous = store::SqliteStore::Synchronous::normal})
                 .value();
    faulty_store_ = std::make_unique<FaultyStore>(*store_);
    keys_.emplace(server_lite::ServerKeys::open(key_files_, shared_random_).value());
    const bool has_secrets = server_lite::holds_secrets(*store_).value();
    master_.emplace(
        server_lite::MasterKey::open(key_files_, {}, has_secrets, shared_random_).value());
    publisher_.reset();
    if (!git_.empty()) publisher_.emplace(git_, git_repository(), git_options_);
    server_ =
        server_lite::Server::open({*faulty_store_, clock_, shared_random_, log_, *keys_, *master_},
                                  {.retention = retention_,
                                   .spool = &spool_,
                                   .first_token = [] { return Result<std::string>(kAdminToken); },
                                   .on_clone = on_clone_,
                                   .rates = rates_,
                                   .provider = provider_,
                                   .templates = templates_,
                                   .publisher = publisher_ ? &*publisher_ : nullptr,
                                   .wake = [this] { woken_ = true; }})
            .value();
    settle();
  }

  const server_lite::Retention retention_;
  const server_lite::OnClone on_clone_;
  oidc::OidcProvider* const provider_;  // borrowed
  const server_lite::RequestRates rates_;
  gitops::TemplateSource* templates_ = nullptr;  // borrowed
  std::string git_;
  gitops::Publisher::Options git_options_;
  // Nobody cuts the power of this store.
  TemporaryDirectory directory_{folder_in_memory()};
  front_door::Spool spool_{directory_.path()};
  FakeClock clock_;
  SeededRandom random_;
  SharedRandom shared_random_{random_};  // of the server's threads
  std::ostringstream log_text_;
  Log log_{log_text_, clock_, Log::Format::json};
  MemoryFileSystem key_files_;
  std::optional<server_lite::ServerKeys> keys_;
  std::optional<server_lite::MasterKey> master_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<FaultyStore> faulty_store_;
  std::optional<gitops::Publisher> publisher_;
  std::atomic<bool> woken_ = false;
  Clock::Monotonic next_step_{};
  std::unique_ptr<server_lite::Server> server_;
  FakeTransport transport_;
  client::Client client_;
};

}  // namespace titan::testing

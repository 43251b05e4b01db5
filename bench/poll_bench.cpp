// What a poll that is told that nothing is new costs the server, without its socket: asked by a
// person with a token, whose answer carries no proof, and by a device in a session, whose answer
// is under its MAC.

#include <benchmark/benchmark.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "base/base64.hpp"
#include "base/file_system.hpp"
#include "base/json.hpp"
#include "base/key_agreement.hpp"
#include "base/log.hpp"
#include "bench/rig.hpp"
#include "bench/temporary_folder.hpp"
#include "model/proofs.hpp"
#include "server-lite/server.hpp"
#include "store/sqlite_store.hpp"

namespace titan::bench {
namespace {

using nlohmann::json;

constexpr const char* kAdminToken = "titan_admin-of-the-benchmark";
const std::string kNonce = base64url(std::string(16, 'n'));

class PollRig {
 public:
  PollRig() {
    call("PUT", "/v1/hosts/tim-pi", json::object(), kAdminToken);
    call("PUT", "/v1/devices/tim-pi", {{"spec", {{"publicKey", device_.public_key().text()}}}},
         kAdminToken);
    open_session();
    const HttpResponse synced =
        call("POST", "/v1/hosts/tim-pi/sync", json::object(), device_token_);
    while (server_->step() <= clock_.monotonic()) continue;
    body_ = json{{"bookmark", synced.header("Titan-Bookmark")}}.dump();
  }

  [[nodiscard]] HttpRequest poll_of_person() const { return request(kAdminToken); }
  [[nodiscard]] HttpRequest poll_of_device() const { return request(device_token_); }
  [[nodiscard]] const server_lite::Server& server() const { return *server_; }

 private:
  [[nodiscard]] HttpRequest request(const std::string& token) const {
    return {.method = "POST",
            .target = "/v1/hosts/tim-pi/sync",
            .headers = {{"Authorization", "Bearer " + token}, {"Titan-Nonce", kNonce}},
            .body = body_};
  }
  HttpResponse call(const std::string& method, const std::string& target, const json& body,
                    const std::string& token) {
    HttpResponse response =
        server_->handle({.method = method,
                         .target = target,
                         .headers = {{"Authorization", "Bearer " + token}, {"Titan-Nonce", kNonce}},
                         .body = body.dump()});
    if (response.status >= 300) fail(internal(target + ": " + response.body));
    return response;
  }
  void open_session() {
    const AgreementKey ephemeral = AgreementKey::make(random_);
    const json challenge = must(parse_json(call("POST", "/v1/sessions/challenge",
                                                {{"key", device_.public_key().text()},
                                                 {"ephemeral", ephemeral.public_text()},
                                                 {"nonce", kNonce}},
                                                "")
                                               .body));
    const model::SessionProof proof{.server = keys_.key(),
                                    .device = device_.public_key(),
                                    .challenge = challenge["challenge"],
                                    .device_ephemeral = ephemeral.public_text(),
                                    .server_ephemeral = challenge["ephemeral"],
                                    .instance = kNonce};
    call("POST", "/v1/sessions",
         {{"key", proof.device.text()},
          {"ephemeral", proof.device_ephemeral},
          {"challenge", proof.challenge},
          {"instance", proof.instance},
          {"signature", device_.sign(model::session_proof(proof)).text()}},
         "");
    const Secret shared = must(ephemeral.agree(proof.server_ephemeral));
    device_token_ = base64url(
        derive(shared, model::kSessionTokenContext, model::session_transcript(proof)).bytes());
  }

  const TemporaryFolder folder_;
  const SystemClock clock_;
  SystemRandom random_;
  std::ostream no_log_{nullptr};
  Log log_{no_log_, clock_, Log::Format::json};
  std::unique_ptr<FileSystem> files_ = must(DiskFileSystem::open(folder_.path()));
  server_lite::ServerKeys keys_ = must(server_lite::ServerKeys::open(*files_, random_));
  server_lite::MasterKey master_ = must(server_lite::MasterKey::open(*files_, {}, false, random_));
  std::unique_ptr<store::SqliteStore> store_ =
      must(store::SqliteStore::open(folder_.database(), clock_, random_));
  std::unique_ptr<server_lite::Server> server_ = must(
      server_lite::Server::open({*store_, clock_, random_, log_, keys_, master_},
                                {.first_token = [] { return Result<std::string>(kAdminToken); }}));
  const SigningKey device_ = SigningKey::make(random_);
  std::string device_token_ = {};
  std::string body_ = {};
};

const PollRig& rig() {
  static const PollRig kRig;
  return kRig;
}

void poll(benchmark::State& state, const HttpRequest& request) {
  for (auto _ : state) {
    const auto response = rig().server().answer_at_once(request);
    if (!response || response->status != 204) state.SkipWithError("expected that nothing is new");
    benchmark::DoNotOptimize(response);
  }
}

void poll_of_person(benchmark::State& state) {
  poll(state, rig().poll_of_person());
}
BENCHMARK(poll_of_person);

void poll_of_device(benchmark::State& state) {
  poll(state, rig().poll_of_device());
}
BENCHMARK(poll_of_device);

}  // namespace
}  // namespace titan::bench

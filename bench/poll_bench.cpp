// What a poll that is told that nothing is new costs the server, without its socket: asked by a
// person with a token, whose answer carries no proof, and by a device in a session, whose answer
// is under its MAC.

#include <benchmark/benchmark.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "base/file_system.hpp"
#include "base/key_agreement.hpp"
#include "base/log.hpp"
#include "base/mac.hpp"
#include "bench/device_session.hpp"
#include "bench/rig.hpp"
#include "bench/temporary_folder.hpp"
#include "model/proofs.hpp"
#include "server-lite/server.hpp"
#include "store/sqlite_store.hpp"

namespace titan::bench {
namespace {

using nlohmann::json;

constexpr const char* kAdminToken = "titan_admin-of-the-benchmark";

class PollRig {
 public:
  PollRig() {
    must(ask("PUT", "/v1/hosts/tim-pi", "{}", kAdminToken));
    device_token_ = must(
        open_device_session([this](const auto& method, const auto& path, const auto& body,
                                   const auto& token) { return ask(method, path, body, token); },
                            kAdminToken, "tim-pi", random_));
    must(ask("POST", "/v1/hosts/tim-pi/sync", "{}", device_token_));
    while (server_->step() <= clock_.monotonic()) continue;
    body_ = json{{"bookmark", bookmark_}}.dump();
  }

  [[nodiscard]] HttpRequest poll_of_person() const { return request(kAdminToken); }
  [[nodiscard]] HttpRequest poll_of_device() const { return request(device_token_); }
  [[nodiscard]] const server_lite::Server& server() const { return *server_; }

 private:
  [[nodiscard]] HttpRequest request(const std::string& token) const {
    return {.method = "POST",
            .target = "/v1/hosts/tim-pi/sync",
            .headers = {{"Authorization", "Bearer " + token}, {"Titan-Nonce", nonce_of_device()}},
            .body = body_};
  }
  Result<std::string> ask(const std::string& method, const std::string& target,
                          const std::string& body, const std::string& token) {
    HttpHeaders headers = {{"Titan-Nonce", nonce_of_device()}};
    if (!token.empty()) headers.emplace("Authorization", "Bearer " + token);
    HttpResponse response = server_->handle(
        {.method = method, .target = target, .headers = std::move(headers), .body = body});
    if (response.status >= 300) return internal(target + ": " + response.body);
    bookmark_ = response.header("Titan-Bookmark");
    return std::move(response.body);
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
  std::unique_ptr<server_lite::Server> server_ = must(server_lite::Server::open(
      {*store_, clock_, random_, log_, keys_, master_},
      {.first_token = [] { return Result<std::string>(kAdminToken); },
       // They are counted, but never too many.
       .rates = {.token = {server_lite::kRateMax}, .device = {server_lite::kRateMax}}}));
  std::string device_token_ = {};
  std::string bookmark_ = {};  // of the last answer that had one
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

// What an answer's proof costs, and what it would cost by BLAKE2b.
const std::string kProof = model::poll_proof({.organization = "default",
                                              .host = "tim-pi",
                                              .bookmark = "0123456789abcdef.1234567",
                                              .nonce = "nnnnnnnnnnnnnnnnnnnnnn",
                                              .poll_after = std::chrono::seconds(60)});

void mac_of_a_poll(benchmark::State& state) {
  SystemRandom random;
  const MacKey key = MacKey::of(Secret::random(random, MacKey::kBytes));
  for (auto _ : state) benchmark::DoNotOptimize(mac_of(key, kProof));
}
BENCHMARK(mac_of_a_poll);

void blake2b_of_a_poll(benchmark::State& state) {
  SystemRandom random;
  const Secret key = Secret::random(random, 32);
  for (auto _ : state) benchmark::DoNotOptimize(derive(key, "titan-poll-1", kProof, Mac::kBytes));
}
BENCHMARK(blake2b_of_a_poll);

}  // namespace
}  // namespace titan::bench

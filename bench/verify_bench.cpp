// What it costs a device to verify what its server answers to a sync, and to read it: the whole of
// DeviceChannel::sync() on an answer that is there at once, and check_sync() alone, which is the
// proof. A 200 is signed, a 204 is under the session's MAC. "sha256_us" is what SHA-256 of the same
// body takes, and "ratio" how many times longer the work takes than that: the two go by turns. The
// time of one work or hash is the CPU time of several. bench/armv6.sh runs this as an ARMv6, too.

#include <benchmark/benchmark.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/base64.hpp"
#include "bench/timing.hpp"
#include "client/device_channel.hpp"
#include "client/verification.hpp"
#include "model/manifest.hpp"
#include "model/proofs.hpp"

namespace titan::client {
namespace {

const std::string kHost = "tim-pi";
const std::string kOrganization = "default";
const model::Bookmark kBookmark{"0123456789abcdef", 1'234'567};
constexpr std::chrono::seconds kPollAfter{60};
constexpr int kSameInARow = 8;
constexpr std::size_t kDeploymentBytes = 1 << 10;  // of one as JSON, about

// Every nonce is the same one, so that an answer can be signed before it is asked for.
class SameNumbers final : public Random {
 public:
  std::uint64_t next() override { return 0x6e6e'6e6e'6e6e'6e6e; }
};
const std::string kNonce = base64url(std::string(16, 'n'));

// About a kilobyte of JSON: a small service of three files.
model::DesiredDeployment desired(std::size_t number) {
  const std::string name = "service-" + std::to_string(number);
  const auto file = [&](const char* path) {
    return model::TemplateFile{.path = path, .digest = Digest::of(name + path), .size = 300};
  };
  const nlohmann::json inputs = {
      {"deployment", {{"name", name}}},
      {"host", {{"labels", {{"site", "lab"}}}, {"name", kHost}}},
      {"values", {{"interval", 5}, {"mode", "eco"}, {"user", "sensor"}}}};
  return {.key = {.kind = model::Kind::deployment, .workspace = "default", .name = name},
          .version = 1'234'000 + number,
          .template_name = "service",
          .template_digest = Digest::of("template"),
          .driver = "files",
          .files = {file("root/etc/systemd/system/{{deployment.name}}.service"),
                    file("root/etc/{{deployment.name}}/config.yaml"),
                    file("root/usr/local/bin/{{deployment.name}}")},
          .inputs = model::Values::from(inputs).value(),
          .desired_digest = Digest::of("desired" + name),
          .rendered_digest = Digest::of("rendered" + name)};
}

// About `bytes` of JSON.
std::string manifest_text(std::size_t bytes) {
  model::Manifest manifest{
      .host = kHost, .bookmark = kBookmark, .full = true, .poll_after = kPollAfter};
  while (manifest.deployments.size() * kDeploymentBytes < bytes) {
    manifest.deployments.push_back(desired(manifest.deployments.size()));
  }
  return json_text(manifest);
}

// A server that has answered already. An empty body is that of a 204.
class Server final : public Transport {
 public:
  explicit Server(std::string body) {
    const std::string bookmark = kBookmark.text();
    const model::SyncProof proof{.organization = kOrganization,
                                 .host = kHost,
                                 .bookmark = bookmark,
                                 .nonce = kNonce,
                                 .poll_after = kPollAfter};
    answer_.headers["Content-Type"] = "application/json";
    answer_.headers["Titan-Bookmark"] = bookmark;
    answer_.headers["Titan-Poll-After"] = std::to_string(kPollAfter.count());
    if (body.empty()) {
      answer_.status = 204;
      answer_.headers["Titan-Mac"] =
          mac_of(MacKey::of(session_.mac_key.copy()), model::poll_proof(proof)).text();
    } else {
      answer_.headers["Titan-Key"] = key_.public_key().text();
      answer_.headers["Titan-Signature"] = key_.sign(model::sync_proof(proof, body)).text();
      answer_.body = std::move(body);
    }
  }

  Result<HttpResponse> send(const HttpRequest&) override { return answer_; }
  [[nodiscard]] const HttpResponse& answer() const { return answer_; }
  [[nodiscard]] DeviceSession session() const { return session_.copy(); }
  [[nodiscard]] TrustState trust() const {
    return {.key = key_.public_key(), .epoch = kBookmark.epoch, .epoch_number = 1};
  }

 private:
  SystemRandom random_;
  SigningKey key_ = SigningKey::make(random_);
  DeviceSession session_{.token = Secret::of("token"),
                         .mac_key = Secret::random(random_, MacKey::kBytes)};
  HttpResponse answer_;
};

// Without a body, what it takes goes without a comparison.
void measure(benchmark::State& state, const std::string& body, const auto& work) {
  double work_seconds = 0;
  double hash_seconds = 0;
  for (auto _ : state) {
    const double took = bench::cpu_seconds_of([&] {
      for (int i = 0; i < kSameInARow; ++i) {
        if (!work()) state.SkipWithError("the answer should be believed");
      }
    });
    state.SetIterationTime(took / kSameInARow);
    work_seconds += took;
    if (body.empty()) continue;
    hash_seconds += bench::cpu_seconds_of([&] {
      for (int i = 0; i < kSameInARow; ++i) benchmark::DoNotOptimize(Digest::of(body));
    });
  }
  if (body.empty()) return;
  const auto count = static_cast<double>(state.iterations()) * kSameInARow;
  state.counters["bytes"] = static_cast<double>(body.size());
  state.counters["sha256_us"] = hash_seconds / count * 1e6;
  state.counters["ratio"] = work_seconds / hash_seconds;
}

void measure_sync(benchmark::State& state, const std::string& body) {
  Server server(body);
  SameNumbers numbers;
  SystemRandom random;
  const SigningKey key = SigningKey::make(random);
  DeviceChannel channel({.transport = server, .random = numbers},
                        {.host = kHost, .organization = kOrganization, .key = key}, server.trust());
  channel.resume(server.session());
  const model::SyncRequest request{.bookmark = kBookmark};
  measure(state, body, [&] {
    const auto answer = channel.sync(request);
    return answer && answer->manifest.has_value() != body.empty();
  });
}

void measure_proof(benchmark::State& state, const std::string& body) {
  const Server server(body);
  const MacKey session = MacKey::of(server.session().mac_key.copy());
  const TrustState trust = server.trust();
  const HighWater high_water;
  const SyncRequestFacts facts{.organization = kOrganization,
                               .host = kHost,
                               .nonce = kNonce,
                               .session = session,
                               .trust = trust,
                               .high_water = high_water};
  measure(state, body, [&] { return check_sync(server.answer(), facts).has_value(); });
}

void sync_changed(benchmark::State& state) {
  measure_sync(state, manifest_text(static_cast<std::size_t>(state.range(0))));
}
void proof_of_changed(benchmark::State& state) {
  measure_proof(state, manifest_text(static_cast<std::size_t>(state.range(0))));
}
void sync_unchanged(benchmark::State& state) {
  measure_sync(state, "");
}
void proof_of_unchanged(benchmark::State& state) {
  measure_proof(state, "");
}

// The two parts of a signature's check that do not grow with the answer.
void verify_signature(benchmark::State& state) {
  SystemRandom random;
  const SigningKey key = SigningKey::make(random);
  const std::string message(200, 'm');
  const Signature signature = key.sign(message);
  for (auto _ : state) {
    if (!verifies(key.public_key(), message, signature)) state.SkipWithError("it is a good one");
  }
}
void parse_key(benchmark::State& state) {
  SystemRandom random;
  const std::string text = SigningKey::make(random).public_key().text();
  for (auto _ : state) benchmark::DoNotOptimize(PublicKey::parse(text));
}

constexpr int kKilobyte = 1 << 10;
void sizes(benchmark::internal::Benchmark* named) {
  named->Unit(benchmark::kMicrosecond)->UseManualTime();
  named->Arg(kKilobyte)->Arg(16 * kKilobyte)->Arg(256 * kKilobyte);
}
BENCHMARK(proof_of_changed)->Apply(sizes);
BENCHMARK(sync_changed)->Apply(sizes);
BENCHMARK(proof_of_unchanged)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK(sync_unchanged)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK(verify_signature)->Unit(benchmark::kMicrosecond);
BENCHMARK(parse_key)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace titan::client

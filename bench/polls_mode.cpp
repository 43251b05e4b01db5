// door_load polls: how many requests a second, and how many for a second of the server's CPU.
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "base/random.hpp"
#include "bench/device_session.hpp"
#include "bench/load_mode.hpp"
#include "bench/poll_load.hpp"
#include "bench/process_readings.hpp"

namespace titan::bench {
namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_found("--request-file " + path + ": there is no such file");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "--request-file", or "--method", "--path", "--header" and "--body"; with "--device HOST" as that
// host's device asks: in a session, with a nonce. TITAN_TOKEN may give it a device, then.
Result<std::string> request_of(const LoadOptions& options, const LoadClient::Options& client) {
  const std::string file = options.text("request-file", "");
  if (!file.empty()) return read_file(file);
  const std::string header = options.text("header", "");
  const std::string host = options.text("device", "");
  std::optional<std::string> token;
  if (!host.empty()) {
    const auto ask_server = [&](const std::string& method, const std::string& path,
                                const std::string& body, const std::string& shown) {
      return ask(client, {.method = method, .path = path, .body = body, .token = shown});
    };
    SystemRandom random;
    TITAN_ASSIGN(token, open_device_session(ask_server, token_of_environment(), host, random));
  }
  const std::string nonce = host.empty() ? "" : "Titan-Nonce: " + nonce_of_device() + "\r\n";
  return RequestText{.method = options.text("method", "GET"),
                     .path = options.text("path", "/v1/status"),
                     .headers = (header.empty() ? "" : header + "\r\n") + nonce,
                     .body = options.text("body", ""),
                     .closes = options.flag("close"),
                     .token = std::move(token)}
      .text();
}

void print(const PollLoad::Counts& counts, double seconds) {
  std::cout << "requests " << counts.answers << "\nerrors " << counts.errors << "\nconnects "
            << counts.connects << "\nresumed " << counts.resumed << "\nseconds " << seconds
            << "\nrequests_per_second " << static_cast<double>(counts.answers) / seconds
            << "\np50_us " << counts.latencies.percentile_us(50) << "\np99_us "
            << counts.latencies.percentile_us(99) << "\n";
}

}  // namespace

Result<void> run_polls(const LoadOptions& options) {
  TITAN_ASSIGN(const auto server, options.server());
  TITAN_ASSIGN(const auto pid, options.pid());
  TITAN_ASSIGN(const auto connections, options.number("connections", 64));
  TITAN_ASSIGN(const auto time_ms, options.number("milliseconds", 2000));
  TITAN_ASSIGN(const auto tls, LoadTls::from(options));
  const LoadClient::Options client{.server = server, .socket = {.tls = tls.get()}};
  TITAN_ASSIGN(const auto request, request_of(options, client));
  const bool closes = options.flag("close");
  TITAN_TRY(options.check_all_known());
  // Shows that there is an answer at all, and has TLS learn a session that it can resume.
  PollLoad load({.client = client,
                 .request = request,
                 .closes = closes,
                 .connections = 1,
                 .warm_up = {},
                 .time = std::chrono::milliseconds(50)});
  if (load.run([] {}).answers == 0) return unavailable("no answer that says 2xx");

  const ProcessReadings process(pid.value_or(0));
  double cpu_before = 0;
  Moment start;
  PollLoad all({.client = client,
                .request = request,
                .closes = closes,
                .connections = connections,
                .time = std::chrono::milliseconds(time_ms)});
  const auto counts = all.run([&] {
    cpu_before = process.cpu().count();
    start = std::chrono::steady_clock::now();
  });
  const double cpu = process.cpu().count() - cpu_before;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  print(counts, took.count());
  if (pid) {
    std::cout << "cpu_seconds " << cpu << "\nrequests_per_cpu_second "
              << static_cast<double>(counts.answers) / cpu << "\n";
  }
  if (counts.errors > 0) return unavailable(std::to_string(counts.errors) + " requests failed");
  return {};
}

}  // namespace titan::bench

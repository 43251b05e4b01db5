#include "bench/loaded_server.hpp"

#include <sstream>
#include <thread>

#include "base/digest.hpp"

namespace titan::bench {
namespace {

constexpr std::chrono::milliseconds kPause{50};
constexpr int kPauses = 600;

}  // namespace

Result<std::string> LoadedServer::put(const std::string& path, const std::string& body) const {
  return ask(client_, {.method = "PUT", .path = path, .body = body});
}

Result<std::string> LoadedServer::post(const std::string& path, const std::string& body) const {
  return ask(client_, {.method = "POST", .path = path, .body = body});
}

Result<std::string> LoadedServer::put_blob(std::size_t bytes, std::size_t number) const {
  std::string content = std::to_string(number);
  content.resize(std::max(bytes, content.size()), 'x');
  const std::string path = "/v1/blobs/" + Digest::of(content).text();
  TITAN_TRY(put(path, content));
  return path;
}

Result<std::string> LoadedServer::settle() const {
  constexpr std::string_view kBookmark = "\"bookmark\":\"";
  for (int i = 0; i < kPauses; ++i) {
    TITAN_ASSIGN(const std::string status, ask(client_, {.path = "/v1/status"}));
    bool is_behind = false;
    for (char digit = '1'; digit <= '9'; ++digit) {
      is_behind |= status.find(std::string("\"behind\":") + digit) != std::string::npos;
    }
    const auto start = status.find(kBookmark) + kBookmark.size();
    if (!is_behind) return status.substr(start, status.find('"', start) - start);
    std::this_thread::sleep_for(kPause);
  }
  return unavailable("the server never comes to rest");
}

Result<std::map<std::string, double>> LoadedServer::metrics() const {
  TITAN_ASSIGN(const std::string text, ask(client_, {.path = "/v1/metrics"}));
  std::map<std::string, double> metrics;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto blank = line.rfind(' ');
    if (line.starts_with("#") || blank == std::string::npos) continue;
    metrics[line.substr(0, blank)] = std::stod(line.substr(blank + 1));
  }
  return metrics;
}

Result<void> LoadedServer::await_metric(const std::string& name, double value) const {
  double last = 0;
  for (int i = 0; i < kPauses; ++i) {
    TITAN_ASSIGN(auto all, metrics());
    last = all[name];
    if (last == value) return {};
    std::this_thread::sleep_for(kPause);
  }
  return unavailable(name + " is " + std::to_string(last) + ", and never " + std::to_string(value));
}

}  // namespace titan::bench

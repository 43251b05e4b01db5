// Every malformed request of the corpus over a real connection to the real server, and through
// nginx as a proxy in front of it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/e2e/programs.hpp"
#include "tests/server-lite/front_door/raw_client.hpp"
#include "tests/support/bad_requests.hpp"

namespace titan {
namespace {

using front_door::ListenAddress;
using front_door::RawClient;

constexpr std::size_t kBadClients = 8;  // at a time
constexpr const char* kNginx = "/usr/sbin/nginx";

// The status of the one answer that there is; 0: there is none.
int status_of(const std::string& answer) {
  constexpr std::string_view kStart = "HTTP/1.1 ";
  return answer.starts_with(kStart) ? std::stoi(answer.substr(kStart.size(), 3)) : 0;
}

TEST(MalformedRequests, GetTheRight4xxAndAClosedConnection) {
  const testing::TemporaryDirectory folder;
  testing::RunningServer server(folder.path() + "/server");
  const ListenAddress address = server.address();
  const auto samples = testing::bad_requests();
  ASSERT_GE(samples.size(), 300U);
  for (const auto& sample : samples) {
    RawClient client(address);
    client.send(sample.bytes);
    const std::string answer = client.until_closed();
    EXPECT_EQ(status_of(answer), sample.status) << sample.name;
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << sample.name;
    EXPECT_NE(answer.find("\"requestId\":\"req-"), std::string::npos) << sample.name;
  }
  EXPECT_TRUE(server.client().status());
}

// nginx with connections to the server that it keeps, started with the test.
class Proxy {
 public:
  Proxy(const std::string& folder, const ListenAddress& behind) : folder_(folder) {
    std::filesystem::create_directories(folder);
    address_ = {.path = folder + "/proxy.sock"};
    std::ofstream(folder + "/nginx.conf")
        << "daemon off; user root; worker_processes 1; pid " << folder << "/pid; error_log "
        << folder
        << "/error.log;\nevents { worker_connections 512; }\nhttp { access_log off; "
           "lingering_close off;\n"
        << "client_body_temp_path " << folder << "/t1; proxy_temp_path " << folder
        << "/t2; fastcgi_temp_path " << folder << "/t3; uwsgi_temp_path " << folder
        << "/t4; scgi_temp_path " << folder << "/t5;\nupstream titan { server " << behind.text()
        << "; keepalive 1; }\nserver { listen unix:" << address_.path
        << "; location / { proxy_pass http://titan; proxy_http_version 1.1;\n"
        << "proxy_set_header Connection \"\"; proxy_set_header Host localhost;"
        << " proxy_request_buffering off; } } }\n";
    program_.emplace(std::vector<std::string>{kNginx, "-c", folder + "/nginx.conf", "-p", folder},
                     folder + "/log");
    struct stat found {};
    while (::stat(address_.path.c_str(), &found) != 0) std::this_thread::yield();
  }
  ~Proxy() {
    program_->signal(SIGTERM);
    program_->wait();
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] const ListenAddress& address() const { return address_; }

 private:
  std::string folder_;
  ListenAddress address_;
  std::optional<testing::BackgroundProgram> program_;
};

// Whatever a client sends through the proxy, the next client gets the answer to its own question.
TEST(MalformedRequests, NeverMakeAProxyTakeOneAnswerForAnother) {
  if (!std::filesystem::exists(kNginx)) GTEST_SKIP() << "nginx is not installed";
  const testing::TemporaryDirectory folder;
  testing::RunningServer server(folder.path() + "/server");
  const Proxy proxy(folder.path() + "/proxy", server.address());
  std::deque<RawClient> bad;
  int number = 0;
  for (const auto& sample : testing::bad_requests()) {
    // It stays open for a while, so that what it began is not over when the others come.
    bad.emplace_back(proxy.address()).send(sample.bytes);
    if (bad.size() > kBadClients) bad.pop_front();
    for (int i = 0; i < 2; ++i) {
      const std::string name = "host-" + std::to_string(++number);
      RawClient good(proxy.address());
      good.send("GET /v1/hosts/" + name + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                server.authorization() + "\r\n");
      const std::string answer = good.until_closed();
      EXPECT_EQ(status_of(answer), 404) << sample.name << "\n" << answer;
      EXPECT_NE(answer.find(name), std::string::npos) << sample.name << "\n" << answer;
    }
  }
}

}  // namespace
}  // namespace titan

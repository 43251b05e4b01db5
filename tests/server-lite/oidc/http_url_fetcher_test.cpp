#include "server-lite/oidc/http_url_fetcher.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/fake_transport.hpp"

namespace titan::oidc {
namespace {

// Passes on to a FakeTransport that outlives it.
class Borrowed final : public Transport {
 public:
  explicit Borrowed(Transport& to) : to_(to) {}
  Result<HttpResponse> send(const HttpRequest& request) override { return to_.send(request); }

 private:
  Transport& to_;
};

TEST(HttpUrlFetcher, AsksTheServerOfTheUrlForItsPath) {
  testing::FakeTransport transport([](const HttpRequest&) { return HttpResponse{.body = "{}"}; });
  std::vector<std::string> opened;
  HttpUrlFetcher fetcher([&](std::string_view origin) -> Result<std::unique_ptr<Transport>> {
    opened.emplace_back(origin);
    return std::unique_ptr<Transport>(std::make_unique<Borrowed>(transport));
  });
  EXPECT_EQ(fetcher.get("https://id.example.org:8443/a/keys?v=1").value().body, "{}");
  EXPECT_EQ(opened, (std::vector<std::string>{"https://id.example.org:8443"}));
  EXPECT_EQ(transport.requests().front().target, "/a/keys?v=1");
  EXPECT_EQ(transport.requests().front().method, "GET");
}

TEST(HttpUrlFetcher, PassesOnWhatFails) {
  testing::FakeTransport transport;
  transport.answer(unavailable("no network"));
  HttpUrlFetcher fetcher([&](std::string_view origin) -> Result<std::unique_ptr<Transport>> {
    if (origin == "https://closed.example.org") return invalid("no such thing");
    return std::unique_ptr<Transport>(std::make_unique<Borrowed>(transport));
  });
  EXPECT_EQ(fetcher.get("https://id.example.org/").error().code, ErrorCode::unavailable);
  EXPECT_EQ(fetcher.get("https://closed.example.org/").error().code, ErrorCode::invalid);
  EXPECT_EQ(fetcher.get("http://id.example.org/").error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace titan::oidc

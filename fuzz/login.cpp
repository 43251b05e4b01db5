// What an identity provider answers to client::DeviceLogin. The parts of an input are its metadata,
// the answer to the request for a code, and the answers to the questions after that. A part that
// starts with a digit is an answer 503; an answer to a question is 200 when it names an id_token.

#include <algorithm>
#include <memory>

#include "client/device_login.hpp"
#include "fuzz/target.hpp"

namespace titan::fuzz {
namespace {

constexpr std::size_t kParts = 8;

class ZeroRandom final : public Random {
 public:
  std::uint64_t next() override { return 0; }
};

// Answers with the parts in order, whoever is asked; then with nothing more.
struct Script {
  std::vector<std::string_view> parts;
  std::size_t next = 0;

  HttpResponse answer() {
    const std::string_view part = next < parts.size() ? parts[next] : "";
    const bool question = next++ >= 2;
    HttpResponse response{.body = std::string(part)};
    if (!part.empty() && part.front() >= '0' && part.front() <= '9') response.status = 503;
    if (response.status == 200 && question && part.find("id_token") == std::string_view::npos) {
      response.status = 400;
    }
    return response;
  }
};

class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(Script& script) : script_(script) {}
  Result<HttpResponse> send(const HttpRequest& request) override {
    require(request.target.starts_with('/'), "a request has a path", request.target);
    return script_.answer();
  }

 private:
  Script& script_;
};

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c != 0x7F; });
}

void check_prompt(const client::DeviceLogin::Prompt& prompt) {
  require(!prompt.user_code.empty() && is_printable(prompt.user_code), "a code can be shown");
  require(prompt.verification_uri.starts_with("http"), "a page is one of the web");
  require(is_printable(prompt.verification_uri), "a page's URL can be shown");
  require(is_printable(prompt.verification_uri_complete), "a page's URL can be shown");
  require(prompt.expires_in.count() > 0 && prompt.expires_in <= client::kLoginTimeMax,
          "a code has an end");
}

void check_error(const Error& error) {
  require(!error.message.empty(), "an error says something");
}

}  // namespace

void run(std::string_view input) {
  Script script{.parts = parts_of(input, kParts)};
  ZeroRandom random;
  client::DeviceLogin login(
      {.issuer = "https://id.example.org", .client_id = "titan"},
      [&](std::string_view) -> Result<std::unique_ptr<Transport>> {
        return std::unique_ptr<Transport>(std::make_unique<ScriptedTransport>(script));
      },
      random);
  Clock::Monotonic now{};
  const auto prompt = login.begin(now);
  if (!prompt) return check_error(prompt.error());
  check_prompt(*prompt);
  for (std::size_t i = 0; i < 2 * kParts; ++i) {
    const auto step = login.next(now);
    if (!step) return check_error(step.error());
    if (step->done()) {
      require(step->id_token.size() <= client::kIdTokenBytesMax, "a token is bounded");
      return;
    }
    require(step->wait.count() > 0, "nobody asks without a pause");
    now += step->wait;
  }
}

}  // namespace titan::fuzz

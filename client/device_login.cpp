#include "client/device_login.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.hpp"
#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace titan::client {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr std::string_view kGrant = "urn:ietf:params:oauth:grant-type:device_code";
constexpr std::size_t kVerifierWords = 4;  // 32 random bytes (RFC 7636, section 4.1)

std::string form_field(std::string_view name, std::string_view value) {
  return "&" + std::string(name) + "=" + percent_encode(value);
}

std::string make_code_verifier(Random& random) {
  std::array<std::uint64_t, kVerifierWords> words{};
  for (auto& word : words) word = random.next();
  return base64url({reinterpret_cast<const char*>(words.data()), sizeof words});
}

std::string bytes_of(const Digest& digest) {
  const std::string hex = digest.hex();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// S256 of RFC 7636, section 4.2.
std::string challenge_of(std::string_view verifier) {
  return base64url(bytes_of(Digest::of(verifier)));
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

// What a provider wrote for people: bounded, and without what moves a terminal's cursor.
std::string shown(std::string_view text) {
  std::string clean = clip(text, kErrorTextBytesMax);
  std::ranges::replace_if(
      clean, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return clean;
}

std::string text_of(const json& object, std::string_view field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<json> object_of(const HttpResponse& response) {
  auto body = parse_json(response.body, kProviderAnswerBytesMax);
  if (body && body->is_object()) return body;
  return invalid("the provider answered " + std::to_string(response.status) +
                 " and no JSON object");
}

// The provider is busy or broken for now (RFC 6749 has no word for it).
bool is_passing(int status) {
  return status == 408 || status == 429 || status >= 500;
}

Error passing_fault(int status) {
  return unavailable("the identity provider answered " + std::to_string(status));
}

// An error of RFC 6749, section 5.2, that only a person can mend.
Error refusal_of(const json& body, int status) {
  const std::string error = text_of(body, "error");
  if (error.empty()) {
    return invalid("the provider answered " + std::to_string(status) + " and no error code");
  }
  std::string message = "the identity provider refused the login: " + shown(error);
  const std::string description = text_of(body, "error_description");
  if (!description.empty()) message += " (" + shown(description) + ")";
  return denied(message);
}

// A whole number of seconds; `fallback` when the field is absent.
Result<seconds> seconds_of(const json& body, const std::string& field,
                           std::optional<seconds> fallback) {
  const auto found = body.find(field);
  if (found == body.end() && fallback) return *fallback;
  // Within an int whatever it is: the callers bound it further.
  const bool fits = found != body.end() && found->is_number_unsigned() &&
                    found->get<std::uint64_t>() <= 1'000'000'000;
  if (!fits) return invalid_field(field, "the provider gave no whole number of seconds");
  return seconds(found->get<std::int64_t>());
}

Result<DeviceLogin::Prompt> read_prompt(const json& body) {
  DeviceLogin::Prompt prompt{
      .user_code = text_of(body, "user_code"),
      .verification_uri = text_of(body, "verification_uri"),
      .verification_uri_complete = text_of(body, "verification_uri_complete")};
  if (prompt.user_code.empty() || prompt.user_code.size() > kUserCodeBytesMax ||
      !is_printable(prompt.user_code)) {
    return invalid_field("user_code", "the provider gave no code that can be shown");
  }
  for (const std::string* uri : {&prompt.verification_uri, &prompt.verification_uri_complete}) {
    if (uri == &prompt.verification_uri_complete && uri->empty()) continue;
    const auto url = WebUrl::parse(*uri);
    if (!url) return invalid_field("verification_uri", url.error().message);
  }
  TITAN_ASSIGN(prompt.expires_in, seconds_of(body, "expires_in", std::nullopt));
  if (prompt.expires_in == seconds(0)) {
    return invalid_field("expires_in", "the provider's code has ended already");
  }
  prompt.expires_in = std::min(prompt.expires_in, kLoginTimeMax);
  return prompt;
}

}  // namespace

DeviceLogin::DeviceLogin(Options options, TransportFactory open, Random& random)
    : options_(std::move(options)), open_(std::move(open)), random_(random) {
  auto& scopes = options_.scopes;
  if (std::ranges::find(scopes, "openid") == scopes.end()) scopes.insert(scopes.begin(), "openid");
}

Result<HttpResponse> DeviceLogin::send(std::string_view url, HttpRequest request) {
  TITAN_ASSIGN(const WebUrl parsed, WebUrl::parse(url));
  auto& transport = transports_[parsed.origin];
  if (transport == nullptr) {
    TITAN_ASSIGN(transport, open_(parsed.origin));
  }
  request.target = parsed.target;
  request.headers["Accept"] = "application/json";
  return transport->send(request);
}

Result<HttpResponse> DeviceLogin::post(std::string_view url, const std::string& form) {
  HttpRequest request{.method = "POST", .body = form};
  request.headers["Content-Type"] = "application/x-www-form-urlencoded";
  return send(url, std::move(request));
}

Result<void> DeviceLogin::discover() {
  TITAN_ASSIGN(const std::string url, ProviderMetadata::url_of(options_.issuer));
  TITAN_ASSIGN(const HttpResponse response, send(url, HttpRequest{}));
  if (is_passing(response.status)) return passing_fault(response.status);
  if (response.status != 200) {
    return invalid("the identity provider answered " + std::to_string(response.status) + " at " +
                   url + "; is the issuer right?");
  }
  TITAN_ASSIGN(provider_, ProviderMetadata::parse(response.body, options_.issuer));
  if (provider_.device_authorization_endpoint.empty() || provider_.token_endpoint.empty()) {
    return invalid(
        "the identity provider offers no device authorization grant (RFC 8628): its metadata lack "
        "device_authorization_endpoint or token_endpoint");
  }
  return {};
}

Result<DeviceLogin::Prompt> DeviceLogin::authorize(Clock::Monotonic now) {
  std::string form = "client_id=" + percent_encode(options_.client_id) +
                     form_field("scope", join(options_.scopes, " "));
  code_verifier_.clear();
  if (provider_.takes_s256) {
    code_verifier_ = make_code_verifier(random_);
    form += form_field("code_challenge", challenge_of(code_verifier_)) +
            form_field("code_challenge_method", "S256");
  }
  TITAN_ASSIGN(const HttpResponse response, post(provider_.device_authorization_endpoint, form));
  if (is_passing(response.status)) return passing_fault(response.status);
  TITAN_ASSIGN(const json body, object_of(response));
  if (response.status != 200) return refusal_of(body, response.status);
  TITAN_ASSIGN(Prompt prompt, read_prompt(body));
  TITAN_ASSIGN(interval_, seconds_of(body, "interval", kLoginIntervalDefault));
  if (interval_ > kLoginIntervalMax) {
    return invalid_field("interval", "the provider wants " + std::to_string(interval_.count()) +
                                         " s between two questions; expected at most " +
                                         std::to_string(kLoginIntervalMax.count()));
  }
  interval_ = std::max(interval_, seconds(1));
  device_code_ = text_of(body, "device_code");
  if (device_code_.empty()) return invalid_field("device_code", "the provider gave none");
  ask_at_ = now + interval_;
  ends_at_ = now + prompt.expires_in;
  return prompt;
}

Result<DeviceLogin::Prompt> DeviceLogin::begin(Clock::Monotonic now) {
  auto found = discover();
  auto prompt = found ? authorize(now) : Result<Prompt>(found.error());
  if (!prompt && prompt.error().subject.empty()) prompt.error().subject = options_.issuer;
  return prompt;
}

DeviceLogin::Step DeviceLogin::wait_after(Clock::Monotonic now, std::string fault) {
  seconds wait = interval_;
  for (int i = 0; i < faults_ && wait < kLoginIntervalMax; ++i) wait *= 2;
  wait = std::max(interval_, std::min(wait, kLoginIntervalMax));
  ask_at_ = now + wait;
  return Step{.wait = wait, .fault = std::move(fault)};
}

Result<DeviceLogin::Step> DeviceLogin::step_after(Clock::Monotonic now,
                                                  const HttpResponse& response) {
  TITAN_ASSIGN(const json body, object_of(response));
  if (response.status == 200) {
    std::string token = text_of(body, "id_token");
    if (token.empty()) return invalid("the identity provider gave no ID token");
    if (token.size() > kIdTokenBytesMax) {
      return exhausted("the ID token is longer than " + std::to_string(kIdTokenBytesMax) +
                       " bytes");
    }
    return Step{.id_token = std::move(token)};
  }
  const std::string error = text_of(body, "error");
  if (error == "authorization_pending") return wait_after(now, "");
  if (error == "slow_down") {
    interval_ += kLoginSlowDown;
    return wait_after(now, "");
  }
  if (error == "expired_token") {
    return expired("nobody logged in before the code ended; begin anew");
  }
  if (error == "access_denied") return denied("the login was refused at the identity provider");
  return refusal_of(body, response.status);
}

Result<DeviceLogin::Step> DeviceLogin::next(Clock::Monotonic now) {
  TITAN_ASSERT(!device_code_.empty());
  if (now >= ends_at_) {
    device_code_.clear();
    return expired("nobody logged in before the code ended; begin anew");
  }
  if (now < ask_at_) return Step{.wait = std::chrono::ceil<seconds>(ask_at_ - now)};
  std::string form = "grant_type=" + percent_encode(kGrant) +
                     form_field("device_code", device_code_) +
                     form_field("client_id", options_.client_id);
  if (!code_verifier_.empty()) form += form_field("code_verifier", code_verifier_);
  const auto response = post(provider_.token_endpoint, form);
  const bool passing = response ? is_passing(response->status) : response.error().retryable();
  if (passing) {
    ++faults_;
    return wait_after(now,
                      response ? passing_fault(response->status).text() : response.error().text());
  }
  faults_ = 0;
  auto step = response ? step_after(now, *response) : Result<Step>(response.error());
  if (!step || step->done()) device_code_.clear();
  if (!step && step.error().subject.empty()) step.error().subject = options_.issuer;
  return step;
}

}  // namespace titan::client

#include "server-lite/request.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/duration.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end || text.empty()) return std::nullopt;
  return number;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
      return 422;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::denied:
      return 403;
    case ErrorCode::exhausted:  // of the disk: what a request is too large for is found earlier
    case ErrorCode::unavailable:
      return 503;
    case ErrorCode::expired:
      return 410;
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

Response wait_response(const std::string& why, std::chrono::seconds wait,
                       const std::string& request_id) {
  const std::string seconds = std::to_string(wait.count());
  Response response =
      error_response(429, unavailable(why + "; try again in " + seconds + " seconds"), request_id);
  response.headers["Retry-After"] = seconds;
  return response;
}

}  // namespace

Result<bool> Request::flag(const std::string& name, bool absent) const {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return absent;
  if (found->second == "false") return false;
  if (found->second == "true") return true;
  return invalid_field(name, "expected true or false, found " + quote(found->second));
}

Result<void> Request::read_flags(std::initializer_list<FlagPlace> flags) const {
  for (const auto& [name, place] : flags) {
    TITAN_ASSIGN(*place, flag(name));
  }
  return {};
}

Result<std::chrono::seconds> Request::wait() const {
  const auto found = parameters.find("wait");
  if (found == parameters.end()) return std::chrono::seconds(0);
  const auto wait = parse_duration(found->second);
  if (!wait) return invalid_field("wait", wait.error().message);
  if (*wait <= kWaitMax) return *wait;
  return invalid_field(
      "wait", "expected at most " + duration_text(kWaitMax) + ", found " + quote(found->second));
}

Result<std::size_t> Request::limit() const {
  const auto found = parameters.find("limit");
  if (found == parameters.end()) return kPageItemsDefault;
  const auto number = parse_number(found->second);
  if (number && *number >= 1 && *number <= kPageItemsMax) return std::size_t(*number);
  return invalid_field("limit", "expected a number from 1 to " + std::to_string(kPageItemsMax) +
                                    ", found " + quote(found->second));
}

Result<std::optional<std::uint64_t>> Request::if_match() const {
  const auto found = http.headers.find("If-Match");
  if (found == http.headers.end()) return std::optional<std::uint64_t>();
  std::string_view text = trim(found->second);
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    if (const auto revision = parse_number(text.substr(1, text.size() - 2))) {
      return std::optional(*revision);
    }
  }
  return invalid_field("If-Match",
                       "expected a revision in double quotes, found " + quote(found->second));
}

Result<nlohmann::json> Request::json() const {
  auto parsed = parse_json(http.body);
  if (parsed) return *std::move(parsed);
  Error error = parsed.error();
  error.field = "body";
  return error;
}

Response json_response(int status, const nlohmann::json& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = canonical_json(body) + "\n"};
}

Response without_line_end(Response response) {
  if (response.body.ends_with('\n')) response.body.pop_back();
  return response;
}

Response json_text_response(std::string body) {
  return {
      .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

Response error_response(int status, const Error& error, const std::string& request_id) {
  return json_response(status, {{"error",
                                 {{"code", name_of(error.code)},
                                  {"message", error.message},
                                  {"field", error.field},
                                  {"subject", error.subject},
                                  {"requestId", request_id}}}});
}

Response error_response(const Error& error, const std::string& request_id) {
  return error_response(status_of(error.code), error, request_id);
}

Response refused_response(const Identity& who, Access access, std::string_view workspace,
                          const std::string& request_id) {
  const Error error = refusal_of(who, access, workspace);
  if (who.is_known()) return error_response(error, request_id);
  Response response = error_response(401, error, request_id);
  response.headers["WWW-Authenticate"] = "Bearer";
  return response;
}

Response too_many_response(std::chrono::seconds wait, const std::string& request_id) {
  return wait_response("too many attempts from your address have failed", wait, request_id);
}

Response too_often_response(std::chrono::seconds wait, const std::string& request_id) {
  return wait_response("you ask more often than one token or device may", wait, request_id);
}

Response unreadable(const Error& error, const std::string& request_id) {
  return error_response(error.code == ErrorCode::exhausted ? 413 : 400, error, request_id);
}

}  // namespace titan::server_lite

#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/result.hpp"
#include "server-lite/front_door/handler.hpp"
#include "server-lite/identity/identity.hpp"
#include "server-lite/identity/permissions.hpp"

namespace titan::server_lite {

// One request as a handler sees it: routed, its path and query taken apart and decoded.
struct Request {
  const HttpRequest& http;
  Clock::Monotonic began{};
  std::string id;                  // stands in the answer, errors and the log
  HttpParameters path = {};        // the {name} parts of the route
  HttpParameters parameters = {};  // of the query; only those the route knows
  // The address that it came from; empty when it was over no network.
  std::string_view peer = {};
  // Who asks; never null in a handler, and allowed what its route says.
  std::shared_ptr<const Identity> who = {};

  // A parameter that is "true" or "false"; `absent` when it is not there. invalid otherwise.
  [[nodiscard]] Result<bool> flag(const std::string& name, bool absent = false) const;
  // Several flags, false when absent, into their places.
  using FlagPlace = std::pair<const char*, bool*>;
  [[nodiscard]] Result<void> read_flags(std::initializer_list<FlagPlace> flags) const;
  // `wait`: a duration up to kWaitMax, such as "30s"; none when absent. invalid otherwise.
  [[nodiscard]] Result<std::chrono::seconds> wait() const;
  // `limit`: 1 to kPageItemsMax, kPageItemsDefault when absent.
  [[nodiscard]] Result<std::size_t> limit() const;
  // The revision in If-Match, if there is one. invalid unless it is a number in double quotes.
  [[nodiscard]] Result<std::optional<std::uint64_t>> if_match() const;
  // The body as JSON. invalid when it is not.
  [[nodiscard]] Result<nlohmann::json> json() const;
};

using Response = HttpResponse;
using front_door::Reply;

// Answers of the API.
Response json_response(int status, const nlohmann::json& body);
// The answer without the line end after its JSON: what is signed or MACed has none, so that a proxy
// that reads JSON and writes it again leaves such an answer as it was.
Response without_line_end(Response response);
// 200 with JSON that is text already.
Response json_text_response(std::string body);
// The error body of docs/spec/http-api.md, with `status`.
Response error_response(int status, const Error& error, const std::string& request_id);
// What the request says is wrong (422), or whatever else the error's code means.
Response error_response(const Error& error, const std::string& request_id);
// `who` asked for what it may not have, see permissions.hpp: 401, 403 or 404.
Response refused_response(const Identity& who, Access access, std::string_view workspace,
                          const std::string& request_id);
// The address has to wait, since too many attempts from it have failed: 429, with Retry-After.
Response too_many_response(std::chrono::seconds wait, const std::string& request_id);
// Who asks does so more often than one may: 429, with Retry-After.
Response too_often_response(std::chrono::seconds wait, const std::string& request_id);
// The request cannot be read: 400, or 413 when it is too large.
Response unreadable(const Error& error, const std::string& request_id);

}  // namespace titan::server_lite

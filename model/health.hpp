#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace titan::model {

// One question that a host asks of what it has just applied. The texts may hold placeholders, which
// are filled like those of the template's files, but without escaping. Which texts count depends on
// `kind`; the others are empty.
struct HealthCheck {
  enum class Kind : std::uint8_t {
    exec,     // a program ends with 0
    http,     // a GET is answered with `status`
    tcp,      // something accepts a connection
    systemd,  // a unit is active
  };
  Kind kind = Kind::exec;
  std::vector<std::string> command = {};  // exec: its arguments, the first is the program
  std::string url = {};                   // http: http:// or https://
  std::uint32_t status = 0;               // http: the status wanted; 0: any from 200 to 299
  std::string address = {};               // tcp: "HOST:PORT"
  std::string unit = {};                  // systemd: "mosquitto.service"
  bool operator==(const HealthCheck&) const = default;
};

// When what was applied is kept, and when the host goes back to what it had. All checks are asked
// every `interval`. Until `start_period` has passed, a check that fails only begins `window` anew;
// after it, the first that fails ends it: not healthy. Once all have held for `window` without a
// break: healthy.
struct Health {
  std::vector<HealthCheck> checks = {};  // none: healthy at once
  std::chrono::seconds start_period{30};
  std::chrono::seconds interval{5};
  std::chrono::seconds timeout{5};  // of one check
  std::chrono::seconds window{10};
  bool operator==(const Health&) const = default;
};

// {checks: [{exec: [text]} or {http: {url, status}} or {tcp: {address}} or {systemd: {unit}}],
//  startPeriod, interval, timeout, window}, the times as durations ("0s": none); what is as by
// default is left out.
nlohmann::json json_of(const Health& health);
// invalid, naming the field below `path` ("spec.health"): an unknown or missing field, a check of
// no kind or of two, times without checks, a time beyond its limit in model/limits.hpp. Only
// `startPeriod` and `window` may be none.
// Texts that hold no placeholder are checked as by check_texts().
Result<Health> parse_health(const nlohmann::json& json, const std::string& path);

// Each text of the checks, by where it stands: "health.checks[2].http.url". Ends with the first
// error of `visit`.
using VisitHealthText = std::function<Result<void>(const std::string& place, std::string& text)>;
Result<void> for_each_text(Health& health, const VisitHealthText& visit);
// Of texts whose placeholders are filled. invalid, naming the place: longer than
// kHealthTextBytesMax, with a NUL, an empty program, no URL, no address, no unit's name.
Result<void> check_texts(const Health& health);

}  // namespace titan::model

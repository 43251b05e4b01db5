#include "model/health.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using Kind = HealthCheck::Kind;

constexpr std::uint32_t kPortMax = 65535;
constexpr std::uint64_t kStatusMin = 100;
constexpr std::uint64_t kStatusMax = 599;

// ---- what a text may be ------------------------------------------------------------------------

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_url(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    return !rest.empty() && rest.front() != '/' && is_visible_ascii(rest);
  }
  return false;
}

bool is_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_visible_ascii(text)) return false;
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (host.empty() || (!is_bracketed && host.find_first_of(":[]/") != std::string_view::npos)) {
    return false;
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number >= 1 &&
         number <= kPortMax;
}

// As systemd.unit(5) names them, without what looks like a flag to systemctl.
bool is_unit(std::string_view text) {
  constexpr std::size_t kUnitBytesMax = 255;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(":-_.\\@").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kUnitBytesMax && text.front() != '-' &&
         std::ranges::all_of(text, fits);
}

bool is_program(std::string_view text) {
  return !text.empty();
}

// What a text may be; without `fits`: anything.
struct Rule {
  bool (*fits)(std::string_view) = nullptr;
  const char* expected = "";
};
constexpr Rule kProgram{&is_program, "expected a program"};
constexpr Rule kUrl{&is_url, "expected a URL of http:// or https://"};
constexpr Rule kAddress{&is_address, "expected HOST:PORT"};
constexpr Rule kUnit{&is_unit, "expected the name of a unit"};

// Calls `visit(place, text, rule)` for each text of the check that counts, until an error; `place`
// is below the check: "http.url".
template <class Check, class Visit>
Result<void> for_each_text_of(Check& check, const Visit& visit) {
  switch (check.kind) {
    case Kind::exec:
      for (std::size_t i = 0; i < check.command.size(); ++i) {
        const std::string place = "exec[" + std::to_string(i) + "]";
        TITAN_TRY(visit(place, check.command[i], i == 0 ? kProgram : Rule()));
      }
      return {};
    case Kind::http:
      return visit("http.url", check.url, kUrl);
    case Kind::tcp:
      return visit("tcp.address", check.address, kAddress);
    case Kind::systemd:
      break;
  }
  return visit("systemd.unit", check.unit, kUnit);
}

Result<void> check_text(const std::string& place, const std::string& text, const Rule& rule) {
  if (text.size() > kHealthTextBytesMax) {
    return invalid_field(place, "is " + std::to_string(text.size()) + " bytes long, the limit is " +
                                    std::to_string(kHealthTextBytesMax));
  }
  if (text.find('\0') != std::string::npos) return invalid_field(place, "holds a NUL character");
  if (rule.fits == nullptr || rule.fits(text)) return {};
  return invalid_field(place, std::string(rule.expected) + ", found " + quote(text));
}

bool holds_placeholder(std::string_view text) {
  return text.find("{{") != std::string_view::npos;
}

// ---- JSON --------------------------------------------------------------------------------------

std::string path_of_check(const std::string& path, std::size_t index) {
  return path + ".checks[" + std::to_string(index) + "]";
}

json json_of(const HealthCheck& check) {
  switch (check.kind) {
    case Kind::exec:
      return {{"exec", check.command}};
    case Kind::http: {
      json http = {{"url", check.url}};
      if (check.status != 0) http["status"] = check.status;
      return {{"http", std::move(http)}};
    }
    case Kind::tcp:
      return {{"tcp", {{"address", check.address}}}};
    case Kind::systemd:
      break;
  }
  return {{"systemd", {{"unit", check.unit}}}};
}

// Reads the object in a field of a check, if there is one.
template <class Read>
void read_part(FieldReader& reader, const char* field, const Read& read) {
  const json* object = reader.object(field);
  if (object == nullptr) return;
  FieldReader part(*object, reader.path_of(field));
  read(part);
  if (const auto finished = part.finish(); !finished) reader.refuse(finished.error());
}

Result<HealthCheck> parse_check(const json& object, const std::string& path) {
  FieldReader reader(object, path);
  HealthCheck check;
  std::size_t kinds = 0;
  const std::pair<const char*, Kind> fields[] = {
      {"exec", Kind::exec}, {"http", Kind::http}, {"tcp", Kind::tcp}, {"systemd", Kind::systemd}};
  for (const auto& [field, kind] : fields) {
    if (!reader.has(field)) continue;
    ++kinds;
    check.kind = kind;
  }
  check.command = reader.texts("exec", kHealthArgumentsMax);
  if (reader.has("exec") && check.command.empty()) {
    reader.refuse("exec", "expected a program and its arguments");
  }
  read_part(reader, "http", [&](FieldReader& part) {
    check.url = part.required_text("url");
    const auto status = part.optional_number("status");
    if (!status) return;
    if (*status < kStatusMin || *status > kStatusMax) {
      part.refuse("status", "expected a number from 100 to 599, found " + std::to_string(*status));
      return;
    }
    check.status = static_cast<std::uint32_t>(*status);
  });
  read_part(reader, "tcp",
            [&](FieldReader& part) { check.address = part.required_text("address"); });
  read_part(reader, "systemd", [&](FieldReader& part) { check.unit = part.required_text("unit"); });
  TITAN_TRY(reader.finish());
  if (kinds == 1) return check;
  return invalid_field(path, "expected one of exec, http, tcp and systemd, found " +
                                 std::string(kinds == 0 ? "none" : "several"));
}

// "0s", too, when nothing is a time that makes sense.
seconds read_time(FieldReader& reader, const char* field, seconds fallback, bool may_be_none) {
  if (!reader.has(field)) return fallback;
  const std::string text = reader.text(field);
  if (may_be_none && text == "0s") return seconds(0);
  const auto time = parse_duration(text);
  if (!time) {
    reader.refuse(field, time.error().message);
    return fallback;
  }
  if (*time > kHealthTimeMax) {
    reader.refuse(field,
                  "is " + duration_text(*time) + ", the limit is " + duration_text(kHealthTimeMax));
  }
  return *time;
}

}  // namespace

json json_of(const Health& health) {
  const Health unset;
  json object = json::object();
  for (const HealthCheck& check : health.checks) object["checks"].push_back(json_of(check));
  const auto put = [&](const char* field, seconds Health::*time) {
    if (health.*time != unset.*time) object[field] = duration_text(health.*time);
  };
  put("startPeriod", &Health::start_period);
  put("interval", &Health::interval);
  put("timeout", &Health::timeout);
  put("window", &Health::window);
  return object;
}

Result<Health> parse_health(const json& object, const std::string& path) {
  FieldReader reader(object, path);
  Health health;
  if (const json* checks = reader.array("checks", kHealthChecksMax); checks != nullptr) {
    for (const json& item : *checks) {
      const std::string place = path_of_check(path, health.checks.size());
      TITAN_ASSIGN(HealthCheck check, parse_check(item, place));
      TITAN_TRY(for_each_text_of(
          check,
          [&](const std::string& part, const std::string& text, const Rule& rule) -> Result<void> {
            if (holds_placeholder(text)) return {};
            return check_text(place + "." + part, text, rule);
          }));
      health.checks.push_back(std::move(check));
    }
  }
  health.start_period = read_time(reader, "startPeriod", health.start_period, true);
  health.interval = read_time(reader, "interval", health.interval, false);
  health.timeout = read_time(reader, "timeout", health.timeout, false);
  health.window = read_time(reader, "window", health.window, true);
  if (health.checks.empty() && health != Health()) {
    reader.refuse("checks", "must be given with the times");
  }
  TITAN_TRY(reader.finish());
  return health;
}

Result<void> for_each_text(Health& health, const VisitHealthText& visit) {
  for (std::size_t i = 0; i < health.checks.size(); ++i) {
    const std::string path = path_of_check("health", i) + ".";
    TITAN_TRY(
        for_each_text_of(health.checks[i], [&](const std::string& part, std::string& text,
                                               const Rule&) { return visit(path + part, text); }));
  }
  return {};
}

Result<void> check_texts(const Health& health) {
  for (std::size_t i = 0; i < health.checks.size(); ++i) {
    const std::string path = path_of_check("health", i) + ".";
    TITAN_TRY(for_each_text_of(
        health.checks[i], [&](const std::string& part, const std::string& text, const Rule& rule) {
          return check_text(path + part, text, rule);
        }));
  }
  return {};
}

}  // namespace titan::model

#include "server-lite/front_door/response_text.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/text.hpp"
#include "server-lite/front_door/limits.hpp"

namespace titan::front_door {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

void append_header(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ");
  const auto is_safe = [](char c) { return (c >= ' ' && c != '\x7f') || c == '\t'; };
  // Looks at every letter, which a compiler makes quicker than to stop at the first bad one.
  bool all_are_safe = true;
  for (const char c : value) all_are_safe = all_are_safe & is_safe(c);
  if (all_are_safe) {
    text.append(value);
  } else {
    std::ranges::copy_if(value, std::back_inserter(text), is_safe);
  }
  text.append("\r\n");
}

bool has_no_body(int status) {
  return status == 204 || status == 304 || status < 200;
}

// Whether gzip may be sent: the header names it, or everything, and not with a weight of zero.
bool accepts_gzip(const HttpRequest& request) {
  const auto header = request.headers.find("Accept-Encoding");
  if (header == request.headers.end()) return false;
  for (const std::string& part : split(header->second, ',')) {
    const std::string coding = part.substr(0, part.find(';'));
    const auto first = coding.find_first_not_of(" \t");
    const auto last = coding.find_last_not_of(" \t");
    if (first == std::string::npos) continue;
    const std::string_view name = std::string_view(coding).substr(first, last - first + 1);
    if (name != "gzip" && name != "*") continue;
    const auto weight = part.find("q=0");
    const bool refused = weight != std::string::npos &&
                         part.find_first_not_of("0. \t", weight + 2) == std::string::npos;
    return !refused;
  }
  return false;
}

bool is_compressible(const HttpResponse& response) {
  const std::string type = response.header("Content-Type");
  return type.starts_with("application/json") || type.starts_with("text/") ||
         type.starts_with("application/yaml");
}

}  // namespace

void append_response(std::string& text, const HttpResponse& response, const ResponseForm& form) {
  const bool bodiless = has_no_body(response.status);
  const bool with_body = !bodiless && !form.to_head;
  text.reserve(text.size() + 256 + (with_body ? response.body.size() : 0));
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason_of(response.status)).append("\r\n");
  if (!form.date.empty()) append_header(text, "Date", form.date);
  for (const auto& [name, value] : response.headers) append_header(text, name, value);
  if (!bodiless) {
    const std::size_t bytes = response.body.size() + form.body_bytes_apart;
    append_header(text, "Content-Length", std::to_string(bytes));
  }
  if (!form.keeps_alive) append_header(text, "Connection", "close");
  text.append("\r\n");
  if (with_body) text.append(response.body);
}

std::string http_date(std::int64_t unix_seconds) {
  using namespace std::chrono;
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds moment{seconds(unix_seconds)};
  const auto midnight = floor<days>(moment);
  const year_month_day date{midnight};
  const hh_mm_ss<seconds> time{moment - midnight};
  std::array<char, 64> buffer{};
  const int length = std::snprintf(
      buffer.data(), buffer.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays[weekday(midnight).c_encoding()], unsigned(date.day()),
      kMonths[unsigned(date.month()) - 1], int(date.year()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return {buffer.data(), static_cast<std::size_t>(length)};
}

void compress(const HttpRequest& request, HttpResponse& response) {
  if (response.body.size() < kCompressBytesMin || has_no_body(response.status) ||
      response.headers.contains("Content-Encoding") || !is_compressible(response)) {
    return;
  }
  response.headers["Vary"] = "Accept-Encoding";
  if (!accepts_gzip(request)) return;
  constexpr int kGzipWindow = 15 + 16;
  constexpr int kQuickLevel = 1;
  z_stream stream{};
  if (deflateInit2(&stream, kQuickLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return;
  }
  std::string packed(deflateBound(&stream, response.body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(response.body.data());
  stream.avail_in = static_cast<uInt>(response.body.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int done = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END || packed.size() >= response.body.size()) return;
  response.body = std::move(packed);
  response.headers["Content-Encoding"] = "gzip";
}

}  // namespace titan::front_door

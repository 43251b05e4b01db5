#include "tests/server-lite/front_door/naive_head.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <vector>

namespace titan::front_door {
namespace {

using Lines = std::vector<std::string>;
// In lower case, in the order of the lines.
using Fields = std::vector<std::pair<std::string, std::string>>;

std::string in_lower_case(std::string text) {
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  }
  return text;
}

std::string without_blanks_around(const std::string& text) {
  static const std::regex kBlanks("^[ \t]+|[ \t]+$");
  return std::regex_replace(text, kBlanks, "");
}

Lines lines_of(std::string text) {
  Lines lines;
  for (std::size_t end = text.find("\r\n"); end != std::string::npos; end = text.find("\r\n")) {
    lines.push_back(text.substr(0, end));
    text = text.substr(end + 2);
  }
  return lines;
}

bool is_request_line(const std::string& line, RequestHead& head, std::string& version) {
  static const std::regex kLine(
      "(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) "
      "(/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%(?!00)[0-9A-Fa-f][0-9A-Fa-f])*) HTTP/1\\.([01])");
  std::smatch match;
  if (!std::regex_match(line, match, kLine)) return false;
  head.method = match[1];
  head.target = match[2];
  version = match[3];
  return true;
}

std::optional<Fields> fields_of(const Lines& lines, RequestHead& head) {
  static const std::regex kLine("([A-Za-z0-9!#$&'*+.^_`|~-]+):([\t -~]*)");
  Fields fields;
  for (const std::string& line : lines) {
    std::smatch match;
    if (!std::regex_match(line, match, kLine)) return std::nullopt;
    const std::string value = without_blanks_around(match[2]);
    const auto [place, is_new] = head.headers.emplace(match[1].str(), value);
    if (!is_new) place->second += ", " + value;
    fields.emplace_back(in_lower_case(match[1]), value);
  }
  return fields;
}

bool names_are_once(const Fields& fields) {
  static const std::set<std::string> kOnce = {"host",
                                              "content-length",
                                              "content-encoding",
                                              "expect",
                                              "authorization",
                                              "content-type",
                                              "content-location",
                                              "content-range",
                                              "cookie",
                                              "date",
                                              "from",
                                              "if-modified-since",
                                              "if-range",
                                              "max-forwards",
                                              "if-unmodified-since",
                                              "origin",
                                              "range",
                                              "referer",
                                              "proxy-authorization",
                                              "user-agent"};
  std::set<std::string> seen;
  return std::all_of(fields.begin(), fields.end(), [&](const auto& field) {
    return !kOnce.contains(field.first) || seen.insert(field.first).second;
  });
}

std::optional<std::string> value_of(const Fields& fields, const std::string& name) {
  for (const auto& [known, value] : fields) {
    if (known == name) return value;
  }
  return std::nullopt;
}

// How many groups of an IPv6 address these are; more than there may be when one is bad.
std::size_t groups_of(const std::string& text) {
  static const std::regex kGroup("[0-9a-fA-F]{1,4}");
  if (text.empty()) return 0;
  std::size_t groups = 0;
  std::istringstream parts(text + ":");
  for (std::string part; std::getline(parts, part, ':'); ++groups) {
    if (!std::regex_match(part, kGroup)) return 99;
  }
  return groups;
}

bool is_ip6_address(const std::string& text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string::npos) return groups_of(text) == 8;
  return groups_of(text.substr(0, gap)) + groups_of(text.substr(gap + 2)) <= 7;
}

// Without IPv6 addresses that end as IPv4 addresses, which the tests do not make.
bool is_good_host(const std::string& value) {
  static const std::regex kName("[A-Za-z0-9_][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*\\.?");
  static const std::regex kIp6("\\[(.*)\\]");
  static const std::regex kPort("(.*):([0-9]{1,5})");
  std::smatch match;
  std::string host = value;
  if (std::regex_match(value, match, kPort) && (value.front() != '[' || value.back() != ']')) {
    if (std::stoi(match[2]) > 65535) return false;
    host = match[1];
  }
  if (std::regex_match(host, match, kIp6)) return is_ip6_address(match[1]);
  return std::regex_match(host, kName);
}

bool is_good_length(const std::string& value, RequestHead& head) {
  static const std::regex kLength("[0-9]{1,19}");
  if (!std::regex_match(value, kLength)) return false;
  head.body_bytes = std::stoull(value);
  return head.body_bytes <= 8388608;
}

// nullopt when it is no list of words.
std::optional<std::set<std::string>> connection_options(const Fields& fields) {
  static const std::regex kWord("[A-Za-z0-9!#$%&'*+.^_`|~-]*");
  std::set<std::string> options;
  for (const auto& [name, value] : fields) {
    if (name != "connection") continue;
    std::string word;
    for (const char letter : value + ",") {
      if (letter != ',') {
        word += letter;
        continue;
      }
      word = without_blanks_around(word);
      if (!std::regex_match(word, kWord)) return std::nullopt;
      options.insert(in_lower_case(word));
      word.clear();
    }
  }
  return options;
}

bool meaning_is_good(const Fields& fields, bool is_old, RequestHead& head) {
  const auto host = value_of(fields, "host");
  if (host ? !is_good_host(*host) : !is_old) return false;
  const auto length = value_of(fields, "content-length");
  if (length && !is_good_length(*length, head)) return false;
  if (value_of(fields, "transfer-encoding")) return false;
  if (in_lower_case(value_of(fields, "content-encoding").value_or("identity")) != "identity") {
    return false;
  }
  const auto expectation = value_of(fields, "expect");
  if (expectation && !is_old) {
    if (in_lower_case(*expectation) != "100-continue") return false;
    head.expects_continue = head.body_bytes != 0;
  }
  const auto options = connection_options(fields);
  if (!options) return false;
  head.keeps_alive = !options->contains("close") && (!is_old || options->contains("keep-alive"));
  return true;
}

}  // namespace

std::optional<HeadRead> naive_head(std::string text) {
  const std::size_t skipped = text.starts_with("\r\n") ? 2 : 0;
  text = text.substr(skipped);
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  HeadRead read{.bytes = skipped + end + 4};
  Lines lines = lines_of(text.substr(0, end + 2));
  std::string version;
  if (!is_request_line(lines.front(), read.head, version)) return std::nullopt;
  lines.erase(lines.begin());
  const auto fields = fields_of(lines, read.head);
  if (!fields || !names_are_once(*fields)) return std::nullopt;
  if (!meaning_is_good(*fields, version == "0", read.head)) return std::nullopt;
  return read;
}

}  // namespace titan::front_door

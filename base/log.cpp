#include "base/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>

namespace titan {
namespace {

using nlohmann::json;

constexpr std::size_t kClockStart = 11;  // "12:00:00" in "2026-03-01T12:00:00.000000Z"
constexpr std::size_t kClockLength = 8;
constexpr std::size_t kLineBytes = 400;  // most are shorter

std::string_view json_name(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return "debug";
    case Log::Level::info:
      return "info";
    case Log::Level::warning:
      return "warning";
    case Log::Level::error:
      return "error";
  }
  return "error";
}

// Five letters each, so that the messages stand in one column.
std::string_view human_name(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return "debug";
    case Log::Level::info:
      return "info ";
    case Log::Level::warning:
      return "warn ";
    case Log::Level::error:
      return "error";
  }
  return "error";
}

// JSON leaves DEL and the C1 controls (U+0080 to U+009F) as they are, but a terminal obeys them.
std::string escape_terminal_controls(const std::string& json_text) {
  std::string escaped;
  escaped.reserve(json_text.size());
  const auto add = [&](unsigned code) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "\\u%04x", code & 0xffffU);
    escaped += text.data();
  };
  for (std::size_t i = 0; i < json_text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json_text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < json_text.size() ? json_text[i + 1] : 0);
    if (byte == 0x7f) {
      add(byte);
    } else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      add(next);
      ++i;
    } else {
      escaped += json_text[i];
    }
  }
  return escaped;
}

std::string dump(const json& value) {
  return escape_terminal_controls(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

// Most texts need no escaping.
void append_json(std::string& line, std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    line.append(1, '"').append(text).append(1, '"');
  } else {
    line += dump(text);
  }
}

// The text as it is where that is clear, else quoted and escaped as in JSON.
std::string human_value(std::string_view text) {
  const std::string in_quotes = dump(text);
  const bool plain = !text.empty() && text.find_first_of(" =") == std::string::npos &&
                     in_quotes.size() == text.size() + 2;
  return plain ? std::string(text) : in_quotes;
}

std::string human_line(Timestamp time, Log::Level level, std::string_view message,
                       Log::Fields fields) {
  const std::string quoted_message = dump(message);
  std::string line = time.text().substr(kClockStart, kClockLength) + " ";
  line += human_name(level);
  line += " " + quoted_message.substr(1, quoted_message.size() - 2);
  for (const LogField& field : fields) {
    line += " " + human_value(field.name()) + "=" +
            (field.is_text() ? human_value(field.text()) : std::string(field.text()));
  }
  return line;
}

// Whether an earlier member of the record has the name of this field.
bool is_taken(const LogField& field, Log::Fields fields) {
  const std::string_view name = field.name();
  if (name == "time" || name == "level" || name == "message") return true;
  return std::any_of(fields.begin(), &field,
                     [name](const LogField& earlier) { return earlier.name() == name; });
}

std::string json_line(Timestamp time, Log::Level level, std::string_view message,
                      Log::Fields fields) {
  std::string line;
  line.reserve(kLineBytes);
  const auto append = [&line](char before, std::string_view name, std::string_view text) {
    line += before;
    append_json(line, name);
    line += ':';
    append_json(line, text);
  };
  append('{', "time", time.text());
  append(',', "level", json_name(level));
  append(',', "message", message);
  for (const LogField& field : fields) {
    if (is_taken(field, fields)) continue;
    if (field.is_text()) {
      append(',', field.name(), field.text());
      continue;
    }
    line += ',';
    append_json(line, field.name());
    // Numbers and bools are JSON already.
    line.append(1, ':').append(field.text());
  }
  return line + "}";
}

}  // namespace

Log::Log(std::ostream& out, const Clock& clock, Format format, Level least)
    : out_(out), clock_(clock), format_(format), least_(least) {}

void Log::write(Level level, std::string_view message, Fields fields) {
  if (!takes(level)) return;
  const auto format_line = format_ == Format::json ? json_line : human_line;
  const std::string line = format_line(clock_.wall(), level, message, fields) + "\n";
  const std::lock_guard guard(mutex_);
  out_ << line << std::flush;
}

Log::Format log_format_for(int fd) {
  return ::isatty(fd) == 1 ? Log::Format::human : Log::Format::json;
}

}  // namespace titan

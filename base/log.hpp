#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace titan {

// One named value of a log record. Numbers and bools stay such in JSON. Borrows its texts.
class LogField {
 public:
  LogField(std::string_view name, std::string_view text) : name_(name), text_(text) {}
  LogField(std::string_view name, const char* text) : LogField(name, std::string_view(text)) {}
  LogField(std::string_view name, const std::string& text)
      : LogField(name, std::string_view(text)) {}
  LogField(std::string_view name, bool value)
      : name_(name), text_(value ? "true" : "false"), is_text_(false) {}
  template <std::integral Number>
  LogField(std::string_view name, Number number) : name_(name), is_text_(false) {
    const auto [end, error] =
        std::to_chars(digits_.data(), digits_.data() + digits_.size(), number);
    digit_count_ = static_cast<std::size_t>(end - digits_.data());
  }

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view text() const {
    return digit_count_ > 0 ? std::string_view(digits_.data(), digit_count_) : text_;
  }
  [[nodiscard]] bool is_text() const { return is_text_; }

 private:
  std::string_view name_;
  std::string_view text_ = {};
  std::array<char, 20> digits_ = {};  // of a number: what 64 bits hold, and a sign
  std::size_t digit_count_ = 0;
  bool is_text_ = true;
};

// A log of records: a level, a fixed message, and fields. For people it reads
//   12:00:00 info  applied deployment=default/prod files=3
// and for machines {"time":"…","level":"info","message":"applied","deployment":"default/prod",…},
// one line each; control characters are escaped in both. Safe to share between threads.
// Secrets never belong in a field.
class Log {
 public:
  enum class Format { human, json };
  enum class Level { debug, info, warning, error };
  using Fields = std::initializer_list<LogField>;

  // Borrows `out` and `clock`.
  Log(std::ostream& out, const Clock& clock, Format format, Level least = Level::info);

  void debug(std::string_view message, Fields fields = {}) { write(Level::debug, message, fields); }
  void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
  void warning(std::string_view message, Fields fields = {}) {
    write(Level::warning, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) { write(Level::error, message, fields); }
  void write(Level level, std::string_view message, Fields fields);
  // Whether records of this level are written: to spare the making of fields where it counts.
  [[nodiscard]] bool takes(Level level) const { return level >= least_; }

 private:
  std::ostream& out_;  // guarded by mutex_
  const Clock& clock_;
  Format format_;
  Level least_;
  std::mutex mutex_;
};

// human when descriptor `fd` is a terminal, else json.
Log::Format log_format_for(int fd);

}  // namespace titan

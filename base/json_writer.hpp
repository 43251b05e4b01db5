#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace titan {

// Writes what canonical_json() would, without building the value first: for what is sent often.
// The caller gives the members of an object in the order of their names, and ends what it begins.
class JsonWriter {
 public:
  void begin_object() { begin('{'); }
  void end_object() { out_ += '}'; }
  void begin_array() { begin('['); }
  void end_array() { out_ += ']'; }
  // The next value is the member's.
  void name(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(std::uint64_t number);
  void value(bool truth);
  void value(const nlohmann::json& any);
  template <class Value>
  void member(std::string_view name, const Value& value) {
    this->name(name);
    this->value(value);
  }

  // All that was written.
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void separate();
  void begin(char bracket);
  void append_text(std::string_view text);

  std::string out_;
};

}  // namespace titan

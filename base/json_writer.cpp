#include "base/json_writer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace titan {

void JsonWriter::name(std::string_view name) {
  separate();
  append_text(name);
  out_ += ':';
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_text(text);
}

void JsonWriter::value(std::uint64_t number) {
  separate();
  out_ += std::to_string(number);
}

void JsonWriter::value(bool truth) {
  separate();
  out_ += truth ? "true" : "false";
}

void JsonWriter::value(const nlohmann::json& any) {
  separate();
  out_ += canonical_json(any);
}

// A text ends with its quote, so what ends otherwise was written here.
void JsonWriter::separate() {
  if (out_.empty()) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':') out_ += ',';
}

void JsonWriter::begin(char bracket) {
  separate();
  out_ += bracket;
}

// Most texts need no escaping.
void JsonWriter::append_text(std::string_view text) {
  const auto is_plain = [](unsigned char c) {
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
  };
  if (std::ranges::all_of(text, is_plain)) {
    out_.append(1, '"').append(text).append(1, '"');
  } else {
    out_ += canonical_json(text);
  }
}

}  // namespace titan

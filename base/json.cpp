#include "base/json.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace titan {
namespace {

using nlohmann::json;

// The library's own words without its "[json.exception…]" prefix.
std::string plain_words(std::string_view what) {
  if (const auto end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  if (what.size() > 300) what = what.substr(0, 300);
  return std::string(what);
}

// Builds the value from the events of the library's parser, which works without recursion. Printing
// and copying recurse, so the depth is bounded here, before a deep value exists.
class Builder final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& value) override { return put(std::move(value)); }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    const auto [member, is_new] = open_.back()->emplace(key, nullptr);
    if (!is_new) return stop(invalid("the key " + quote(key) + " stands twice in one object"));
    member_ = &*member;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception& failure) override {
    return stop(invalid("not valid JSON: " + plain_words(failure.what())));
  }

  Result<json> take() {
    if (error_) return *std::move(error_);
    return std::move(root_);
  }

 private:
  // The place of the next value in what is open.
  json& place() {
    if (open_.empty()) return root_;
    if (open_.back()->is_object()) return *member_;
    return open_.back()->emplace_back();
  }
  template <class Value>
  bool put(Value&& value) {
    place() = std::forward<Value>(value);
    return true;
  }
  bool open(json empty) {
    if (open_.size() >= kJsonDepthMax) {
      return stop(
          exhausted("the JSON is nested deeper than " + std::to_string(kJsonDepthMax) + " levels"));
    }
    json& opened = place();
    opened = std::move(empty);
    open_.push_back(&opened);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool stop(Error error) {
    error_ = std::move(error);
    return false;
  }

  json root_;
  // A value moves only when its own array grows, and none of that array's values is open then.
  std::vector<json*> open_;
  json* member_ = nullptr;  // of the last key
  std::optional<Error> error_;
};

}  // namespace

Result<json> parse_json(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return exhausted("the JSON is longer than " + std::to_string(bytes_max) + " bytes");
  }
  if (text.find('\0') != std::string_view::npos) {
    // The library would take it for the end of the text.
    return invalid("not valid JSON: a NUL byte at byte " + std::to_string(text.find('\0') + 1));
  }
  Builder builder;
  json::sax_parse(text, &builder);
  return builder.take();
}

std::string canonical_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pretty_json(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace titan

#include "base/json.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace titan {
namespace {

using nlohmann::json;

// Ends a parse at once; a callback's false would only leave the value out.
struct Stop {
  Error error;
};

// Watches the events of the parser for depth and repeated keys, while the library builds the
// value: nlohmann::json parses without recursion, but printing and copying recurse, so the depth
// has to be bounded here, before a deep value exists.
class Guard {
 public:
  bool operator()(int depth, json::parse_event_t event, const json& value) {
    switch (event) {
      case json::parse_event_t::object_start:
        check_depth(depth);
        keys_.emplace_back();
        break;
      case json::parse_event_t::array_start:
        check_depth(depth);
        break;
      case json::parse_event_t::key:
        check_unseen(value.get_ref<const std::string&>());
        break;
      case json::parse_event_t::object_end:
        keys_.pop_back();
        break;
      default:
        break;
    }
    return true;
  }

 private:
  static void check_depth(int depth) {
    if (depth < static_cast<int>(kJsonDepthMax)) return;
    throw Stop{
        exhausted("the JSON is nested deeper than " + std::to_string(kJsonDepthMax) + " levels")};
  }
  void check_unseen(const std::string& key) {
    if (keys_.back().insert(key).second) return;
    throw Stop{invalid("the key " + quote(key) + " stands twice in one object")};
  }

  std::vector<std::set<std::string>> keys_;  // of each object that is open
};

// The library's own words without its "[json.exception…]" prefix.
std::string plain_words(std::string_view what) {
  if (const auto end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  if (what.size() > 300) what = what.substr(0, 300);
  return std::string(what);
}

}  // namespace

Result<json> parse_json(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return exhausted("the JSON is longer than " + std::to_string(bytes_max) + " bytes");
  }
  if (text.find('\0') != std::string_view::npos) {
    // The library would take it for the end of the text.
    return invalid("not valid JSON: a NUL byte at byte " + std::to_string(text.find('\0') + 1));
  }
  Guard guard;
  try {
    return json::parse(text, std::ref(guard));
  } catch (const Stop& stop) {
    return stop.error;
  } catch (const json::exception& failure) {
    return invalid("not valid JSON: " + plain_words(failure.what()));
  }
}

std::string canonical_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pretty_json(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace titan

#include "reconciler/layers.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "model/secret_use.hpp"

namespace titan::reconciler {
namespace {

using nlohmann::json;

const json* step(const json& value, const std::string& name) {
  if (value.is_object()) {
    const auto found = value.find(name);
    return found == value.end() ? nullptr : &*found;
  }
  if (!value.is_array()) return nullptr;
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), index);
  const bool is_number = failure == std::errc() && end == name.data() + name.size();
  return is_number && index < value.size() ? &value[index] : nullptr;
}

// What stands at each place on the way to `names`, as far as there is something.
std::vector<const json*> way_to(const json& value, const std::vector<std::string>& names) {
  std::vector<const json*> way = {&value};
  for (const std::string& name : names) {
    const json* next = step(*way.back(), name);
    if (next == nullptr) break;
    way.push_back(next);
  }
  return way;
}

// As model::Values::overlaid_with() does.
bool merges(const json& value) {
  return value.is_object() && !model::is_secret_reference(value);
}

}  // namespace

Result<std::vector<std::string>> pointer_names(std::string_view pointer) {
  std::vector<std::string> names;
  if (pointer.empty()) return names;
  if (!pointer.starts_with('/')) return invalid(quote(pointer) + " is no JSON pointer");
  for (const std::string& part : split(pointer.substr(1), '/')) {
    std::string& name = names.emplace_back();
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] != '~') {
        name += part[i];
        continue;
      }
      const char escape = ++i < part.size() ? part[i] : '\0';
      if (escape != '0' && escape != '1') return invalid(quote(pointer) + " is no JSON pointer");
      name += escape == '0' ? '~' : '/';
    }
  }
  return names;
}

std::string pointer_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += '/';
    for (const char c : name) {
      if (c == '~') {
        text += "~0";
      } else if (c == '/') {
        text += "~1";
      } else {
        text += c;
      }
    }
  }
  return text;
}

const json* find_at(const json& value, const std::vector<std::string>& names) {
  const auto way = way_to(value, names);
  return way.size() == names.size() + 1 ? way.back() : nullptr;
}

std::vector<std::size_t> layers_at(const std::vector<model::Values>& layers,
                                   const std::vector<std::string>& names) {
  std::vector<std::vector<const json*>> ways;
  for (const model::Values& layer : layers) ways.push_back(way_to(layer.json(), names));
  // A layer is seen down to the first place where a stronger one has something that does not merge
  // with it.
  std::vector<std::size_t> seen;  // so many places of its way, from the root on
  for (const auto& way : ways) {
    for (std::size_t weaker = 0; weaker < seen.size(); ++weaker) {
      const std::size_t common = std::min(seen[weaker], way.size());
      for (std::size_t place = 0; place < common; ++place) {
        if (merges(*ways[weaker][place]) && merges(*way[place])) continue;
        seen[weaker] = place;
        break;
      }
    }
    seen.push_back(way.size());
  }
  std::vector<std::size_t> found;
  for (std::size_t layer = layers.size(); layer-- > 0;) {
    if (seen[layer] == names.size() + 1) found.push_back(layer);
  }
  return found;
}

}  // namespace titan::reconciler

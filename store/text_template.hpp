#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Internal to store/.
namespace titan::store {

// A JSON text with gaps for the values that only the writer knows. All but filling them in is done
// before the writer's turn comes. A plain value.
class TextTemplate {
 public:
  void add(std::string_view text) { text_ += text; }
  // Here stands value number `slot` of those that fill() is given.
  void add_slot(std::size_t slot) { gaps_.push_back({text_.size(), slot}); }

  // Without the values.
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] bool contains(std::string_view part) const {
    return text_.find(part) != std::string::npos;
  }

  // The text with the values in the gaps. A value may stand in several gaps.
  [[nodiscard]] std::string fill(std::span<const std::string> values) const;

 private:
  struct Gap {
    std::size_t at;
    std::size_t slot;
  };
  std::string text_;
  std::vector<Gap> gaps_;  // in the order of the text
};

}  // namespace titan::store

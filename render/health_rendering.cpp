#include "render/health_rendering.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "render/mustache.hpp"

namespace titan::render {

Result<void> compile_health(const model::Health& health) {
  model::Health copy = health;
  return for_each_text(copy, [](const std::string& place, std::string& text) -> Result<void> {
    TITAN_TRY(Mustache::compile(text, place));
    return {};
  });
}

Result<model::Health> render_health(const model::Health& health, const nlohmann::json& inputs) {
  model::Health rendered = health;
  Budget budget;
  const Partials none;
  TITAN_TRY(
      for_each_text(rendered, [&](const std::string& place, std::string& text) -> Result<void> {
        TITAN_ASSIGN(const Mustache compiled, Mustache::compile(std::move(text), place));
        TITAN_ASSIGN(text, compiled.render(inputs, none, {.escape = Escape::plain}, budget));
        return {};
      }));
  TITAN_TRY(check_texts(rendered));
  return rendered;
}

void add_names_to(InputNames& names, const model::Health& health) {
  model::Health copy = health;
  (void)for_each_text(copy, [&](const std::string& place, std::string& text) -> Result<void> {
    if (const auto compiled = Mustache::compile(text, place)) compiled->add_names_to(names);
    return {};
  });
}

}  // namespace titan::render

// YAML as the command line reads it from files, and as it prints it.

#include "base/yaml.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "fuzz/target.hpp"
#include "model/entity.hpp"

namespace titan::fuzz {
namespace {

// Aliases make much of little; printing and reading all of it again would only be slow.
constexpr std::size_t kPrintedBytesMax = 16UL << 10U;

void check_document(const nlohmann::json& document) {
  const std::string text = canonical_json(document);
  (void)model::parse_entity(document);
  if (text.size() > kPrintedBytesMax) return;
  const std::string yaml = yaml_text(document);
  const auto again = parse_yaml(yaml);
  require(again.ok(), "printed YAML can be read", yaml);
  require(again->size() == 1, "a value is one document", yaml);
  require(canonical_json(again->front()) == text, "YAML reads back equal", yaml);
}

}  // namespace

void run(std::string_view input) {
  const auto documents = parse_yaml(input);
  if (!documents) {
    require(!documents.error().message.empty(), "an error says something");
    return;
  }
  for (const auto& document : *documents) check_document(document);
}

}  // namespace titan::fuzz

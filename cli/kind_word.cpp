#include "cli/kind_word.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace titan::cli {
namespace {

struct ShortWord {
  std::string_view word;
  model::Kind kind;
};
constexpr ShortWord kShortWords[] = {{"ws", model::Kind::workspace},
                                     {"tpl", model::Kind::template_},
                                     {"wl", model::Kind::workload},
                                     {"tgt", model::Kind::target},
                                     {"deploy", model::Kind::deployment}};

}  // namespace

Result<model::Kind> kind_of_word(std::string_view word) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [short_word, kind] : kShortWords) {
    if (lower == short_word) return kind;
  }
  return model::parse_kind_word(lower);
}

std::vector<std::string> other_words_of(model::Kind kind) {
  std::vector<std::string> words = {std::string(model::plural_of(kind))};
  for (const auto& [word, of] : kShortWords) {
    if (of == kind) words.emplace_back(word);
  }
  return words;
}

Result<KindAndName> kind_and_name(std::string_view kind, std::string_view name) {
  const std::size_t slash = kind.find('/');
  KindAndName named;
  TITAN_ASSIGN(named.kind, kind_of_word(kind.substr(0, slash)));
  named.name = name;
  const bool in_one_word = slash != std::string_view::npos;
  if (in_one_word && !name.empty()) {
    return invalid(quote(kind) + " names one already; expected KIND NAME or KIND/NAME");
  }
  if (in_one_word) named.name = kind.substr(slash + 1);
  if (in_one_word && named.name.empty()) {
    return invalid(quote(kind) + " has no name after the \"/\"");
  }
  if (!named.name.empty()) TITAN_TRY(model::check_name("name", named.name));
  return named;
}

std::string display_name(const model::Key& key) {
  return std::string(model::singular_of(key.kind)) + "/" + key.name;
}

}  // namespace titan::cli

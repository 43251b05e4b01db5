#include "cli/usage_error.hpp"

#include <CLI/CLI.hpp>
#include <vector>

#include "base/text.hpp"
#include "cli/kind_word.hpp"

namespace titan::cli {
namespace {

std::string path_of(const CLI::App& verb) {
  const CLI::App* parent = verb.get_parent();
  return parent == nullptr ? verb.get_name() : path_of(*parent) + " " + verb.get_name();
}

std::vector<std::string> flags_of(const CLI::App& verb) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::vector<std::string> words_of(const CLI::App& verb) {
  std::vector<std::string> words;
  for (const CLI::App* sub : verb.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(sub->get_name());
  }
  return words;
}

bool takes_kinds(const CLI::App& verb) {
  return verb.get_name() == "create" || verb.get_name() == "apply";
}

std::string unknown_kind(const std::string& word) {
  const auto kind = kind_of_word(word);
  if (!kind) return kind.error().message;
  const std::string plural(model::plural_of(*kind));
  switch (*kind) {
    case model::Kind::token:
    case model::Kind::enrollment:
      return plural + " are made by titan create, and have no flags of apply";
    case model::Kind::secret:
      return plural + " are written by titan create secret, titan rotate secret and titan apply -f";
    case model::Kind::device:
      return plural + " come by titan create enrollment, or by titan approve";
    default:
      return plural + " are written by the server";
  }
}

std::string unknown_word(const CLI::App& verb, const std::string& word) {
  if (word.starts_with('-') && word != "-") {
    const std::string flag = word.substr(0, word.find('='));
    return path_of(verb) + " has no flag " + quote(flag) + did_you_mean(flag, flags_of(verb));
  }
  const auto words = words_of(verb);
  if (words.empty()) return path_of(verb) + " does not expect " + quote(word);
  if (takes_kinds(verb)) return unknown_kind(word);
  return quote(word) + " is not a verb of " + path_of(verb) + ": expected one of " +
         join(words, ", ") + did_you_mean(word, words);
}

std::string reason_of(const CLI::App& app, const CLI::ParseError& error) {
  for (const CLI::App* verb = &app; verb != nullptr;) {
    const auto unknown = verb->remaining();
    if (!unknown.empty()) return unknown_word(*verb, unknown.front());
    const auto chosen = verb->get_subcommands();
    verb = chosen.empty() ? nullptr : chosen.front();
  }
  const CLI::App& verb = chosen_verb(app);
  const bool wants_word = error.get_name() == "RequiredError" && !words_of(verb).empty();
  if (!wants_word) return error.what();
  return path_of(verb) + (takes_kinds(verb) ? " expects a kind" : " expects a verb") + ": one of " +
         join(words_of(verb), ", ");
}

}  // namespace

const CLI::App& chosen_verb(const CLI::App& app) {
  const CLI::App* verb = &app;
  while (!verb->get_subcommands().empty()) verb = verb->get_subcommands().front();
  return *verb;
}

std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  return reason_of(app, error) + "\nSee " + path_of(chosen_verb(app)) + " --help.";
}

}  // namespace titan::cli

#include "cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "model/kind.hpp"

namespace titan::cli {
namespace {

// What may follow each verb, by its path: "" of titan itself, "/create/host".
using Words = std::map<std::string, std::set<std::string>>;

void add_kinds(std::set<std::string>& words) {
  for (const model::Kind kind : model::kKinds) {
    words.emplace(model::singular_of(kind));
    words.emplace(model::plural_of(kind));
  }
}

void collect(const CLI::App& app, const std::string& path, Words& words) {
  auto& mine = words[path];
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) mine.insert("--" + name);
    const std::string positional = option->get_name(true);
    if (positional == "KIND" || positional == "NAMES") add_kinds(mine);
  }
  for (const CLI::App* verb : app.get_subcommands({})) {
    mine.insert(verb->get_name());
    collect(*verb, path + "/" + verb->get_name(), words);
  }
}

std::string joined(const std::set<std::string>& words) {
  return join({words.begin(), words.end()}, " ");
}

// The branches of a `case` that go from path to path, and those that give the words.
std::string bash_script(const Words& words) {
  std::vector<std::string> paths;
  std::string branches;
  for (const auto& [path, after] : words) {
    if (!path.empty()) paths.push_back(path);
    branches += "    \"" + path + "\") words=\"" + joined(after) + "\" ;;\n";
  }
  return "_titan() {\n"
         "  local path=\"\" words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$path/${COMP_WORDS[i]}\" in\n"
         "      " +
         join(paths, "|") +
         ")\n"
         "        path=\"$path/${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         branches +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _titan titan\n";
}

std::string fish_script(const Words& words) {
  std::string paths;
  std::string lines;
  for (const auto& [path, after] : words) {
    if (!path.empty()) paths += " " + path;
    lines += "complete -c titan -n '__titan_is_at \"" + path + "\"' -a '" + joined(after) + "'\n";
  }
  return "function __titan_is_at\n"
         "  set -l path \"\"\n"
         "  for word in (commandline -opc)[2..-1]\n"
         "    if contains -- \"$path/$word\"" +
         paths +
         "\n"
         "      set path \"$path/$word\"\n"
         "    end\n"
         "  end\n"
         "  test \"$path\" = \"$argv[1]\"\n"
         "end\n" +
         lines;
}

}  // namespace

Result<std::string> completion_script(const CLI::App& app, std::string_view shell) {
  Words words;
  collect(app, "", words);
  if (shell == "bash") return bash_script(words);
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(words);
  if (shell == "fish") return fish_script(words);
  return invalid("expected bash, zsh or fish, found " + quote(shell));
}

}  // namespace titan::cli

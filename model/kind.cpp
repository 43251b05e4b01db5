#include "model/kind.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace titan::model {
namespace {

struct KindWords {
  std::string_view name;
  std::string_view singular;
  std::string_view plural;
  bool in_workspace;
  bool is_for_hosts;
};

// In the order of enum Kind.
constexpr std::array<KindWords, kKinds.size()> kWords = {{
    {"Workspace", "workspace", "workspaces", false, true},
    {"Host", "host", "hosts", false, true},
    {"Template", "template", "templates", false, true},
    {"Workload", "workload", "workloads", true, true},
    {"Target", "target", "targets", true, true},
    {"Deployment", "deployment", "deployments", true, true},
    {"Assignment", "assignment", "assignments", true, true},
    {"Token", "token", "tokens", false, false},
    {"Enrollment", "enrollment", "enrollments", false, false},
    {"Device", "device", "devices", false, false},
    {"Secret", "secret", "secrets", true, true},
}};

const KindWords& words_of(Kind kind) {
  return kWords[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string_view name_of(Kind kind) {
  return words_of(kind).name;
}
std::string_view singular_of(Kind kind) {
  return words_of(kind).singular;
}
std::string_view plural_of(Kind kind) {
  return words_of(kind).plural;
}
bool in_workspace(Kind kind) {
  return words_of(kind).in_workspace;
}
std::size_t creation_place(Kind kind) {
  // Only a secret is needed by kinds with lower numbers.
  const Kind by_number = kind == Kind::secret ? Kind::workload : kind;
  return 2 * static_cast<std::size_t>(by_number) + (kind == Kind::workload ? 1 : 0);
}
bool is_for_hosts(Kind kind) {
  return words_of(kind).is_for_hosts;
}

Result<Kind> parse_kind(std::string_view name) {
  std::vector<std::string> names;
  for (const Kind kind : kKinds) {
    if (name_of(kind) == name) return kind;
    names.emplace_back(name_of(kind));
  }
  return invalid(quote(name) + " is not a kind: expected one of " + join(names, ", ") +
                 did_you_mean(name, names));
}

Result<Kind> parse_kind_word(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::vector<std::string> plurals;
  for (const Kind kind : kKinds) {
    if (lower == singular_of(kind) || lower == plural_of(kind)) return kind;
    plurals.emplace_back(plural_of(kind));
  }
  return invalid(quote(word) + " is not a kind: expected one of " + join(plurals, ", ") +
                 did_you_mean(lower, plurals));
}

}  // namespace titan::model

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/digest.hpp"

namespace titan::render {

// The names by which a template asks for its inputs. Nothing else of them decides what it gives, so
// that hosts which differ only in what their template does not ask for need not be rendered apart.
// Immutable once built, so safe to share between threads.
class InputNames {
 public:
  using Name = std::vector<std::string>;  // {"host", "name"} of {{host.name}}

  void add(Name name) { names_.insert(std::move(name)); }
  // {{.}} may stand for anything.
  void add_all() { all_ = true; }

  // Of what stands at the names. Two inputs of one digest that can both be rendered give the same;
  // if one of them cannot be, neither can the other, though perhaps in other words.
  [[nodiscard]] Digest digest_of(const nlohmann::json& inputs) const;

 private:
  std::set<Name> names_;
  bool all_ = false;
};

}  // namespace titan::render

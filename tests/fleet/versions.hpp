#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "model/template.hpp"
#include "tests/simulation/dice.hpp"

namespace titan::fleet {

// What becomes of a version of a template that is applied.
enum class Fate {
  good,
  unchecked,    // and no health check says so
  fickle,       // its health is bad now and then, as long as there are faults
  unhealthy,    // never healthy
  deadly,       // its driver takes the agent or the machine with it
  unrenderable  // names a value that nobody gives
};
// "good".
const char* text_of(Fate fate);
// Never stays on a host.
bool is_bad(Fate fate);

// One version of a template, as somebody wrote it.
struct Version {
  std::uint64_t number = 0;  // of all versions of all templates
  std::string template_name = {};
  Fate fate = Fate::good;
  std::string driver = "files";
  // Below the host's root, with `*` in place of the deployment's name; and their modes.
  std::map<std::string, std::uint32_t> files = {};
};

// All versions that ever were, and what their files are on a host: a renderer of its own, which
// shares no code with render/. The health check of a version asks the address "[::1]:<number>".
class Versions {
 public:
  // A new version, by lot.
  const Version& make(const std::string& template_name, simulation::Dice& dice);
  // What is written to the server for it: the contents, by path in the template, and the rest.
  [[nodiscard]] static std::map<std::string, std::string> contents_of(const Version& version);
  [[nodiscard]] static model::TemplateSpec spec_of(const Version& version);
  void note_digest(const Version& version, const Digest& digest) {
    by_digest_[digest] = version.number;
  }

  [[nodiscard]] const Version& at(std::uint64_t number) const { return versions_.at(number); }
  // By the digest of its template. REQUIRES: there is one.
  [[nodiscard]] const Version& of(const Digest& digest) const;

  // A level that values give from now on.
  void note_level(std::uint64_t level) { levels_.insert(level); }
  // What is at a path below the root of a host for a deployment.
  [[nodiscard]] static std::string path_of(const std::string& path, const std::string& deployment);
  struct Place {
    std::string deployment;
    std::string host;
    std::uint64_t level = 0;
  };
  [[nodiscard]] static std::string content_of(const Version& version, const std::string& path,
                                              const Place& place);
  // Why this is no file that any version ever gave for this path on this host; "" when one did.
  [[nodiscard]] std::string complaint(const std::string& host, const std::string& path,
                                      std::uint32_t mode, const std::string& content) const;

 private:
  std::map<std::uint64_t, Version> versions_;
  std::map<Digest, std::uint64_t> by_digest_;
  std::set<std::uint64_t> levels_;
};

}  // namespace titan::fleet

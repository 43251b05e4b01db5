#include "tests/fleet/versions.hpp"

#include <sstream>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace titan::fleet {
namespace {

using std::chrono::seconds;

// Stands in each file, so that one that is not whole is seen.
constexpr const char* kEnd = "the end\n";

// The text of a file, with what stands for the deployment, the host and the level.
std::string text(const Version& version, const std::string& path, const std::string& deployment,
                 const std::string& host, const std::string& level) {
  return "version " + std::to_string(version.number) + " of " + path + " of " + deployment +
         " on " + host + " at level " + level + "\n" +
         (version.fate == Fate::unrenderable ? "{{values.missing}}\n" : "") + kEnd;
}

std::string replaced(std::string path, const std::string& name) {
  if (const auto star = path.find('*'); star != std::string::npos) path.replace(star, 1, name);
  return path;
}

Fate fate_by(simulation::Dice& dice) {
  const std::uint64_t lot = dice.below(100);
  if (lot < 45) return Fate::good;
  if (lot < 75) return Fate::unchecked;
  if (lot < 82) return Fate::fickle;
  if (lot < 90) return Fate::unhealthy;
  if (lot < 95) return Fate::deadly;
  return Fate::unrenderable;
}

}  // namespace

const char* text_of(Fate fate) {
  switch (fate) {
    case Fate::good:
      return "good";
    case Fate::unchecked:
      return "unchecked";
    case Fate::fickle:
      return "fickle";
    case Fate::unhealthy:
      return "unhealthy";
    case Fate::deadly:
      return "deadly";
    case Fate::unrenderable:
      return "unrenderable";
  }
  return "";
}

bool is_bad(Fate fate) {
  return fate == Fate::unhealthy || fate == Fate::deadly || fate == Fate::unrenderable;
}

const Version& Versions::make(const std::string& template_name, simulation::Dice& dice) {
  Version version{.number = versions_.size() + 1,
                  .template_name = template_name,
                  .fate = fate_by(dice),
                  .driver = dice.percent(25) ? "fake" : "files"};
  if (version.fate == Fate::deadly) version.driver = "fake";
  const std::uint32_t mode = dice.percent(20) ? 0600 : 0644;
  version.files["etc/*/main"] = mode;
  if (dice.percent(50)) version.files["etc/*/second"] = 0644;
  if (dice.percent(30)) version.files["srv/*.unit"] = 0755;
  // A file at one time, a folder at another.
  if (const std::uint64_t lot = dice.below(4); lot < 2) {
    version.files[lot == 0 ? "opt/*/data" : "opt/*/data/inner"] = 0644;
  }
  return versions_.emplace(version.number, std::move(version)).first->second;
}

std::map<std::string, std::string> Versions::contents_of(const Version& version) {
  std::map<std::string, std::string> contents;
  for (const auto& [path, mode] : version.files) {
    contents["root/" + replaced(path, "{{deployment.name}}")] =
        text(version, path, "{{deployment.name}}", "{{host.name}}", "{{values.level}}");
  }
  return contents;
}

model::TemplateSpec Versions::spec_of(const Version& version) {
  model::TemplateSpec spec{.driver = version.driver};
  for (const auto& [path, content] : contents_of(version)) {
    spec.files.push_back({.path = path, .digest = Digest::of(content), .size = content.size()});
  }
  for (const auto& [path, mode] : version.files) {
    for (model::TemplateFile& file : spec.files) {
      if (file.path == "root/" + replaced(path, "{{deployment.name}}")) file.mode = mode;
    }
  }
  if (version.fate == Fate::unchecked) return spec;
  spec.health = {.checks = {{.kind = model::HealthCheck::Kind::tcp,
                             .address = "[::1]:" + std::to_string(version.number)}},
                 .start_period = seconds(4),
                 .interval = seconds(3),
                 .timeout = seconds(1),
                 .window = seconds(6)};
  return spec;
}

const Version& Versions::of(const Digest& digest) const {
  const auto found = by_digest_.find(digest);
  TITAN_ASSERT(found != by_digest_.end());
  return versions_.at(found->second);
}

std::string Versions::path_of(const std::string& path, const std::string& deployment) {
  return replaced(path, deployment);
}

std::string Versions::content_of(const Version& version, const std::string& path,
                                 const Place& place) {
  return text(version, path, place.deployment, place.host, std::to_string(place.level));
}

std::string Versions::complaint(const std::string& host, const std::string& path,
                                std::uint32_t mode, const std::string& content) const {
  std::istringstream words(content);
  std::string word;
  std::uint64_t number = 0;
  std::string pattern;
  Place place;
  words >> word >> number >> word >> pattern >> word >> place.deployment >> word >> place.host >>
      word >> word >> place.level;
  const auto found = versions_.find(number);
  if (found == versions_.end()) return "no version ever had this content: " + quote(content);
  const auto file = found->second.files.find(pattern);
  if (file == found->second.files.end() || path_of(pattern, place.deployment) != path) {
    return "no version ever had this content at this path: " + quote(content);
  }
  if (place.host != host) return "it is another host's: " + quote(content);
  if (!levels_.contains(place.level)) return "nobody ever gave it these values: " + quote(content);
  if (content_of(found->second, pattern, place) != content) {
    return "it is not whole: " + quote(content);
  }
  if (file->second != mode) return "its mode is not that of version " + std::to_string(number);
  return "";
}

}  // namespace titan::fleet

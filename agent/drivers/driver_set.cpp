#include "agent/drivers/driver_set.hpp"

#include <utility>

#include "agent/drivers/files_driver.hpp"
#include "agent/drivers/git_driver.hpp"
#include "base/text.hpp"

namespace titan::agent {

DriverSet::Options DriverSet::Options::of(const std::string& root, const std::string& host,
                                          const ProgramEnvironment& environment) {
  Options options;
  options.systemd.root = root;
  options.external.host = host;
  options.systemd.environment = environment;
  options.compose.environment = environment;
  options.kubernetes.environment = environment;
  options.external.environment = environment;
  return options;
}

DriverSet::DriverSet(ProcessRunner& runner, Options options) {
  add(std::make_unique<FilesDriver>());
  add(std::make_unique<GitDriver>());
  add(std::make_unique<SystemdDriver>(runner, options.systemd));
  add(std::make_unique<ComposeDriver>(runner, options.compose));
  add(std::make_unique<KubernetesDriver>(runner, options.kubernetes));
  ExternalDrivers found = discover_external_drivers(options.external_folders);
  for (const auto& [name, path] : found.paths) {
    ExternalDriver::Options own = options.external;
    own.name = name;
    own.path = path;
    add(std::make_unique<ExternalDriver>(runner, std::move(own)));
  }
  refused_ = std::move(found.refused);
}

void DriverSet::add(std::unique_ptr<Driver> driver) {
  const std::string name(driver->name());
  entries_.insert_or_assign(name, Entry{.driver = std::move(driver)});
}

const Result<void>& DriverSet::ask(Entry& entry) {
  if (!entry.works) entry.works = entry.driver->available();
  return *entry.works;
}

Driver* DriverSet::find(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end() || !ask(found->second)) return nullptr;
  return found->second.driver.get();
}

Result<Driver*> DriverSet::need(std::string_view name) {
  if (Driver* const driver = find(name)) return driver;
  return unavailable(missing(name));
}

std::string DriverSet::missing(std::string_view name) {
  const std::string driver = "the driver " + quote(name);
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return driver + " is not on this host, which has " + join(available(), ", ");
  }
  const Result<void>& works = ask(found->second);
  if (works) return driver + " works on this host";
  return driver + " does not work on this host: " + works.error().message;
}

std::vector<std::string> DriverSet::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

const std::vector<std::string>& DriverSet::available() {
  if (available_) return *available_;
  std::vector<std::string> names;
  for (auto& [name, entry] : entries_) {
    if (ask(entry)) names.push_back(name);
  }
  return available_.emplace(std::move(names));
}

void DriverSet::forget() {
  for (auto& [name, entry] : entries_) entry.works.reset();
  available_.reset();
}

}  // namespace titan::agent

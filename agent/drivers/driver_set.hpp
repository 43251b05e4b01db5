#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/drivers/compose_driver.hpp"
#include "agent/drivers/driver.hpp"
#include "agent/drivers/external_driver.hpp"
#include "agent/drivers/kubernetes_driver.hpp"
#include "agent/drivers/systemd_driver.hpp"
#include "base/process_runner.hpp"

namespace titan::agent {

// The drivers of a host: the agent's own, and the executables of its folders of drivers, which are
// looked for once. Whether a driver works is asked when it is needed for the first time, since that
// runs programs, and then remembered. Not for use from several threads.
class DriverSet {
 public:
  struct Options {
    SystemdDriver::Options systemd = {};
    ComposeDriver::Options compose = {};
    KubernetesDriver::Options kubernetes = {};
    std::vector<std::string> external_folders = {"/usr/lib/titan/drivers",
                                                 "/usr/local/lib/titan/drivers"};
    ExternalDriver::Options external = {};  // of all of them; name and path are filled in

    // One root, host and environment for all of them.
    static Options of(const std::string& root, const std::string& host,
                      const ProgramEnvironment& environment);
  };

  // Borrows the runner, which has to outlive it.
  DriverSet(ProcessRunner& runner, Options options);

  // The driver of this name, if it works; null when there is none, or it does not.
  Driver* find(std::string_view name);
  // The same; unavailable with what missing() says.
  Result<Driver*> need(std::string_view name);
  // Why find() gave none, for a report: `the driver "compose" does not work on this host: docker
  // and podman are not installed`, or `the driver "x" is not on this host, which has files,
  // systemd`. Asks all drivers in the second case.
  std::string missing(std::string_view name);
  // One more, in place of one that has its name.
  void add(std::unique_ptr<Driver> driver);
  // Of all of them, sorted, whether they work or not.
  [[nodiscard]] std::vector<std::string> names() const;
  // The names of those that work, sorted. Asks those that were not asked yet.
  const std::vector<std::string>& available();
  // Whether a driver works is asked again from now on: it may have been installed meanwhile.
  void forget();
  // Executables that are not used, each with the reason.
  [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }

 private:
  struct Entry {
    std::unique_ptr<Driver> driver;
    std::optional<Result<void>> works = {};  // none: not asked yet
  };
  static const Result<void>& ask(Entry& entry);

  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<std::string> refused_;
  std::optional<std::vector<std::string>> available_;
};

}  // namespace titan::agent

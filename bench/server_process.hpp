#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>

#include "base/secret.hpp"

namespace titan::bench {

// The program titan-server on a free port; killed at the end.
class ServerProcess {
 public:
  // Returns as soon as the server has given its first answer.
  explicit ServerProcess(const std::string& data);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  // Of its admin.
  [[nodiscard]] Secret token() const;
  [[nodiscard]] std::chrono::duration<double> time_to_first_answer() const { return start_; }
  [[nodiscard]] double resident_mib() const;
  [[nodiscard]] double resident_peak_mib() const;
  // CPU time of all its threads so far.
  [[nodiscard]] std::chrono::duration<double> cpu() const;
  // Waits until it has done nothing for half a second.
  void wait_until_idle() const;

 private:
  [[nodiscard]] double status_mib(const std::string& field) const;

  const std::string data_;
  pid_t pid_ = -1;
  std::string url_;
  std::chrono::duration<double> start_{};
};

}  // namespace titan::bench

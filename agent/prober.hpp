#pragma once

#include <chrono>
#include <string>

#include "base/output_tail.hpp"
#include "base/process_runner.hpp"
#include "base/result.hpp"
#include "model/health.hpp"

namespace titan::agent {

// Asks one health check once. The seam to what runs on the host: the real one is SystemProber, a
// fake is in tests/agent/fake_prober.hpp. Not for use from several threads.
class Prober {
 public:
  virtual ~Prober() = default;

  // An error when the check does not hold: the message says so in one sentence, such as
  // "mosquitto.service is failed, expected active". invalid: it cannot hold as it is written;
  // unavailable: it did not hold this time. `folder` is the working folder of programs, may be
  // empty. What a program or a server said that explains an error is added to `output`; nothing is
  // when the check holds.
  virtual Result<void> probe(const model::HealthCheck& check, std::chrono::seconds timeout,
                             const std::string& folder, OutputTail& output) = 0;
};

// Asks what runs on this host.
//
// - exec: the program, in the working folder; killed at the timeout. Messages name the program, but
//   not its other arguments.
// - http: a GET over a new connection. Redirects are not followed: their status counts. Of https
// the
//   certificate is verified, but not its dates (client/http_transport.hpp). An answer of more than
//   kProbeAnswerBytesMax does not hold, whatever its status. Messages leave out the URL's query.
// - tcp: HOST:PORT accepts a connection, which is closed at once; HOST is a name, an IPv4 address,
//   or an IPv6 address in brackets. Of a name with several addresses one is enough.
// - systemd: `systemctl is-active` ends with 0; for a unit that failed, `systemctl status` is added
//   to the output.
//
// None takes longer than the timeout, but http up to twice as long, systemd of a failed unit too,
// and where a host is named what the system's resolver takes.
class SystemProber final : public Prober {
 public:
  // Borrows `processes`.
  explicit SystemProber(ProcessRunner& processes) : processes_(processes) {}

  Result<void> probe(const model::HealthCheck& check, std::chrono::seconds timeout,
                     const std::string& folder, OutputTail& output) override;

 private:
  Result<void> probe_program(const model::HealthCheck& check, std::chrono::seconds timeout,
                             const std::string& folder, OutputTail& output);
  Result<void> probe_unit(const std::string& unit, std::chrono::seconds timeout,
                          OutputTail& output);

  ProcessRunner& processes_;
};

}  // namespace titan::agent

// Loads for a front door that tools such as wrk cannot make: requests for a second of the server's
// CPU, with or without TLS and with resumed sessions; bad clients beside good ones; requests that
// wait. bench/front_door.sh and bench/front_door_attack.sh run it.
//
//   door_load polls --server 127.0.0.1:7480 --pid 17 --method POST --path /v1/hosts/pi/sync --body
//   {}
//
// Each mode says in its source what options it has. It prints lines of a name and a value; the
// exit code is 0 when every request got a good answer.

#include <sys/resource.h>

#include <iostream>
#include <map>
#include <string>

#include "bench/load_mode.hpp"

namespace {

using Mode = titan::Result<void> (*)(const titan::bench::LoadOptions&);

const std::map<std::string, Mode> kModes = {{"attack", &titan::bench::run_attack},
                                            {"parked", &titan::bench::run_parked},
                                            {"polls", &titan::bench::run_polls}};

// Each connection is a descriptor.
void allow_many_descriptors() {
  constexpr rlim_t kWanted = 65'536;
  rlimit limit{.rlim_cur = kWanted, .rlim_max = kWanted};
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  const auto mode = kModes.find(argc > 1 ? argv[1] : "");
  if (mode == kModes.end()) {
    std::cerr << "usage: door_load MODE --server HOST:PORT [OPTIONS]; modes:";
    for (const auto& [name, run] : kModes) std::cerr << " " << name;
    std::cerr << "\n";
    return 2;
  }
  allow_many_descriptors();
  const auto options = titan::bench::LoadOptions::parse({argv + 2, argv + argc});
  const auto done = options ? mode->second(*options) : titan::Result<void>(options.error());
  if (done) return 0;
  std::cerr << "door_load: " << done.error().text() << "\n";
  return done.error().code == titan::ErrorCode::invalid ? 2 : 1;
}

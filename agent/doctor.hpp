#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/identity_store.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace titan::agent {

// What `titan-agent doctor` found out about this host (agent/doctor_facts.hpp collects it). A plain
// value; an Error that is there says why something could not be found out or done.
struct DoctorFacts {
  // One of the agent's directories.
  struct Directory {
    std::string name = {};  // "state"
    std::string path = {};
    bool exists = false;
    std::optional<Error> error = {};        // it cannot be opened, or is none
    std::optional<Error> write_error = {};  // no file can be made in it
    std::uint32_t mode = 0;                 // permission bits
    std::uint32_t owner = 0;                // a user's number
    bool is_read_only = false;              // its file system
    bool is_in_memory = false;
    std::uint64_t bytes_free = 0;
    std::uint64_t inodes_free = 0;
    bool has_inodes = false;  // some file systems count none
  };
  struct Server {
    std::string url = {};
    std::optional<Error> error = {};
    int status = 0;  // of HTTP
    std::chrono::milliseconds round_trip{};
    std::string date = {};  // the header, as it came
    Timestamp wall = {};    // this host's clock when it came
  };
  struct Driver {
    std::string name = {};
    Result<void> available = {};
  };
  struct Git {
    std::string path = {};
    bool exists = false;
    std::optional<Error> error = {};
    std::string remote = {};  // without credentials; empty: none
    std::optional<Error> remote_error = {};
  };

  std::string configuration_file = {};  // empty: none
  std::optional<Identity> identity = {};
  std::optional<Error> identity_error = {};
  std::uint32_t identity_mode = 0;          // of the device's key; 0: there is none
  std::optional<Server> server = {};        // none: nobody knows where it is
  bool monotonic_goes_on = true;            // two readings were not the wrong way round
  std::uint32_t user = 0;                   // who runs this, effectively
  std::optional<Error> openat2 = {};        // the kernel has none
  std::optional<Error> chown = {};          // files cannot be given away; looked at for root only
  std::vector<Directory> directories = {};  // state, run and root
  std::vector<Driver> drivers = {};
  std::optional<Error> state_error = {};  // of state.json
  std::size_t deployments = 0;            // that are on the host
  std::size_t failing = 0;
  Git git = {};
  std::optional<std::chrono::seconds> silence = {};  // since the last verified answer
  bool is_cut_off = false;
};

// What is said of one thing that was looked at.
struct Finding {
  enum class Level { ok, warning, failed };
  std::string check = {};  // "disk of state"
  Level level = Level::ok;
  std::string found = {};   // one sentence without its full stop
  std::string advice = {};  // what to do; empty when it is ok
  bool operator==(const Finding&) const = default;
};

// In the order in which things fail: who this is, the server, the clock, disks, rights, drivers,
// what is remembered, Git. A pure function.
std::vector<Finding> examine(const DoctorFacts& facts);

// Whether one of them is `failed`.
bool any_failed(const std::vector<Finding>& findings);

// {ok, checks: [{check, level, found, advice}]}
nlohmann::json json_of(const std::vector<Finding>& findings);
// For people: a line each, and one for each advice.
std::string text_of(const std::vector<Finding>& findings);

// The time of an HTTP Date header (RFC 9110, section 5.6.7, the preferred form alone). invalid when
// it is of no such form.
Result<Timestamp> parse_http_date(const std::string& text);

}  // namespace titan::agent

#include "agent/doctor.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "agent/limits.hpp"
#include "base/byte_size.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"

namespace titan::agent {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using Level = Finding::Level;

Finding ok(std::string check, std::string found) {
  return {std::move(check), Level::ok, std::move(found), ""};
}
Finding warning(std::string check, std::string found, std::string advice) {
  return {std::move(check), Level::warning, std::move(found), std::move(advice)};
}
Finding failed(std::string check, std::string found, std::string advice) {
  return {std::move(check), Level::failed, std::move(found), std::move(advice)};
}

std::string octal(std::uint32_t mode) {
  std::string text;
  for (; mode > 0; mode >>= 3U) text.insert(text.begin(), static_cast<char>('0' + (mode & 7U)));
  return "0" + text;
}

// ---- who this is ------------------------------------------------------------------------------

Finding check_enrolled(const DoctorFacts& facts) {
  constexpr const char* kCheck = "enrolled";
  if (facts.identity_error) {
    return failed(kCheck, facts.identity_error->text(),
                  "move the directory identity away, and enroll the host again");
  }
  if (!facts.identity) {
    return failed(kCheck, "this host is not enrolled",
                  "run \"titan-agent enroll\" with the string that \"titan create enrollment "
                  "--host HOST\" prints");
  }
  return ok(kCheck, "as " + facts.identity->host + " in " + facts.identity->organization);
}

Finding check_server_key(const Identity& identity) {
  if (identity.trust.key.empty()) {
    return failed("server key", "the key of the server is not known", "enroll the host again");
  }
  return ok("server key", identity.trust.key.text());
}

Finding check_identity_mode(std::uint32_t mode) {
  constexpr std::uint32_t kOthers = 077;
  if ((mode & kOthers) == 0) return ok("key file", "only its owner can read it");
  return failed("key file", "the mode of identity/device.key is " + octal(mode),
                "chmod 600 it, and run \"titan-agent rotate-key\" if others were here");
}

// ---- the server -------------------------------------------------------------------------------

std::string server_advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::denied:
      return "see that the server's certificate is for this name, and name its authority with "
             "--ca-file";
    case ErrorCode::invalid:
      return "correct the URL or the file of certificates";
    default:
      return "see that titan-server runs there, and that the network and its name are right";
  }
}

Finding check_server(const DoctorFacts::Server& server) {
  constexpr const char* kCheck = "server";
  if (server.error) return failed(kCheck, server.error->text(), server_advice(server.error->code));
  const std::string took = server.url + " answered " + std::to_string(server.status) + " in " +
                           std::to_string(server.round_trip.count()) + " ms";
  if (server.status != 200) {
    return warning(kCheck, took, "see what the server's log says, and what stands before it");
  }
  if (server.round_trip > kRoundTripMax) {
    return warning(kCheck, took, "look for what makes the network or the server slow");
  }
  return ok(kCheck, took);
}

Finding check_silence(const DoctorFacts& facts) {
  constexpr const char* kCheck = "last verified";
  if (!facts.silence) {
    return warning(kCheck, "no answer was verified since the machine started",
                   "run \"titan-agent once\", or see that the daemon runs");
  }
  const std::string found = duration_text(*facts.silence) + " ago";
  if (!facts.is_cut_off) return ok(kCheck, found);
  return warning(kCheck, found + ", which is too long",
                 "see that the daemon or the timer runs, and what \"titan-agent status\" says");
}

Finding check_clock(const DoctorFacts& facts) {
  constexpr const char* kCheck = "clock";
  if (!facts.monotonic_goes_on) {
    return failed(kCheck, "the monotonic clock went backwards",
                  "update the kernel, or the machine that runs this one");
  }
  const auto there = facts.server ? parse_http_date(facts.server->date)
                                  : Result<Timestamp>(invalid("there is no date"));
  if (!there) return ok(kCheck, "goes on; the server's time is not known");
  const seconds skew((facts.server->wall.micros() - there->micros()) / 1'000'000);
  const seconds amount(std::abs(skew.count()));
  if (amount <= kSkewMax) return ok(kCheck, "at most a minute from the server's");
  const std::string far = duration_text(amount);
  return warning(kCheck, far + (skew.count() > 0 ? " ahead of" : " behind") + " the server's",
                 "set it for the sake of logs and other programs; titan does not need it");
}

// ---- directories ------------------------------------------------------------------------------

Finding check_space(const DoctorFacts::Directory& directory) {
  const std::string check = "space of " + directory.name;
  const std::uint64_t mebibytes = directory.bytes_free >> 20U;
  std::string found = std::to_string(mebibytes) + " MiB";
  if (directory.has_inodes) found += " and " + std::to_string(directory.inodes_free) + " files";
  found += " free in " + directory.path;
  const auto is_below = [&](std::uint64_t bytes, std::uint64_t inodes) {
    return directory.bytes_free < bytes || (directory.has_inodes && directory.inodes_free < inodes);
  };
  if (is_below(kFreeBytesNeeded, kFreeInodesNeeded)) {
    return failed(check, found, "make room: nothing can be applied here");
  }
  if (is_below(kFreeBytesWanted, kFreeInodesWanted)) {
    return warning(check, found, "make room before it is too little for what comes");
  }
  return ok(check, found);
}

Finding check_writable(const DoctorFacts::Directory& directory) {
  const std::string check = "directory " + directory.name;
  if (!directory.exists) return ok(check, directory.path + " is not there yet; the agent makes it");
  if (directory.error) {
    return failed(check, directory.error->text(),
                  "make it a directory, or name another one with --" + directory.name);
  }
  if (directory.is_read_only) {
    return failed(check, directory.path + " is on a file system that is mounted read-only",
                  "mount it for writing, or name another one with --" + directory.name);
  }
  if (directory.write_error) {
    return failed(check, directory.path + ": " + directory.write_error->message,
                  "run the agent as root, or as the owner of this directory");
  }
  return ok(check, directory.path + " can be written");
}

bool others_may_write(const DoctorFacts::Directory& directory) {
  constexpr std::uint32_t kGroupAndOthers = 022;
  return (directory.mode & kGroupAndOthers) != 0;
}

Finding check_owner(const DoctorFacts::Directory& directory, std::uint32_t user) {
  const std::string check = "owner of " + directory.name;
  if (directory.owner != user && directory.owner != 0) {
    return warning(check,
                   directory.path + " belongs to the user " + std::to_string(directory.owner),
                   "chown it to the user that the agent runs as: its owner rules this host");
  }
  if (others_may_write(directory)) {
    const std::string found = directory.path + " has the mode " + octal(directory.mode);
    const std::string advice = "chmod go-w it: who can write there rules this host";
    // The agent refuses such a run directory, and goes on without.
    return directory.name == "run" ? failed(check, found, advice) : warning(check, found, advice);
  }
  return ok(check, "nobody else may write to " + directory.path);
}

void check_directory(const DoctorFacts::Directory& directory, std::uint32_t user,
                     std::vector<Finding>& findings) {
  findings.push_back(check_writable(directory));
  if (!directory.exists || directory.error) return;
  findings.push_back(check_space(directory));
  findings.push_back(check_owner(directory, user));
  if (directory.name != "run") return;
  findings.push_back(directory.is_in_memory
                         ? ok("memory of run", directory.path + " is in memory")
                         : warning("memory of run", directory.path + " is on a disk",
                                   "mount a tmpfs there: values of secrets are written to no disk, "
                                   "so deployments with secrets fail"));
}

// ---- rights, drivers, what is remembered ------------------------------------------------------

void check_rights(const DoctorFacts& facts, std::vector<Finding>& findings) {
  findings.push_back(facts.openat2
                         ? failed("kernel", facts.openat2->text(), "use Linux 5.6 or newer")
                         : ok("kernel", "opens files beneath a directory alone (openat2)"));
  if (facts.user != 0) {
    findings.push_back(warning("rights", "the user " + std::to_string(facts.user) + " is not root",
                               "run the agent as root unless all it shall write is this user's"));
  } else if (facts.chown) {
    findings.push_back(warning("rights", "root cannot give files away: " + facts.chown->message,
                               "give it CAP_CHOWN, if templates name owners"));
  } else {
    findings.push_back(ok("rights", "root, and can give files to other users"));
  }
}

Finding check_driver(const DoctorFacts::Driver& driver) {
  const std::string check = "driver " + driver.name;
  if (driver.available) return ok(check, "can work");
  return warning(check, driver.available.error().message,
                 "install what is missing, if deployments of this host need it");
}

Finding check_state(const DoctorFacts& facts) {
  constexpr const char* kCheck = "state.json";
  if (facts.state_error) {
    return failed(kCheck, facts.state_error->text(),
                  "move it away: the agent asks for everything, and writes every file again");
  }
  const std::string found = std::to_string(facts.deployments) + " deployments are on the host, " +
                            std::to_string(facts.failing) + " fail";
  if (facts.failing == 0) return ok(kCheck, found);
  return warning(kCheck, found,
                 "see \"titan-agent status\"; once the cause is gone, \"titan-agent "
                 "retry\" tries what was given up");
}

void check_git(const DoctorFacts::Git& git, std::vector<Finding>& findings) {
  if (git.error) {
    findings.push_back(
        failed("git", git.error->text(), "move the repository away: the agent makes it anew"));
  } else {
    findings.push_back(ok(
        "git", git.exists ? git.path + " can be read" : git.path + " is made by the first commit"));
  }
  if (git.remote.empty()) return;
  findings.push_back(git.remote_error ? failed("git remote", git.remote_error->text(),
                                               "see that the remote is there, and is meant")
                                      : ok("git remote", git.remote + " is there"));
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warning:
      return "warning";
    default:
      return "failed";
  }
}

// Some of it is what strangers said: nothing of that may steer a terminal.
std::string plain(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return text;
}

}  // namespace

Result<Timestamp> parse_http_date(const std::string& text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto words = split(text, ' ');
  const auto month = words.size() == 6 ? std::ranges::find(kMonths, words[2]) : kMonths.end();
  if (month == kMonths.end() || words[5] != "GMT") {
    return invalid(quote(text) + " is no date of HTTP");
  }
  const std::string number = std::to_string(month - kMonths.begin() + 1);
  return Timestamp::parse(words[3] + "-" + (number.size() < 2 ? "0" : "") + number + "-" +
                          words[1] + "T" + words[4] + "Z");
}

std::vector<Finding> examine(const DoctorFacts& facts) {
  std::vector<Finding> findings;
  findings.push_back(ok("configuration", facts.configuration_file.empty()
                                             ? "no file was read"
                                             : facts.configuration_file + " was read"));
  findings.push_back(check_enrolled(facts));
  if (facts.identity) findings.push_back(check_server_key(*facts.identity));
  if (facts.identity_mode != 0) findings.push_back(check_identity_mode(facts.identity_mode));
  if (facts.server) findings.push_back(check_server(*facts.server));
  if (facts.identity) findings.push_back(check_silence(facts));
  findings.push_back(check_clock(facts));
  for (const auto& directory : facts.directories) {
    check_directory(directory, facts.user, findings);
  }
  check_rights(facts, findings);
  for (const auto& driver : facts.drivers) findings.push_back(check_driver(driver));
  findings.push_back(check_state(facts));
  check_git(facts.git, findings);
  return findings;
}

bool any_failed(const std::vector<Finding>& findings) {
  return std::ranges::find(findings, Level::failed, &Finding::level) != findings.end();
}

json json_of(const std::vector<Finding>& findings) {
  json checks = json::array();
  for (const Finding& finding : findings) {
    checks.push_back({{"check", finding.check},
                      {"level", name_of(finding.level)},
                      {"found", finding.found},
                      {"advice", finding.advice}});
  }
  return {{"ok", !any_failed(findings)}, {"checks", std::move(checks)}};
}

std::string text_of(const std::vector<Finding>& findings) {
  constexpr std::size_t kLevelColumn = 9;
  constexpr std::size_t kCheckColumn = 18;
  std::string text;
  for (const Finding& finding : findings) {
    const std::string_view level = name_of(finding.level);
    text.append(level).append(kLevelColumn - level.size(), ' ');
    text.append(finding.check);
    text.append(kCheckColumn - std::min(kCheckColumn - 1, finding.check.size()), ' ');
    text += plain(finding.found) + "\n";
    if (!finding.advice.empty()) {
      text.append(kLevelColumn, ' ').append("-> ").append(plain(finding.advice)).append("\n");
    }
  }
  return text;
}

}  // namespace titan::agent

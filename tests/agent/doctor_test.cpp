#include "agent/doctor.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "agent/doctor_facts.hpp"
#include "agent/limits.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using Level = Finding::Level;
using std::chrono::seconds;
using titan::testing::TemporaryDirectory;

DoctorFacts::Directory directory(const std::string& name, std::uint32_t mode) {
  return {.name = name,
          .path = "/" + name,
          .exists = true,
          .mode = mode,
          .is_in_memory = name == "run",
          .bytes_free = 1ULL << 40U,
          .inodes_free = 1'000'000,
          .has_inodes = true};
}

// A host on which all is well.
DoctorFacts well() {
  DoctorFacts facts;
  facts.identity = Identity{.server = "https://titan", .host = "pi", .organization = "default"};
  facts.identity->trust.key =
      PublicKey::parse("ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").value();
  facts.identity_mode = 0600;
  facts.server = DoctorFacts::Server{.url = "https://titan",
                                     .status = 200,
                                     .round_trip = std::chrono::milliseconds(12),
                                     .date = "Sun, 06 Nov 1994 08:49:37 GMT",
                                     .wall = Timestamp::parse("1994-11-06T08:49:40Z").value()};
  facts.directories = {directory("state", 0755), directory("run", 0711), directory("root", 0755)};
  facts.drivers = {{.name = "files"}};
  facts.deployments = 3;
  facts.git = {.path = "/state/git", .exists = true};
  facts.silence = seconds(90);
  return facts;
}

Finding finding_of(const std::vector<Finding>& findings, const std::string& check) {
  const auto found = std::ranges::find(findings, check, &Finding::check);
  return found == findings.end() ? Finding{.check = "nothing was said of " + check} : *found;
}

TEST(Doctor, FindsNothingWhereAllIsWell) {
  for (const Finding& finding : examine(well())) {
    EXPECT_EQ(finding.level, Level::ok) << finding.check << ": " << finding.found;
    EXPECT_EQ(finding.advice, "") << finding.check;
    EXPECT_NE(finding.found, "") << finding.check;
  }
}

struct DoctorRow {
  const char* check;
  Level level;
  const char* found;  // a part of it
  std::function<void(DoctorFacts&)> spoil;
};

Timestamp later(std::int64_t by) {
  return Timestamp::from_micros(Timestamp::parse("1994-11-06T08:49:37Z")->micros() +
                                by * 1'000'000);
}

const DoctorRow kRows[] = {
    {"enrolled", Level::failed, "not enrolled", [](auto& facts) { facts.identity.reset(); }},
    {"enrolled", Level::failed, "no key",
     [](auto& facts) { facts.identity_error = invalid("no key"); }},
    {"server key", Level::failed, "not known", [](auto& facts) { facts.identity->trust.key = {}; }},
    {"key file", Level::failed, "0644", [](auto& facts) { facts.identity_mode = 0644; }},
    {"server", Level::failed, "cannot connect",
     [](auto& facts) { facts.server->error = unavailable("cannot connect"); }},
    {"server", Level::failed, "nobody has signed",
     [](auto& facts) { facts.server->error = denied("nobody has signed"); }},
    {"server", Level::warning, "answered 503", [](auto& facts) { facts.server->status = 503; }},
    {"server", Level::warning, "3000 ms",
     [](auto& facts) { facts.server->round_trip = std::chrono::milliseconds(3000); }},
    {"last verified", Level::warning, "no answer", [](auto& facts) { facts.silence.reset(); }},
    {"last verified", Level::warning, "too long", [](auto& facts) { facts.is_cut_off = true; }},
    {"clock", Level::warning, "2m ahead of", [](auto& facts) { facts.server->wall = later(120); }},
    {"clock", Level::warning, "behind", [](auto& facts) { facts.server->wall = Timestamp(); }},
    {"clock", Level::ok, "a minute", [](auto& facts) { facts.server->wall = later(-60); }},
    {"clock", Level::ok, "not known", [](auto& facts) { facts.server->date = "yesterday"; }},
    {"clock", Level::ok, "not known", [](auto& facts) { facts.server.reset(); }},
    {"clock", Level::failed, "backwards", [](auto& facts) { facts.monotonic_goes_on = false; }},
    {"directory root", Level::ok, "not there yet",
     [](auto& facts) { facts.directories[2].exists = false; }},
    {"directory root", Level::failed, "no folder",
     [](auto& facts) { facts.directories[2].error = not_found("no folder"); }},
    {"directory root", Level::failed, "read-only",
     [](auto& facts) { facts.directories[2].is_read_only = true; }},
    {"directory state", Level::failed, "permission",
     [](auto& facts) { facts.directories[0].write_error = denied("permission"); }},
    {"space of state", Level::warning, "100 MiB",
     [](auto& facts) { facts.directories[0].bytes_free = 100 << 20U; }},
    {"space of state", Level::failed, "7 MiB",
     [](auto& facts) { facts.directories[0].bytes_free = 7 << 20U; }},
    {"space of run", Level::warning, "999 files",
     [](auto& facts) { facts.directories[1].inodes_free = 999; }},
    {"space of run", Level::failed, "0 files",
     [](auto& facts) { facts.directories[1].inodes_free = 0; }},
    {"space of run", Level::ok, "MiB free",
     [](auto& facts) {
       facts.directories[1].inodes_free = 0;
       facts.directories[1].has_inodes = false;
     }},
    {"owner of root", Level::warning, "user 1000",
     [](auto& facts) { facts.directories[2].owner = 1000; }},
    {"owner of state", Level::warning, "0777",
     [](auto& facts) { facts.directories[0].mode = 0777; }},
    {"owner of run", Level::failed, "0775", [](auto& facts) { facts.directories[1].mode = 0775; }},
    {"memory of run", Level::warning, "on a disk",
     [](auto& facts) { facts.directories[1].is_in_memory = false; }},
    {"kernel", Level::failed, "openat2",
     [](auto& facts) { facts.openat2 = unavailable("openat2"); }},
    {"rights", Level::warning, "not root", [](auto& facts) { facts.user = 1000; }},
    {"rights", Level::warning, "give files away",
     [](auto& facts) { facts.chown = denied("not permitted"); }},
    {"driver files", Level::warning, "no systemctl",
     [](auto& facts) { facts.drivers[0].available = unavailable("no systemctl"); }},
    {"state.json", Level::failed, "damaged",
     [](auto& facts) { facts.state_error = invalid("damaged"); }},
    {"state.json", Level::warning, "2 fail", [](auto& facts) { facts.failing = 2; }},
    {"git", Level::failed, "damaged", [](auto& facts) { facts.git.error = internal("damaged"); }},
    {"git", Level::ok, "first commit", [](auto& facts) { facts.git.exists = false; }},
    {"git remote", Level::ok, "file:///r", [](auto& facts) { facts.git.remote = "file:///r"; }},
    {"git remote", Level::failed, "gone",
     [](auto& facts) {
       facts.git.remote = "file:///r";
       facts.git.remote_error = not_found("gone");
     }},
};

TEST(Doctor, SaysWhatIsWrongAndWhatToDo) {
  for (const DoctorRow& row : kRows) {
    DoctorFacts facts = well();
    row.spoil(facts);
    const auto findings = examine(facts);
    const Finding found = finding_of(findings, row.check);
    SCOPED_TRACE(std::string(row.check) + ": " + found.found);
    EXPECT_EQ(found.level, row.level);
    EXPECT_NE(found.found.find(row.found), std::string::npos);
    EXPECT_EQ(found.advice.empty(), row.level == Level::ok);
    EXPECT_EQ(any_failed(findings), row.level == Level::failed);
    EXPECT_EQ(json_of(findings)["ok"], row.level != Level::failed);
    EXPECT_NE(text_of(findings).find(found.advice), std::string::npos);
  }
}

TEST(Doctor, WritesWhatStrangersSaidPlainly) {
  const std::string text = text_of({{"git", Level::failed, "a\x1b[31m\nb", "c"}});
  EXPECT_EQ(text,
            "failed   git               a?[31m?b\n"
            "         -> c\n");
}

TEST(HttpDate, IsOfThePreferredForm) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value(), later(0));
  EXPECT_EQ(parse_http_date("Sat, 28 Feb 2032 00:00:00 GMT")->text().substr(0, 10), "2032-02-28");
  for (const char* other : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                            "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 36 Nov 1994 08:49:37 GMT",
                            "Sun, 06 Abc 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(other)) << other;
  }
}

TEST(DoctorFacts, LeavesNothingBehindAndMakesNoDirectory) {
  const TemporaryDirectory folder;
  for (const char* name : {"state", "root"}) {
    std::filesystem::create_directory(folder.path() + "/" + name);
  }
  Configuration configuration;
  configuration.state = folder.path() + "/state";
  configuration.run = folder.path() + "/run";
  configuration.root = folder.path() + "/root";
  configuration.git = "file://" + folder.path() + "/missing";
  const DoctorFacts facts = collect_facts(configuration, {}, SystemClock());
  EXPECT_EQ(facts.directories.size(), 3U);
  EXPECT_TRUE(facts.directories[0].exists);
  EXPECT_FALSE(facts.directories[0].write_error);
  EXPECT_GT(facts.directories[0].bytes_free, 0U);
  EXPECT_FALSE(facts.directories[1].exists);
  EXPECT_FALSE(facts.identity);
  EXPECT_FALSE(facts.server) << "nobody has said where it is";
  EXPECT_FALSE(facts.git.exists);
  EXPECT_TRUE(facts.git.remote_error);
  EXPECT_TRUE(any_failed(examine(facts)));
  EXPECT_TRUE(std::filesystem::is_empty(configuration.state));
  EXPECT_TRUE(std::filesystem::is_empty(configuration.root));
  EXPECT_FALSE(std::filesystem::exists(configuration.run));
}

TEST(DoctorFacts, SaysWhenAServerIsNotThere) {
  const TemporaryDirectory folder;
  Configuration configuration;
  configuration.state = configuration.run = configuration.root = folder.path();
  configuration.server = "http://127.0.0.1:1";
  const DoctorFacts facts = collect_facts(configuration, {}, SystemClock());
  ASSERT_TRUE(facts.server);
  ASSERT_TRUE(facts.server->error);
  EXPECT_EQ(facts.server->error->code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace titan::agent

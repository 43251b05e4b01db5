// A secret's way from `titan create secret` to a file on a host and away again, with the real
// programs; and where its value must never be found.
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/process_runner.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "tests/e2e/process_memory.hpp"
#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::RunningServer;

constexpr const char* kShared = "/dev/shm";
constexpr const char* kName = "harbour-door";
const model::Key kProd{.kind = model::Kind::deployment, .workspace = "default", .name = "prod"};

std::string hex_of(std::string_view text, std::string_view digits) {
  std::string hex;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    hex += digits[byte >> 4U];
    hex += digits[byte & 15U];
  }
  return hex;
}

// The letters of base64 that tell nothing but the text, when it stands `shift` bytes after a
// multiple of three.
std::string base64_of(std::string_view text, std::size_t shift) {
  const std::string all = base64url(std::string(shift, 'x') + std::string(text));
  const std::size_t begin = (8 * shift + 5) / 6;
  return all.substr(begin, 8 * (shift + text.size()) / 6 - begin);
}

// A random text, and all that tells of it: itself, as hex, as base64 of both alphabets wherever it
// stands in what was encoded, and the digests by which one could try it. Each is found by a part of
// it as well, since memory that was freed is overwritten bit by bit.
class Needle {
 public:
  explicit Needle(const std::string& text) {
    add(text, kPartBytes);
    for (const std::string& hex :
         {hex_of(text, "0123456789abcdef"), hex_of(text, "0123456789ABCDEF"),
          Digest::of(text).hex(), Digest::of("p=" + text + "\n").hex()}) {
      add(hex, 2 * kPartBytes);
    }
    for (std::size_t shift = 0; shift < 3; ++shift) {
      std::string letters = base64_of(text, shift);
      add(letters, kPartBytes);
      std::ranges::replace(letters, '-', '+');
      std::ranges::replace(letters, '_', '/');
      add(letters, kPartBytes);
    }
  }

  // The part that was found; empty: none.
  [[nodiscard]] std::string found_in(std::string_view bytes) const {
    for (std::size_t i = 0; i + kStartBytes <= bytes.size(); ++i) {
      const std::uint64_t start = start_of(bytes.substr(i));
      if (!is_start_[slot_of(start)]) continue;
      const auto [first, last] = parts_.equal_range(start);
      for (auto part = first; part != last; ++part) {
        if (bytes.substr(i).starts_with(part->second)) return part->second;
      }
    }
    return "";
  }
  // The longest part is not longer.
  static constexpr std::size_t kBytesMax = 24;

 private:
  static constexpr std::size_t kPartBytes = 12;  // 72 random bits in base64
  static constexpr std::size_t kStartBytes = sizeof(std::uint64_t);

  static std::uint64_t start_of(std::string_view bytes) {
    std::uint64_t start = 0;
    std::memcpy(&start, bytes.data(), kStartBytes);
    return start;
  }
  static std::size_t slot_of(std::uint64_t start) { return (start * 0x9e3779b97f4a7c15U) >> 48U; }
  void add(const std::string& spelling, std::size_t part_bytes) {
    for (std::size_t i = 0; i + part_bytes <= spelling.size(); i += part_bytes) {
      const std::string part = spelling.substr(i, part_bytes);
      parts_.emplace(start_of(part), part);
      is_start_[slot_of(start_of(part))] = true;
    }
  }

  std::multimap<std::uint64_t, std::string> parts_;
  std::vector<bool> is_start_ = std::vector<bool>(1U << 16U);
};

std::string text_of(const Outcome& outcome) {
  return outcome.output + outcome.errors;
}

// All files below the folder; links are not followed.
std::string contents_of(const std::string& folder) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    all += entry.path().string() + "\n";
    if (entry.is_symlink()) {
      all += fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      all += testing::read_text(entry.path().string());
    }
  }
  return all;
}

bool has_shared_memory() {
  struct statfs found {};
  return ::statfs(kShared, &found) == 0 && found.f_type == TMPFS_MAGIC;
}

class Secrets : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_shared_memory()) GTEST_SKIP() << "there is no tmpfs in " << kShared;
    run_ = std::make_unique<testing::TemporaryDirectory>(kShared);
    server_ = std::make_unique<RunningServer>(data_);
    fs::create_directory(folder_.path() + "/device");
    fs::create_directory_symlink(run_->path(), device_ + "/run");
    put_fleet();
  }

  void put_fleet() {
    auto& client = server_->client();
    const std::string text = "p={{values.password}}\n";
    client
        .put({.name = "t",
              .spec = model::TemplateSpec{.files = {{.path = "root/etc/door.conf",
                                                     .mode = 0640,
                                                     .digest = client.put_blob(text).value(),
                                                     .size = text.size()}}}})
        .value();
    client.put({.name = "pi", .spec = model::HostSpec{.labels = {{"name", "pi"}}}}).value();
    client.put({.name = "w", .workspace = "default", .spec = model::WorkloadSpec{}}).value();
    client
        .put({.name = "pi",
              .workspace = "default",
              .spec = model::TargetSpec{.labels = {{"name", "pi"}}}})
        .value();
  }
  void deploy() {
    const json values = {{"password", {{"$secret", kName}, {"key", "password"}}}};
    server_->client()
        .put({.name = "prod",
              .workspace = "default",
              .spec = model::DeploymentSpec{.workload = "w",
                                            .template_name = "t",
                                            .target = "pi",
                                            .values = model::Values::from(values).value()}})
        .value();
  }

  // Both note what the program says.
  Outcome titan(std::vector<std::string> arguments) {
    Outcome outcome = testing::run_titan(*server_, std::move(arguments));
    titan_said_ += text_of(outcome);
    return outcome;
  }
  int run_agent() {
    const Outcome outcome = SystemProcessRunner()
                                .run({.arguments = testing::agent_once(*server_, "pi", device_)})
                                .value();
    agent_said_ += text_of(outcome);
    return outcome.exit_code;
  }
  // Of the file at its place, through the link.
  [[nodiscard]] std::string file() const { return testing::read_text(place_); }
  static std::string made_of(const std::string& value) { return "p=" + value + "\n"; }

  std::string get(const std::string& target) {
    return server_->transport().send({.method = "GET", .target = target}).value().body;
  }
  // The answer of every route that is got, by its path.
  std::map<std::string, std::string> every_answer() {
    const json api = parse_json(get("/openapi.json"), 64UL << 20U).value();
    std::map<std::string, std::string> answers;
    for (const auto& [path, operations] : api["paths"].items()) {
      if (!operations.contains("get")) continue;
      answers[path] = get(filled(path));
    }
    answers["/openapi.json"] = api.dump();
    answers["rendered"] = get("/v1/hosts/pi/changes?render=true");
    answers["value"] = get("/v1/blobs/" + blob_of("password"));
    return answers;
  }
  std::string blob_of(const std::string& key) {
    const json secret =
        parse_json(get(std::string("/v1/workspaces/default/secrets/") + kName)).value();
    return secret["spec"]["data"][key]["blob"];
  }
  // Parameters in the path are given what there is.
  std::string filled(const std::string& path) {
    const std::map<std::string, std::string> names = {
        {"workspaces", "default"}, {"deployments", "prod"}, {"workloads", "w"}, {"targets", "pi"},
        {"templates", "t"},        {"hosts", "pi"},         {"devices", "pi"},  {"secrets", kName}};
    std::string target;
    std::string before;
    for (const std::string& part : split(path.substr(1), '/')) {
      const auto name = names.find(before);
      std::string value = part;
      if (part == "{workspace}") value = "default";
      if (part == "{name}") value = name == names.end() ? "none" : name->second;
      if (part == "{digest}") value = Digest::of("p={{values.password}}\n").text();
      if (part == "{id}") value = "1";
      target.append("/").append(value);
      before = part;
    }
    return target;
  }
  // Of the server, as it is now. What has to be there is found, else the search finds nothing.
  void expect_none_in_memory(const std::vector<Needle>& canaries, const char* when) {
    std::size_t names = 0;
    const auto look = [&](std::string_view piece) {
      for (const Needle& canary : canaries) EXPECT_EQ(canary.found_in(piece), "") << when;
      if (piece.find(kName) != std::string_view::npos) ++names;
    };
    const testing::ProcessMemory memory(server_->program().pid());
    may_look_ = memory.read(Needle::kBytesMax, look);
    EXPECT_TRUE(!may_look_ || names > 0) << when;
  }
  std::string git_objects() const {
    return SystemProcessRunner()
        .run({.arguments = {"git", "-c", "safe.directory=*", "--git-dir", device_ + "/git",
                            "cat-file", "--batch-all-objects", "--batch"}})
        .value()
        .output;
  }

  testing::TemporaryDirectory folder_;
  std::unique_ptr<testing::TemporaryDirectory> run_;
  std::string data_ = folder_.path() + "/server";
  std::string device_ = folder_.path() + "/device";
  std::string place_ = device_ + "/root/etc/door.conf";
  std::unique_ptr<RunningServer> server_;
  bool may_look_ = true;  // into the server's memory
  std::string titan_said_;
  std::string agent_said_;
};

std::string make_canary() {
  SystemRandom random;
  return base64url(Secret::random(random, 72).bytes());
}

TEST(Needle, IsFoundInEverySpelling) {
  const std::string text = make_canary();
  const Needle needle(text);
  for (std::size_t shift = 0; shift < 4; ++shift) {
    const std::string around = std::string(shift, '\xff') + text + "\xfe\xfd";
    EXPECT_FALSE(needle.found_in(base64url(around)).empty()) << shift;
    EXPECT_FALSE(needle.found_in("x" + hex_of(around, "0123456789abcdef")).empty());
    EXPECT_FALSE(needle.found_in(around.substr(shift + 30, 24)).empty());
  }
  EXPECT_FALSE(needle.found_in(json{{"a", text}}.dump()).empty());
  EXPECT_FALSE(needle.found_in(Digest::of(text).text()).empty());
  EXPECT_TRUE(needle.found_in(base64url(make_canary()) + make_canary()).empty());
  EXPECT_TRUE(needle.found_in("").empty());
}

TEST_F(Secrets, AreReadAtTheirPlaceRotatedAndTakenAway) {
  ASSERT_EQ(titan({"create", "secret", kName, "--from-literal", "password=one"}).exit_code, 0)
      << titan_said_;
  deploy();
  ASSERT_EQ(run_agent(), 0) << agent_said_;
  EXPECT_EQ(file(), made_of("one"));
  EXPECT_TRUE(fs::is_symlink(place_));
  const std::string target = fs::read_symlink(place_).string();
  EXPECT_TRUE(target.starts_with(fs::canonical(run_->path()).string() + "/secrets/")) << target;
  EXPECT_EQ(fs::status(place_).permissions(), fs::perms(0640));
  EXPECT_EQ(server_->await_status(kProd, model::Status::ready), model::Status::ready);

  ASSERT_EQ(titan({"rotate", "secret", kName, "--from-literal", "password=two"}).exit_code, 0)
      << titan_said_;
  ASSERT_EQ(run_agent(), 0) << agent_said_;
  EXPECT_EQ(file(), made_of("two"));

  // Values sealed for a key that the device no longer has open nothing: they come anew.
  const Outcome changed =
      SystemProcessRunner()
          .run({.arguments = {testing::program_path("titan-agent"), "rotate-key", "--server",
                              server_->url(), "--state", device_ + "/state", "--run",
                              device_ + "/run"}})
          .value();
  ASSERT_EQ(changed.exit_code, 0) << text_of(changed);
  ASSERT_EQ(run_agent(), 0) << agent_said_;

  // The machine starts again, and the server is away.
  fs::remove_all(run_->path() + "/secrets");
  EXPECT_EQ(file(), "");
  const Outcome alone =
      SystemProcessRunner()
          .run({.arguments = testing::agent_once("http://127.0.0.1:1", "pi", device_)})
          .value();
  EXPECT_EQ(alone.exit_code, 6) << text_of(alone);
  EXPECT_EQ(file(), made_of("two"));

  ASSERT_EQ(titan({"delete", "deployment", "prod"}).exit_code, 0) << titan_said_;
  ASSERT_EQ(run_agent(), 0) << agent_said_;
  EXPECT_FALSE(fs::exists(fs::symlink_status(place_)));
  EXPECT_FALSE(fs::exists(run_->path() + "/secrets"));
  EXPECT_EQ(titan({"delete", "secret", kName}).exit_code, 0) << titan_said_;
}

TEST_F(Secrets, AreFoundNowhereButInTheMemoryOfTheirHost) {
  const std::string first = make_canary();
  const std::string second = make_canary();
  const std::string backup = folder_.path() + "/titan.bak";
  const std::vector<Needle> canaries = {Needle(first), Needle(second)};
  std::ofstream(folder_.path() + "/value") << second;
  ASSERT_EQ(titan({"create", "secret", kName, "--from-literal", "password=" + first}).exit_code, 0)
      << titan_said_;
  expect_none_in_memory(canaries, "once it was made");
  deploy();
  ASSERT_EQ(run_agent(), 0) << agent_said_;
  ASSERT_EQ(file(), made_of(first));
  expect_none_in_memory(canaries, "once it was delivered");
  ASSERT_EQ(
      titan({"rotate", "secret", kName, "--from-file", "password=" + folder_.path() + "/value"})
          .exit_code,
      0)
      << titan_said_;
  expect_none_in_memory(canaries, "once it was rotated");
  ASSERT_EQ(run_agent(), 0) << agent_said_;
  ASSERT_EQ(file(), made_of(second));
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"get", "secrets"},
                                             {"get", "secret", kName, "-o", "yaml"},
                                             {"describe", "secret", kName},
                                             {"describe", "deployment", "prod"},
                                             {"describe", "host", "pi"}}) {
    EXPECT_EQ(titan(arguments).exit_code, 0) << join(arguments, " ");
  }
  const Outcome kept = SystemProcessRunner()
                           .run({.arguments = {testing::program_path("titan-server"), "backup",
                                               backup, "--data", data_}})
                           .value();
  ASSERT_EQ(kept.exit_code, 0) << kept.errors;

  // By place: what is in it, and what has to be found there, so that the search is known to work.
  struct Place {
    std::string content;
    std::string must_hold;
  };
  std::map<std::string, Place> places = {
      {"the server's database and its log",
       {testing::read_text(data_ + "/titan.db") + testing::read_text(data_ + "/titan.db-wal"),
        kName}},
      {"the server's folder", {contents_of(data_), kName}},
      {"the backup", {testing::read_text(backup), kName}},
      {"the server's log", {testing::read_text(data_ + ".log"), "/v1/"}},
      {"what titan said", {titan_said_, kName}},
      {"what the agent said", {agent_said_, "default/prod"}},
      {"the agent's Git", {git_objects(), std::string("secret:") + kName + "/password@sha256:"}},
      {"the agent's state", {contents_of(device_ + "/state"), kName}},
      {"the files of the host",
       {contents_of(device_ + "/root") + contents_of(device_ + "/git"), "HEAD"}}};
  for (const auto& [path, answer] : every_answer()) places["GET " + path] = {answer, ""};
  places.at("GET /v1/metrics").must_hold = "titan_secrets_sealed_total";
  places.at("GET rendered").must_hold = std::string("secret:") + kName;
  for (const char* path :
       {"/v1/secrets", "/v1/workspaces/{workspace}/secrets",
        "/v1/workspaces/{workspace}/secrets/{name}", "/v1/changes", "/v1/hosts/{name}/changes"}) {
    places.at(std::string("GET ") + path).must_hold = kName;
  }
  EXPECT_GT(places.at("GET value").content.size(), 40U);
  for (const auto& [name, place] : places) {
    EXPECT_TRUE(place.must_hold.empty() || place.content.find(place.must_hold) != std::string::npos)
        << name << " does not hold " << place.must_hold << ": " << place.content.substr(0, 2000);
    for (const Needle& canary : canaries) EXPECT_EQ(canary.found_in(place.content), "") << name;
  }
  EXPECT_NE(canaries[1].found_in(contents_of(run_->path())), "") << "where it is read from";

  expect_none_in_memory(canaries, "in the end");
  if (!may_look_) GTEST_SKIP() << "the kernel does not let the test read the server's memory";
}

}  // namespace
}  // namespace titan

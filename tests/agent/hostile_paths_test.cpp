// Paths that somebody might send to get at what is not theirs, through all that the agent does with
// a path: it reads it in a manifest, renders it, places a file below the host's root and puts it in
// Git, and keeps files below its state directory. Beside the root stands a folder that nothing has
// to be read from or written to.

#include "tests/agent/hostile_paths.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/file_system.hpp"
#include "base/json.hpp"
#include "base/process_runner.hpp"
#include "base/text.hpp"
#include "model/manifest.hpp"
#include "model/secret_use.hpp"
#include "render/compiled_template.hpp"
#include "tests/agent/secret_host.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

namespace fs = std::filesystem;

using model::DesiredDeployment;
using model::Status;
using nlohmann::json;
using titan::testing::hostile_paths;
using titan::testing::SecretHost;
using titan::testing::TemporaryDirectory;

constexpr const char* kCanary = "the canary's song";

// Every file, link and folder below `folder`: what it is, and what is in it.
std::map<std::string, std::string> snapshot(const std::string& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string().substr(folder.size() + 1);
    struct stat info {};
    EXPECT_EQ(::lstat(entry.path().c_str(), &info), 0);
    std::string what = std::to_string(info.st_mode) + " " + std::to_string(info.st_nlink) + " ";
    if (entry.is_symlink()) {
      what += fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      std::ifstream file(entry.path());
      what +=
          std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + " ";
      what.append(std::istreambuf_iterator<char>(file), {});
    }
    found[path] = what;
  }
  return found;
}

// A root with links in it that lead everywhere, and beside it a folder with canaries.
class Yard {
 public:
  Yard() {
    fs::create_directories(outside() + "/folder");
    write(outside() + "/canary", kCanary);
    write(outside() + "/folder/canary", kCanary);
    fs::permissions(outside() + "/canary", fs::perms::owner_read | fs::perms::owner_write);
    fs::create_directories(root() + "/deep");
    fs::create_directories(root() + "/folder");
    fs::create_directories(root() + "/real");
    fs::create_symlink("../outside", root() + "/out");
    fs::create_symlink(outside(), root() + "/abs");
    fs::create_symlink("chain-2", root() + "/chain");
    fs::create_symlink("deep/../out", root() + "/chain-2");
    fs::create_symlink("loop", root() + "/loop");
    fs::create_symlink("..", root() + "/up");
    fs::create_symlink("/proc", root() + "/proc");
    fs::create_symlink("../outside/nothing", root() + "/dangling");
    fs::create_symlink("real", root() + "/in");
    fs::create_symlink("../../outside", root() + "/deep/out");
    fs::create_symlink("../out", root() + "/folder/out");
    fs::create_symlink("../outside/canary", root() + "/to-canary");
    fs::create_symlink(root(), root() + "/self");
    fs::create_hard_link(outside() + "/canary", root() + "/hard");
    EXPECT_EQ(::mkfifo((root() + "/fifo").c_str(), 0600), 0);
    before_ = snapshot(outside());
    root_before_ = snapshot(root());
  }

  [[nodiscard]] std::string root() const { return base_.path() + "/root"; }
  [[nodiscard]] std::string outside() const { return base_.path() + "/outside"; }
  [[nodiscard]] const std::map<std::string, std::string>& root_before() const {
    return root_before_;
  }
  std::unique_ptr<FileSystem> open() const { return DiskFileSystem::open(root()).value(); }

  // Nothing beside the root has changed. The hard link to a canary may be another file by now.
  void expect_untouched() const {
    auto now = snapshot(outside());
    auto before = before_;
    for (auto* one : {&now, &before}) {
      std::string& canary = one->at("canary");
      canary.erase(canary.find(' '), std::string(" 1").size());
    }
    EXPECT_EQ(now, before);
    std::set<std::string> beside;
    for (const auto& entry : fs::directory_iterator(base_.path())) {
      beside.insert(entry.path().filename());
    }
    EXPECT_EQ(beside, (std::set<std::string>{"outside", "root"}));
  }

  static void write(const std::string& path, const std::string& content) {
    std::ofstream(path) << content;
  }

 private:
  TemporaryDirectory base_{titan::testing::folder_in_memory()};  // its flushes cost nothing there
  std::map<std::string, std::string> before_;
  std::map<std::string, std::string> root_before_;
};

// A JSON string of these bytes, whatever they are.
std::string raw_json_text(const std::string& bytes) {
  std::string text = "\"";
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x20 || byte == '"' || byte == '\\') {
      char escaped[8];
      (void)std::snprintf(escaped, sizeof escaped, "\\u%04x", value);
      text += escaped;
    } else {
      text += byte;
    }
  }
  return text + "\"";
}

DesiredDeployment form_with(const std::string& path) {
  const std::string content = "of " + Digest::of(path).hex() + "\n";
  return {.key = {.kind = model::Kind::deployment, .workspace = "default", .name = "x"},
          .version = 1,
          .template_name = "t",
          .template_digest = Digest::of("t"),
          .driver = "files",
          .files = {{.path = path, .digest = Digest::of(content), .size = content.size()}},
          .desired_digest = Digest::of(path),
          .rendered_digest = Digest::of("r")};
}

// As it comes with a manifest. nullopt: it is refused there.
std::optional<std::string> read_path(const std::string& path) {
  json form = model::json_of(form_with("PATH"));
  std::string text = canonical_json(form);
  const std::string place = "\"PATH\"";
  text.replace(text.find(place), place.size(), raw_json_text(path));
  const auto parsed = parse_json(text);
  if (!parsed) return std::nullopt;
  const auto read = model::parse_desired_deployment(*parsed);
  if (!read) {
    EXPECT_FALSE(read.error().message.empty());
    return std::nullopt;
  }
  return read->files.at(0).path;
}

TEST(HostilePaths, AreHundredsOfDifferentOnes) {
  EXPECT_GE(hostile_paths().size(), 500U);
  std::printf("%zu paths\n", hostile_paths().size());
}

TEST(HostilePaths, AreReadFromAManifestAsTheyAreOrNotAtAll) {
  std::size_t refused = 0;
  for (const std::string& path : hostile_paths()) {
    const auto read = read_path(path);
    refused += read ? 0 : 1;
    if (!read) continue;
    EXPECT_EQ(*read, path);
    EXPECT_TRUE(check_relative_path(path)) << path;
    EXPECT_EQ(utf8_prefix(path), path.size());
  }
  std::printf("%zu are refused\n", refused);
  EXPECT_GT(refused, 100U);
}

// What a host was told, a deployment for each path.
class HostileHost {
 public:
  HostileHost() : root_(yard_.open()) {
    host_.root_instead = root_.get();
    host_.change = [this](DesiredDeployment& form) { tell(form); };
  }

  // The template's only file has this path.
  void deploy_path(const std::string& path) { deploy(path, json::object()); }
  // Its path is this one, with this value in place of {{values.p}}.
  void deploy_value(const std::string& path, const std::string& value) {
    deploy(path, {{"p", value}});
  }

  void run() {
    const auto result = host_.once();
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_FALSE(result->error) << result->error->text();
    for (const auto& request : host_.syncs()) {
      if (!request.report) continue;
      for (const auto& said : request.report->deployments) reports_[said.key.name] = said;
    }
  }

  // Each is at its place and nowhere else, or refused and nowhere. Returns how many are in place.
  std::size_t check() {
    std::map<std::string, std::string> expected;  // content by path
    std::set<std::string> git;
    std::size_t placed = 0;
    for (const auto& [name, told] : told_) {
      SCOPED_TRACE(quote(told.path) + " " + told.values.dump(-1, ' ', true));
      if (!reports_.contains(name)) {
        ADD_FAILURE() << "is not reported";
        continue;
      }
      const model::DeploymentReport& said = reports_.at(name);
      if (said.status == Status::error) {
        EXPECT_FALSE(said.reason.empty());
        continue;
      }
      ++placed;
      EXPECT_EQ(said.status, Status::ready) << said.reason;
      EXPECT_TRUE(told.rendered) << "what does not render cannot be ready";
      if (!told.rendered) continue;
      git.insert("hosts/pi/default/" + name + "/" + *told.rendered);
      if (told.rendered->starts_with("root/")) {
        expected[told.rendered->substr(std::string("root/").size())] = told.content;
      }
    }
    check_root(expected);
    check_git(git);
    yard_.expect_untouched();
    EXPECT_EQ(host_.remains().find(kCanary), std::string::npos);
    return placed;
  }
  [[nodiscard]] std::size_t size() const { return told_.size(); }
  [[nodiscard]] std::string reason(const std::string& path) const {
    for (const auto& [name, told] : told_) {
      if (told.path == path && reports_.contains(name)) return reports_.at(name).reason;
    }
    return "?";
  }

 private:
  struct Told {
    std::string path = {};
    json values = {};
    std::string content = {};
    std::optional<std::string> rendered = {};  // its path
  };

  void deploy(const std::string& path, const json& values) {
    const std::string name = "p" + std::to_string(told_.size());
    told_[name] = {path, values, "content of " + name + "\n"};
    host_.deploy(name, {{"root/benign", told_[name].content}}, values);
  }
  // A server that checks nothing.
  void tell(DesiredDeployment& form) {
    Told& told = told_.at(form.key.name);
    form.files.at(0).path = told.path;
    form.error.clear();
    form.rendered_digest = Digest::of("nobody knows");
    auto compiled =
        render::CompiledTemplate::compile({{.path = told.path, .content = told.content}});
    if (!compiled) return;
    const auto rendered = compiled->render(form.inputs.json());
    if (!rendered || rendered->empty()) return;
    form.rendered_digest = model::digest_of(*rendered);
    told.rendered = rendered->at(0).path;
  }

  void check_root(const std::map<std::string, std::string>& expected) {
    std::map<std::string, std::string> found;
    for (const auto& [path, what] : snapshot(yard_.root())) {
      const auto before = yard_.root_before().find(path);
      if (before != yard_.root_before().end() && before->second == what) continue;
      if (fs::is_directory(fs::symlink_status(yard_.root() + "/" + path))) continue;
      found[path] = "";
      EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(yard_.root() + "/" + path))) << path;
      std::ifstream file(yard_.root() + "/" + path);
      found[path].assign(std::istreambuf_iterator<char>(file), {});
    }
    auto places = expected;
    // The one link that stays below the root.
    for (const char* name : {"in/a"}) {
      if (const auto moved = places.find(name); moved != places.end()) {
        places["real/a"] = moved->second;
        places.erase(moved);
      }
    }
    EXPECT_EQ(found, places);
  }

  void check_git(const std::set<std::string>& expected) {
    SystemProcessRunner processes;
    const auto git = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(),
                       {"git", "-c", "safe.directory=*", "--git-dir", host_.git_path()});
      return processes.run({.arguments = std::move(arguments), .output_bytes_max = 64U << 20U})
          .value();
    };
    std::set<std::string> found;
    for (const std::string& line : split(git({"ls-tree", "-r", "-z", "main"}).output, '\0')) {
      if (line.empty()) continue;
      EXPECT_TRUE(line.starts_with("100644 blob ")) << line;
      const std::string path = line.substr(line.find('\t') + 1);
      if (path != "hosts/pi/kustomization.yaml") found.insert(path);
    }
    EXPECT_EQ(found, expected);
    const Outcome checked = git({"fsck", "--strict", "--no-dangling"});
    EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.errors;
    EXPECT_EQ(checked.errors.find("warning"), std::string::npos) << checked.errors;
    EXPECT_EQ(host_.git_objects().find(kCanary), std::string::npos);
  }

  Yard yard_;
  std::unique_ptr<FileSystem> root_;
  SecretHost host_;
  std::map<std::string, Told> told_;
  std::map<std::string, model::DeploymentReport> reports_;
};

// Each in a folder of its own, so that none stands in another's way.
TEST(HostilePaths, OfTemplatesAreWhereTheySayOrRefused) {
  HostileHost host;
  std::size_t number = 0;
  for (const std::string& path : hostile_paths()) {
    const std::string whole = "root/" + std::to_string(number++) + "/" + path;
    if (read_path(whole)) host.deploy_path(whole);
  }
  host.run();
  const std::size_t placed = host.check();
  std::printf("%zu of %zu are in place\n", placed, host.size());
  EXPECT_GT(placed, 100U);
  EXPECT_LT(placed, host.size());
}

// At the root itself, among its links. Of those that stand in each other's way one is refused.
TEST(HostilePaths, AmongLinksThatLeadOutAreWhereTheySayOrRefused) {
  HostileHost host;
  for (const std::string& path : hostile_paths()) {
    for (const std::string& whole : {path, "root/" + path}) {
      if (read_path(whole)) host.deploy_path(whole);
    }
  }
  host.run();
  const std::size_t placed = host.check();
  std::printf("%zu of %zu are in place\n", placed, host.size());
  for (const char* refused :
       {"out/planted", "out/canary", "abs/a", "chain/a", "loop/a", "up/outside/a", "dangling/a",
        "deep/out/a", "to-canary/a", "folder/out/a", "proc/1/cwd/a", "fifo/a", "self/root/a"}) {
    EXPECT_NE(host.reason("root/" + std::string(refused)), "") << refused;
  }
  for (const char* taken :
       {"out", "abs", "to-canary", "hard", "dangling", "fifo", "in/a", "loop"}) {
    SCOPED_TRACE(taken);
    const std::string reason = host.reason("root/" + std::string(taken));
    EXPECT_TRUE(reason.empty() || reason.find("folder") != std::string::npos) << reason;
  }
}

// A value may be a part of one name, and no more.
TEST(HostilePaths, OfValuesDoNotBreakOutOfTheirName) {
  HostileHost host;
  std::size_t number = 0;
  for (const std::string& value : hostile_paths()) {
    if (utf8_prefix(value) != value.size()) continue;  // no JSON text holds it
    const std::string folder = "root/" + std::to_string(number);
    const bool raw = number++ % 2 == 0;
    host.deploy_value(folder + (raw ? "/{{{values.p}}}" : "/{{values.p}}"), value);
    if (raw) host.deploy_value(folder + "/x-{{values.p}}.conf", value);
  }
  host.run();
  const std::size_t placed = host.check();
  std::printf("%zu of %zu are in place\n", placed, host.size());
  EXPECT_GT(placed, 100U);
  EXPECT_LT(placed, host.size());
}

// As generations are kept.
TEST(HostilePaths, BelowTheStateDirectoryAreWhereTheySayOrRefused) {
  const Yard yard;
  const auto state = yard.open();
  const std::string folder = "generations/default/x/" + Digest::of("x").hex();
  std::size_t placed = 0;
  for (const std::string& path : hostile_paths()) {
    SCOPED_TRACE(quote(path));
    const std::string whole = folder + "/" + path;
    const std::string content = "of " + Digest::of(path).hex();
    auto written = make_directories(*state, parent_of(whole));
    if (written) written = write_atomically(*state, whole, content, 0600);
    if (!written) {
      EXPECT_FALSE(written.error().message.empty());
      continue;
    }
    ++placed;
    std::ifstream file(yard.root() + "/" + whole);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), content);
  }
  EXPECT_GT(placed, 100U);
  yard.expect_untouched();
  for (const auto& [path, what] : snapshot(yard.root())) {
    if (yard.root_before().contains(path)) continue;
    EXPECT_TRUE(path == "generations" || path.starts_with("generations/")) << quote(path);
  }
}

// Somebody swaps a folder for a link to the outside and back, as fast as they can.
TEST(HostilePaths, DoNotLeadOutWhenAFolderBecomesALink) {
  constexpr int kRounds = 2000;
  const Yard yard;
  const auto root = yard.open();
  const std::string folder = yard.root() + "/swap";
  const std::string link = yard.root() + "/swap-link";
  fs::create_directories(folder + "/sub");
  fs::create_symlink("../outside", link);
  std::atomic<bool> stop{false};
  std::atomic<int> swaps{0};
  std::thread swapper([&] {
    while (!stop) {
      if (::renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE) == 0) {
        ++swaps;
      }
    }
  });
  int written = 0;
  int refused = 0;
  for (int i = 0; i < kRounds || (swaps < 100 && i < 100 * kRounds); ++i) {
    const std::string name = "swap/" + std::string(i % 3 == 0 ? "sub/" : "") + "planted";
    auto done = make_directories(*root, parent_of(name));
    if (done) {
      done = i % 5 == 0 ? link_atomically(*root, name, "/nowhere")
                        : write_atomically(*root, name, "planted", 0644);
    }
    done ? ++written : ++refused;
    // What is outside is not read, and not removed.
    EXPECT_FALSE(root->read("swap/canary", 1000));
    (void)remove_if_present(*root, "swap/canary");
    (void)remove_if_present(*root, "swap/folder/canary");
    (void)root->set_mode("swap/canary", 0777);
    (void)root->remove_directory("swap/folder");
    if (i % 7 == 0) (void)remove_if_present(*root, name);
  }
  stop = true;
  swapper.join();
  std::printf("%d written, %d refused, %d swaps\n", written, refused, swaps.load());
  EXPECT_GT(written, 0);
  EXPECT_GT(refused, 0);
  yard.expect_untouched();
}

}  // namespace
}  // namespace titan::agent

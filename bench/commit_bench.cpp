// What commits cost, against git on the same bytes: 10,000 files at once, one changed of 10,000,
// and one changed of 100,000. Both sides flush what they write (git by core.fsync=all); by turns.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/process_runner.hpp"
#include "bench/temporary_folder.hpp"
#include "bench/timing.hpp"
#include "gitops/repository.hpp"
#include "model/rendered.hpp"

namespace titan::bench {
namespace {

constexpr int kFilesOfADeployment = 100;
constexpr int kDeploymentsOfATeam = 100;
constexpr int kTurns = 7;
constexpr const char* kHost = "tim-pi";

// About 300 bytes, another text for each path and number.
std::string content_of(const std::string& path, int number) {
  std::string text = "# " + path + "\n";
  for (int line = 0; text.size() < 280; ++line) {
    text += "setting_" + std::to_string(line) + " = " +
            Digest::of(path + std::to_string(number) + std::to_string(line)).hex().substr(0, 20) +
            "\n";
  }
  return text;
}

// One host with a workspace for each 10,000 files: 100 deployments of 100 files each, of which ten
// are objects of Kubernetes.
gitops::HostState state_of(int files) {
  gitops::HostState state{.host = kHost};
  for (int i = 0; i < files / kFilesOfADeployment; ++i) {
    model::RenderedDeployment deployment;
    deployment.key = {.kind = model::Kind::deployment,
                      .workspace = "team" + std::to_string(i / kDeploymentsOfATeam),
                      .name = "d" + std::to_string(100'000 + i)};
    deployment.version = 1;
    for (int f = 0; f < kFilesOfADeployment; ++f) {
      const bool is_object = f % 10 == 0;
      const std::string path = "part" + std::to_string(f / 10) + "/file" + std::to_string(f) +
                               (is_object ? ".yaml" : ".conf");
      const std::string content = content_of(deployment.key.name + path, 0);
      deployment.files.push_back(
          {.path = path,
           .content = is_object ? "apiVersion: v1\nkind: ConfigMap\n" + content : content});
    }
    std::ranges::sort(deployment.files, {}, &model::RenderedFile::path);
    deployment.digest = model::digest_of(deployment.files);
    state.deployments.push_back(std::move(deployment));
  }
  return state;
}

std::string path_of(const model::RenderedDeployment& deployment, const model::RenderedFile& file) {
  return "hosts/" + std::string(kHost) + "/" + deployment.key.short_text() + "/" + file.path;
}

// Changes one file, as rendering would; where it lies.
std::string change_one(gitops::HostState& state, int number) {
  auto& deployment =
      state.deployments[static_cast<std::size_t>(number) * 7 % state.deployments.size()];
  auto& file = deployment.files[static_cast<std::size_t>(number) * 3 % deployment.files.size()];
  file.content = content_of(deployment.key.name + file.path, number);
  deployment.digest = model::digest_of(deployment.files);
  ++deployment.version;
  return path_of(deployment, file);
}

gitops::CommitInfo info() {
  return {.bookmark = {.epoch = "00c0ffee00c0ffee", .seq = 1},
          .time = Timestamp::parse("2026-03-01T12:00:00Z").value(),
          .author_name = "titan-agent",
          .author_email = "titan-agent@tim-pi"};
}

void run(std::vector<std::string> arguments, const std::string& input = "") {
  SystemProcessRunner runner;
  const std::vector<std::string> start = {
      "git",       "-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync",    "-c",
      "gc.auto=0", "-c", "user.name=Ada",  "-c", "user.email=ada@example.org"};
  arguments.insert(arguments.begin(), start.begin(), start.end());
  const auto outcome = runner.run({.arguments = arguments, .input = input});
  if (!outcome || outcome->exit_code != 0) std::abort();
}

void write(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << content;
}

// git with a work tree.
class WorkTree {
 public:
  explicit WorkTree(const gitops::HostState& state) {
    run({"init", "-q", folder_.path()});
    for (const auto& deployment : state.deployments) {
      for (const auto& file : deployment.files) change(path_of(deployment, file), file.content);
    }
  }
  void change(const std::string& path, const std::string& content) const {
    write(folder_.path() + "/" + path, content);
  }
  void commit(const std::string& path) const {
    run({"-C", folder_.path(), "add", path});
    run({"-C", folder_.path(), "commit", "-q", "-m", "state"});
  }

 private:
  TemporaryFolder folder_;
};

std::string import_stream(const gitops::HostState& state) {
  std::string stream =
      "commit refs/heads/main\ncommitter Ada <ada@example.org> 1 +0000\ndata 1\nx\n";
  for (const auto& deployment : state.deployments) {
    for (const auto& file : deployment.files) {
      stream += "M 100644 inline " + path_of(deployment, file) + "\ndata " +
                std::to_string(file.content.size()) + "\n" + file.content + "\n";
    }
  }
  return stream;
}

void check(const std::string& repository) {
  run({"--git-dir", repository, "fsck", "--strict"});
}

void commit(gitops::Repository& repository, const gitops::HostState& state) {
  const auto id = repository.commit(state, info());
  if (!id || !*id) std::abort();
}

void all_at_once(benchmark::State& bench) {
  const gitops::HostState state = state_of(static_cast<int>(bench.range(0)));
  const std::string stream = import_stream(state);
  std::vector<double> titan, add, imported;
  for (auto _ : bench) {
    for (int turn = 0; turn < kTurns; ++turn) {
      const TemporaryFolder folder;
      const std::string path = folder.path() + "/titan";
      titan.push_back(
          seconds_of([&] { commit(*gitops::Repository::open_or_create(path).value(), state); }));
      check(path);
      const WorkTree tree(state);
      add.push_back(seconds_of([&] { tree.commit("."); }));
      const std::string bare = folder.path() + "/import";
      run({"init", "-q", "--bare", bare});
      imported.push_back(seconds_of([&] {
        run({"--git-dir", bare, "fast-import", "--quiet"}, stream);
      }));
    }
  }
  bench.counters["titan_ms"] = 1e3 * median(titan);
  bench.counters["git_add_commit_ms"] = 1e3 * median(add);
  bench.counters["fast_import_ms"] = 1e3 * median(imported);
  bench.counters["of_add_commit"] = median(titan) / median(add);
  bench.counters["of_fast_import"] = median(titan) / median(imported);
}

void one_of_10000(benchmark::State& bench) {
  gitops::HostState state = state_of(10'000);
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/titan";
  const auto repository = gitops::Repository::open_or_create(path).value();
  commit(*repository, state);
  const WorkTree tree(state);
  tree.commit(".");
  std::vector<double> kept, anew, git;
  int number = 0;
  for (auto _ : bench) {
    for (int turn = 0; turn < 10 * kTurns; ++turn) {
      kept.push_back(seconds_of([&] {
        change_one(state, ++number);
        commit(*repository, state);
      }));
      // As an agent that cron starts does, which remembers nothing.
      anew.push_back(seconds_of([&] {
        change_one(state, ++number);
        commit(*gitops::Repository::open_or_create(path).value(), state);
      }));
      const std::string changed = change_one(state, ++number);
      tree.change(changed, content_of(changed, number));
      git.push_back(seconds_of([&] { tree.commit(changed); }));
    }
  }
  check(path);
  bench.counters["titan_ms"] = 1e3 * median(kept);
  bench.counters["titan_anew_ms"] = 1e3 * median(anew);
  bench.counters["git_ms"] = 1e3 * median(git);
  bench.counters["of_git"] = median(kept) / median(git);
}

// In turns, so that both have the same machine.
void one_of_100000(benchmark::State& bench) {
  struct Side {
    explicit Side(int files) : state(state_of(files)) { commit(*repository, state); }
    void change() {
      seconds.push_back(seconds_of([&] {
        cpu.push_back(cpu_seconds_of([&] {
          change_one(state, ++number);
          commit(*repository, state);
        }));
      }));
    }
    gitops::HostState state;
    TemporaryFolder folder;
    std::unique_ptr<gitops::Repository> repository =
        gitops::Repository::open_or_create(folder.path() + "/titan").value();
    std::vector<double> seconds;
    std::vector<double> cpu;
    int number = 0;
  };
  Side small(10'000);
  Side large(100'000);
  for (auto _ : bench) {
    for (int turn = 0; turn < 20 * kTurns; ++turn) {
      small.change();
      large.change();
    }
  }
  check(large.folder.path() + "/titan");
  bench.counters["of_10000_ms"] = 1e3 * median(small.seconds);
  bench.counters["of_100000_ms"] = 1e3 * median(large.seconds);
  bench.counters["ratio"] = median(large.seconds) / median(small.seconds);
  bench.counters["cpu_ratio"] = median(large.cpu) / median(small.cpu);
  bench.counters["of_10000_cpu_ms"] = 1e3 * median(small.cpu);
}

BENCHMARK(all_at_once)->Arg(10'000)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(one_of_10000)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(one_of_100000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace titan::bench

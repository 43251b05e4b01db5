#include "gitops/wire_template_source.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "base/process_runner.hpp"
#include "gitops/limits.hpp"
#include "gitops/pkt_line.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/git_work_tree.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

namespace fs = std::filesystem;

// A web server of Git without a socket: the real git-upload-pack answers.
struct GitWeb {
  std::string root = {};  // the folder of its repositories
  std::vector<std::string> asked = {};
  std::size_t bytes_sent = 0;                        // since somebody set it back
  std::function<Result<HttpResponse>()> fault = {};  // answers in its place

  Result<HttpResponse> answer(const HttpRequest& request) {
    asked.push_back(request.method + " " + request.target);
    if (fault) return fault();
    const bool is_post = request.method == "POST";
    const std::string end = is_post ? "/git-upload-pack" : "/info/refs?service=git-upload-pack";
    if (!request.target.ends_with(end)) return HttpResponse{.status = 403};
    const std::string path = root + request.target.substr(0, request.target.size() - end.size());
    if (!fs::exists(path)) return HttpResponse{.status = 404};
    Command command{.arguments = {"git", "upload-pack", "--stateless-rpc", path},
                    .input = request.body,
                    .output_bytes_max = 64UL << 20U};
    if (!is_post) command.arguments.insert(command.arguments.end() - 1, "--http-backend-info-refs");
    TITAN_ASSIGN(const Outcome outcome, SystemProcessRunner().run(command));
    bytes_sent += outcome.output.size();
    const std::string what = is_post ? "result" : "advertisement";
    return HttpResponse{.status = 200,
                        .headers = {{"Content-Type", "application/x-git-upload-pack-" + what}},
                        .body = outcome.output};
  }
};

class GitWebTransport final : public Transport {
 public:
  explicit GitWebTransport(GitWeb& web) : web_(web) {}
  Result<HttpResponse> send(const HttpRequest& request) override { return web_.answer(request); }

 private:
  GitWeb& web_;
};

class WireTemplateSourceTest : public ::testing::Test {
 protected:
  WireTemplateSourceTest() {
    web_.root = fs::path(tree_.path()).parent_path().string();
    name_ = fs::path(tree_.path()).filename().string();
    tree_.write("deploy/root/a", "1");
    first_ = tree_.commit("first");
  }

  WireTemplateSource::Allowed allowed(const std::string& prefix) {
    return {.prefix = RemotePrefix::parse(prefix).value(),
            .access = {
                .connect = [this](const std::string& server) -> Result<std::unique_ptr<Transport>> {
                  EXPECT_TRUE(server.starts_with("https://git.example.org"));
                  return std::unique_ptr<Transport>(std::make_unique<GitWebTransport>(web_));
                }}};
  }
  model::TemplateGit place(const std::string& ref = "main", const std::string& path = "deploy") {
    return {.repository = "https://git.example.org/" + name_, .ref = ref, .path = path};
  }
  // What the file `root/a` holds in the template that stands there now.
  std::string content(const model::TemplateGit& git) {
    const auto tip = source_.tip(git);
    if (!tip) return tip.error().text();
    const auto reading = source_.read(git, *tip);
    if (!reading) return reading.error().text();
    EXPECT_EQ(reading->commit, *tip);
    return reading->blobs.at(reading->spec.files.at(0).digest);
  }
  [[nodiscard]] std::vector<fs::path> kept() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(cache_)) found.push_back(entry.path());
    return found;
  }
  // The packs of the one repository that is kept.
  [[nodiscard]] std::vector<fs::path> packs() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(kept().at(0) / "objects/pack")) {
      if (entry.path().extension() == ".pack") found.push_back(entry.path());
    }
    return found;
  }

  testing::GitWorkTree tree_;
  GitWeb web_;
  std::string name_;
  std::string first_;
  testing::FakeClock clock_;
  testing::TemporaryDirectory folder_;
  std::string cache_ = folder_.path() + "/template-repositories";
  WireTemplateSource source_{{.folder = cache_, .remotes = {allowed("https://git.example.org/")}},
                             clock_};
};

TEST_F(WireTemplateSourceTest, FollowsABranchATagOrTheHead) {
  tree_.git({"tag", "light"});
  tree_.git({"tag", "--annotate", "--message", "v1", "v1"});
  tree_.write("deploy/root/a", "2");
  tree_.commit("second");
  EXPECT_EQ(content(place("main")), "2");
  EXPECT_EQ(content(place("")), "2");
  EXPECT_EQ(content(place("light")), "1");
  EXPECT_EQ(content(place("v1")), "1");
  EXPECT_EQ(content(place("refs/tags/v1")), "1");
  tree_.git({"branch", "v1", "main"});
  EXPECT_EQ(content(place("v1")), "2") << "a branch goes first";
  EXPECT_EQ(source_.tip(place("gone")).error().code, ErrorCode::not_found);
  EXPECT_EQ(source_.tip(place("gone")).error().text(),
            "https://git.example.org/" + name_ + ": it has no branch and no tag \"gone\"");
}

// No reference but the tag's own object leads to the commit.
TEST_F(WireTemplateSourceTest, ReadsWhatAnAnnotatedTagAloneLeadsTo) {
  tree_.git({"checkout", "--quiet", "--detach"});
  tree_.write("deploy/root/a", "of the tag");
  const std::string commit = tree_.commit("beside main");
  tree_.git({"tag", "--annotate", "--message", "v2", "v2"});
  tree_.git({"checkout", "--quiet", "main"});
  EXPECT_EQ(source_.tip(place("v2")).value(), commit);
  EXPECT_EQ(content(place("v2")), "of the tag");
}

TEST_F(WireTemplateSourceTest, LooksWithOneQuestionAndWithoutFetching) {
  EXPECT_EQ(source_.tip(place()).value(), first_);
  EXPECT_EQ(web_.asked,
            std::vector<std::string>{"GET /" + name_ + "/info/refs?service=git-upload-pack"});
  EXPECT_FALSE(fs::exists(cache_));
}

TEST_F(WireTemplateSourceTest, FetchesOneCommitAndThenWhatChanged) {
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 200'000; ++i) {
    noise += static_cast<char>((x = x * 1'664'525U + 1'013'904'223U) >> 24U);
  }
  tree_.write("large", noise);
  tree_.commit("large");
  tree_.remove("large");
  tree_.write("other", noise + "more");
  tree_.commit("the history has a large file of its own");
  EXPECT_EQ(content(place()), "1");
  EXPECT_GT(web_.bytes_sent, noise.size());
  EXPECT_LT(web_.bytes_sent, noise.size() * 3 / 2) << "the history came as well";

  web_.bytes_sent = 0;
  web_.asked.clear();
  tree_.write("deploy/root/a", "2");
  const std::string third = tree_.commit("third");
  EXPECT_EQ(content(place()), "2");
  EXPECT_LT(web_.bytes_sent, 20'000U);
  // Another template of the repository, and this one after a start: nothing is fetched.
  WireTemplateSource again({.folder = cache_, .remotes = {allowed("https://git.example.org/")}},
                           clock_);
  web_.asked.clear();
  EXPECT_TRUE(again.read(place("main", "deploy/root"), third).ok());
  EXPECT_TRUE(web_.asked.empty());
  const std::string git_dir = kept().at(0).string();
  EXPECT_EQ(tree_.git({"--git-dir", git_dir, "rev-list", "main"}), third);
  tree_.git({"--git-dir", git_dir, "fsck", "--strict", "--no-dangling"});
}

TEST_F(WireTemplateSourceTest, BeginsAnewWhereWhatIsKeptIsDamaged) {
  EXPECT_EQ(content(place()), "1");
  for (const fs::path& pack : packs()) fs::resize_file(pack, 20);
  EXPECT_EQ(content(place()), "1");
  for (const fs::path& pack : packs()) fs::remove(pack);
  EXPECT_EQ(content(place()), "1");
  // As a kill in between leaves it.
  fs::remove(kept().at(0) / "HEAD");
  std::ofstream(kept().at(0) / "objects/pack/pack_git2_x") << "half";
  EXPECT_EQ(content(place()), "1");
  std::ofstream(kept().at(0) / "refs/heads/main.lock") << "";
  tree_.write("deploy/root/a", "2");
  tree_.commit("second");
  EXPECT_EQ(content(place()), "2");
}

TEST_F(WireTemplateSourceTest, KeepsABoundedNumberOfRepositoriesAndPacks) {
  fs::create_directories(cache_);
  for (std::size_t i = 0; i < kSourceRepositoriesMax + 5; ++i) {
    fs::create_directory(cache_ + "/old" + std::to_string(i));
  }
  EXPECT_EQ(content(place()), "1");
  EXPECT_EQ(kept().size(), kSourceRepositoriesMax);
  for (const fs::path& one : kept()) {
    if (one.filename().string().starts_with("old")) fs::remove_all(one);
  }
  ASSERT_EQ(kept().size(), 1U);
  for (std::size_t i = 0; i < kPacksMax + 3; ++i) {
    tree_.write("deploy/root/a", "turn " + std::to_string(i));
    tree_.commit("next");
    EXPECT_EQ(content(place()), "turn " + std::to_string(i));
    EXPECT_LE(packs().size(), kPacksMax + 1);
  }
  EXPECT_LT(packs().size(), kPacksMax) << "it was never thrown away";
}

TEST_F(WireTemplateSourceTest, SaysWhyARemoteGivesNothing) {
  struct Row {
    std::function<Result<HttpResponse>()> fault;
    ErrorCode code;
    std::string says;
  };
  const Row rows[] = {
      {[] { return HttpResponse{.status = 401}; }, ErrorCode::denied, "wants a token"},
      {[] { return HttpResponse{.status = 404}; }, ErrorCode::unavailable, "404"},
      {[] { return HttpResponse{.status = 302}; }, ErrorCode::invalid, "redirects"},
      {[] { return HttpResponse{.status = 200, .body = "<html>"}; }, ErrorCode::invalid,
       "no Git is served there"},
      {[]() -> Result<HttpResponse> { return unavailable("nobody listens"); },
       ErrorCode::unavailable, "nobody listens"},
      {[] {
         return HttpResponse{
             .headers = {{"Content-Type", "application/x-git-upload-pack-advertisement"}},
             .body = std::string(kAdvertisementBytesMax + 1, '0')};
       },
       ErrorCode::exhausted, "references"},
  };
  for (const Row& row : rows) {
    web_.fault = row.fault;
    const auto tip = source_.tip(place());
    ASSERT_FALSE(tip.ok()) << row.says;
    EXPECT_EQ(tip.error().code, row.code) << tip.error().text();
    EXPECT_EQ(tip.error().subject, "https://git.example.org/" + name_);
    EXPECT_NE(tip.error().text().find(row.says), std::string::npos) << tip.error().text();
    // Of a commit nothing is said: it may be good.
    const auto reading = source_.read(place(), first_);
    ASSERT_FALSE(reading.ok());
    const bool is_kept = row.code == ErrorCode::denied || row.code == ErrorCode::exhausted;
    EXPECT_EQ(reading.error().code, is_kept ? row.code : ErrorCode::unavailable);
  }
  web_.fault = nullptr;
  EXPECT_EQ(source_.read(place(), std::string(40, '1')).error().code, ErrorCode::unavailable)
      << "a branch that was set back meanwhile";
  EXPECT_EQ(source_.read(place("main", "nowhere"), first_).error().code, ErrorCode::not_found);
}

// Memory is taken for as many objects as a pack says it has.
TEST_F(WireTemplateSourceTest, TakesNoPackOfTooManyObjects) {
  web_.fault = [this]() -> Result<HttpResponse> {
    const bool is_post = web_.asked.back().starts_with("POST");
    const std::string pack("PACK\0\0\0\2\xff\xff\xff\xff", 12);
    const std::string capabilities = std::string(1, '\0') + "side-band-64k shallow\n";
    return HttpResponse{.headers = {{"Content-Type", std::string("application/x-git-upload-pack-") +
                                                         (is_post ? "result" : "advertisement")}},
                        .body = is_post
                                    ? packet("shallow " + first_) + "0000" + packet("NAK\n") +
                                          packet("\1" + pack) + "0000"
                                    : packet(first_ + " refs/heads/main" + capabilities) + "0000"};
  };
  const auto reading = source_.read(place(), first_);
  ASSERT_FALSE(reading.ok());
  EXPECT_EQ(reading.error().code, ErrorCode::exhausted) << reading.error().text();
  EXPECT_NE(reading.error().message.find("4294967295 objects"), std::string::npos)
      << reading.error().text();
}

TEST_F(WireTemplateSourceTest, LeavesAServerAloneThatKeptItWaitingInVain) {
  web_.fault = [this]() -> Result<HttpResponse> {
    clock_.advance(kSourceSilenceMax);
    return unavailable("nothing came");
  };
  EXPECT_EQ(source_.tip(place()).error().code, ErrorCode::unavailable);
  const std::size_t asked = web_.asked.size();
  for (int i = 0; i < 3; ++i) {
    const auto tip = source_.tip({.repository = "https://git.example.org/another"});
    EXPECT_NE(tip.error().message.find("nothing came"), std::string::npos) << tip.error().text();
  }
  EXPECT_EQ(web_.asked.size(), asked);
  clock_.advance(kSourceRest);
  web_.fault = nullptr;
  EXPECT_EQ(source_.tip(place()).value(), first_);
  // One that answers quickly is asked again at once, whatever it says.
  EXPECT_EQ(source_.tip({.repository = "https://git.example.org/absent"}).error().code,
            ErrorCode::unavailable);
  EXPECT_EQ(source_.tip(place()).value(), first_);
}

TEST_F(WireTemplateSourceTest, TurnsOnlyToWhatIsAllowed) {
  const auto refused = [](const WireTemplateSource& source, const std::string& repository) {
    const auto checked = source.check({.repository = repository});
    if (checked) return std::string("allowed");
    EXPECT_EQ(checked.error().field, "repository");
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    return checked.error().message;
  };
  WireTemplateSource source(
      {.remotes = {allowed("https://git.example.org/team/"), allowed("git@git.example.org:team/")}},
      clock_);
  EXPECT_EQ(refused(source, "https://git.example.org/team/x.git"), "allowed");
  EXPECT_EQ(refused(source, "git@git.example.org:team/x.git"), "allowed");
  EXPECT_EQ(refused(source, "https://git.example.org/other/x.git"),
            "\"https://git.example.org/other/x.git\" is not below what this server may read: "
            "https://git.example.org/team/, git@git.example.org:team/");
  EXPECT_NE(refused(source, "ssh://root@127.0.0.1/team/x.git"), "allowed");
  EXPECT_NE(refused(WireTemplateSource({}, clock_), "https://git.example.org/team/x.git")
                .find("--template-remotes"),
            std::string::npos);
  // What was allowed once, and is no longer.
  EXPECT_EQ(source.tip(place()).error().code, ErrorCode::invalid);
  EXPECT_EQ(source.read(place(), first_).error().code, ErrorCode::invalid);
  EXPECT_TRUE(web_.asked.empty());
}

TEST_F(WireTemplateSourceTest, GetsInByTheLongestPrefix) {
  const auto with_fault = [this](const std::string& prefix, const std::string& says) {
    auto made = allowed(prefix);
    made.access.connect = [says](const std::string&) -> Result<std::unique_ptr<Transport>> {
      return unavailable(says);
    };
    return made;
  };
  WireTemplateSource source({.remotes = {with_fault("https://git.example.org/a/", "of a"),
                                         with_fault("https://git.example.org/a/b/", "of b"),
                                         with_fault("https://git.example.org/", "of all")}},
                            clock_);
  const auto asked = [&](const std::string& path) {
    return source.tip({.repository = "https://git.example.org/" + path}).error().message;
  };
  EXPECT_EQ(asked("a/b/x.git"), "of b");
  EXPECT_EQ(asked("a/x.git"), "of a");
  EXPECT_EQ(asked("x.git"), "of all");
}

TEST_F(WireTemplateSourceTest, IsPickedForWhatIsOnAnotherMachine) {
  LocalTemplateSource local({.repositories = web_.root});
  TemplateSources sources(local, source_);
  const model::TemplateGit here{.repository = tree_.path(), .path = "deploy"};
  EXPECT_EQ(sources.tip(here).value(), first_);
  EXPECT_TRUE(sources.read(here, first_).ok());
  EXPECT_TRUE(web_.asked.empty());
  EXPECT_EQ(sources.tip(place()).value(), first_);
  EXPECT_TRUE(sources.read(place(), first_).ok());
  EXPECT_FALSE(web_.asked.empty());
  for (const std::string repository : {"ftp://x/y", "x.git", "ssh://git.example.org/x.git"}) {
    EXPECT_EQ(sources.check({.repository = repository}).error().field, "repository");
  }
}

}  // namespace
}  // namespace titan::gitops

// Templates out of repositories of other machines, by https and ssh.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/clock.hpp"
#include "gitops/wire_template_source.hpp"
#include "tests/e2e/await_template.hpp"
#include "tests/e2e/git/git_servers.hpp"
#include "tests/support/git_work_tree.hpp"

namespace titan {
namespace {

using testing::await_commit;
using testing::await_template;
using testing::GitWebServer;
using testing::RunningServer;
using testing::SshServer;

class TemplateRemotes : public ::testing::Test {
 protected:
  // Starts titan-server with this file of --template-remotes.
  void start(const std::string& remotes) {
    const std::string file = folder_.path() + "/remotes.yaml";
    std::ofstream(file) << remotes;
    server_ = std::make_unique<RunningServer>(
        folder_.path() + "/server",
        std::vector<std::string>{"--template-remotes", file, "--template-interval", "1s"});
  }
  // A commit of a template with one file, that the bare repository has.
  std::string push(const std::string& repository, const std::string& content) {
    tree_.write("deploy/root/etc/service.conf", content);
    const std::string commit = tree_.commit(content);
    if (!std::filesystem::exists(repository)) {
      tree_.git({"clone", "--quiet", "--bare", tree_.path(), repository});
    }
    tree_.git({"push", "--quiet", repository, "main"});
    return commit;
  }
  // The commit of the tag "v1", an object of its own; no branch has it.
  std::string push_tag(const std::string& repository) {
    tree_.git({"checkout", "--quiet", "--detach"});
    tree_.write("deploy/root/etc/service.conf", "of the tag");
    const std::string commit = tree_.commit("beside main");
    tree_.git({"tag", "--annotate", "--message", "v1", "v1"});
    tree_.git({"push", "--quiet", repository, "v1"});
    tree_.git({"checkout", "--quiet", "main"});
    return commit;
  }
  Outcome create(const std::string& name, const std::string& url, const std::string& ref) {
    return testing::run_titan(
        *server_, {"create", "template", name, "--repo", url, "--ref", ref, "--path", "deploy/"});
  }
  void follow(const std::string& name, const std::string& url, const std::string& ref) {
    const Outcome made = create(name, url, ref);
    ASSERT_EQ(made.exit_code, 0) << made.errors;
  }
  // Waits until the template says that it cannot be read, and why; the commit that is in use.
  std::string await_reason(const std::string& name, const std::string& why) {
    const auto bad = await_template(*server_, name, [&](const model::Entity& entity) {
      return entity.status == model::Status::error && !entity.reason.empty() &&
             entity.reason[0].find(why) != std::string::npos;
    });
    EXPECT_EQ(bad.reason.at(0).find(GitWebServer::kToken), std::string::npos);
    return std::get<model::TemplateSpec>(bad.spec).git->commit;
  }

  testing::TemporaryDirectory folder_;
  testing::GitWorkTree tree_;
  std::unique_ptr<RunningServer> server_;
};

TEST_F(TemplateRemotes, AreFollowedByHttps) {
  if (!GitWebServer::is_installed()) GTEST_SKIP() << "nginx or fcgiwrap is not installed";
  const GitWebServer web(folder_.path() + "/web", GitWebServer::Dates::valid);
  const auto other =
      testing::make_certificate(folder_.path(), "other_authority", {.is_authority = true});
  const std::string credentials =
      "    tokenFile: " + web.file("token") + "\n    caFile: " + web.ca_file() + "\n";
  start("remotes:\n  - prefix: " + web.url("team/") + "\n" + credentials +
        "  - prefix: " + web.url("team/distrusted/") + "\n    caFile: " + other.certificate + "\n");
  const std::string repository = web.repositories() + "/team/x.git";
  const std::string first = push(repository, "first");
  follow("service", web.url("team/x.git"), "main");
  await_commit(*server_, "service", first);
  const std::string second = push(repository, "second");
  await_commit(*server_, "service", second);

  const std::string tagged = push_tag(repository);
  follow("tagged", web.url("team/x.git"), "v1");
  await_commit(*server_, "tagged", tagged);

  follow("distrusted", web.url("team/distrusted/x.git"), "main");
  EXPECT_EQ(await_reason("distrusted", "certificate"), "");
  follow("absent", web.url("team/absent.git"), "main");
  EXPECT_EQ(await_reason("absent", "404"), "");
  follow("gone", web.url("team/x.git"), "gone");
  EXPECT_EQ(await_reason("gone", "no branch and no tag"), "");

  // Without its token nothing is read, and what was read stays; then all is well again.
  std::filesystem::rename(web.file("token"), web.file("token-away"));
  EXPECT_EQ(await_reason("service", web.file("token")), second);
  std::filesystem::rename(web.file("token-away"), web.file("token"));
  const std::string third = push(repository, "third");
  await_commit(*server_, "service", third);
}

TEST_F(TemplateRemotes, AreFollowedBySsh) {
  if (!SshServer::is_installed()) GTEST_SKIP() << "openssh-server is not installed";
  const SshServer ssh(folder_.path() + "/sshd");
  const std::string known = testing::read_text(ssh.file("known_hosts"));
  start("remotes:\n  - prefix: " + ssh.url(folder_.path() + "/srv/") + "\n    keyFile: " +
        ssh.file("user_key") + "\n    knownHosts: " + ssh.file("known_hosts") + "\n");
  const std::string repository = folder_.path() + "/srv/x.git";
  const std::string first = push(repository, "first");
  follow("service", ssh.url(repository), "main");
  await_commit(*server_, "service", first);
  const std::string tagged = push_tag(repository);
  follow("tagged", ssh.url(repository), "v1");
  await_commit(*server_, "tagged", tagged);

  // Another key than the one that is known.
  testing::run_tool({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", ssh.file("other_key")});
  static_cast<void>(ssh.write("known_hosts", "[127.0.0.1]:" + std::to_string(ssh.port()) + " " +
                                                 testing::read_text(ssh.file("other_key.pub"))));
  EXPECT_EQ(await_reason("service", ssh.fingerprint()), first);
  static_cast<void>(ssh.write("known_hosts", known));
  const std::string second = push(repository, "second");
  await_commit(*server_, "service", second);
}

TEST_F(TemplateRemotes, AreThoseThatAreAllowedAlone) {
  start("remotes:\n  - prefix: https://git.example.org/team/\n");
  for (const std::string repository :
       {"https://git.example.org/other/x.git", "https://git.example.org/team/%2e%2e/x.git",
        "http://169.254.169.254/latest", "ssh://root@127.0.0.1/srv/x.git",
        "git@git.example.org:team/x.git"}) {
    const Outcome refused = create("service", repository, "main");
    EXPECT_NE(refused.exit_code, 0) << repository;
    for (const std::string says : {"spec.git.repository", "https://git.example.org/team/"}) {
      EXPECT_NE(refused.errors.find(says), std::string::npos) << refused.errors;
    }
  }
  EXPECT_NE(create("service", "/srv/x.git", "main").errors.find("--template-repositories"),
            std::string::npos);
}

TEST_F(TemplateRemotes, AreGivenUpWhenTheySayNothing) {
  if (!SshServer::is_installed()) GTEST_SKIP() << "openssh-server is not installed";
  const SshServer ssh(folder_.path() + "/sshd");
  const testing::SilentServer silent;
  const std::string place = "ssh://git@127.0.0.1:" + std::to_string(silent.port()) + "/srv/";
  const SystemClock clock;
  gitops::WireTemplateSource source(
      {.folder = folder_.path() + "/kept",
       .remotes = {{.prefix = gitops::RemotePrefix::parse(place).value(), .access = ssh.options()}},
       .silence_max = std::chrono::milliseconds(100)},
      clock);
  const auto begun = clock.monotonic();
  const auto tip = source.tip({.repository = place + "x.git"});
  ASSERT_FALSE(tip.ok());
  EXPECT_EQ(tip.error().code, ErrorCode::unavailable) << tip.error().text();
  EXPECT_LT(clock.monotonic() - begun, std::chrono::seconds(5));
}

}  // namespace
}  // namespace titan

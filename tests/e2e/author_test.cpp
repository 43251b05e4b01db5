// The word of an author, with the three programs: what the server's admin does without it changes
// nothing on a host that wants it.
#include <gtest/gtest.h>

#include "model/template.hpp"
#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using testing::RunningServer;
using Files = std::map<std::string, std::string>;

class AuthorProgramsTest : public ::testing::Test {
 protected:
  AuthorProgramsTest() {
    titan({"create", "host", "pi", "--labels", "name=pi"});
    put_template("by nobody for {{host.labels.name}}\n");
    titan({"create", "workload", "sensor"});
    titan({"create", "target", "all", "--selector", "name"});
    titan({"create", "deployment", "prod", "--workload", "sensor", "--template", "service",
           "--target", "all"});
    key_ = titan({"key", "new", folder_.path() + "/author.key"});
    key_ = key_.substr(0, key_.find('\n'));
  }

  // As the server's admin.
  std::string titan(const std::vector<std::string>& arguments) {
    const Outcome outcome = testing::run_titan(server_, arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return outcome.output;
  }
  void put_template(const std::string& content) {
    model::TemplateSpec spec;
    spec.files = {{.path = "root/etc/{{deployment.name}}.conf",
                   .digest = server_.client().put_blob(content).value(),
                   .size = content.size()}};
    ASSERT_TRUE(server_.client().put({.name = "service", .spec = std::move(spec)}));
  }
  void sign(const std::string& what, const std::string& key = "author.key") {
    titan({"sign", what, "--key", folder_.path() + "/" + key, "--yes"});
  }
  Outcome agent(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), testing::program_path("titan-agent"));
    for (const char* folder : {"state", "run"}) {
      arguments.insert(arguments.end(),
                       {std::string("--") + folder, folder_.path() + "/pi/" + folder});
    }
    return SystemProcessRunner().run({.arguments = std::move(arguments)}).value();
  }
  // A step of the agent, which knows all that was written before.
  int once() {
    server_.settle();
    return SystemProcessRunner()
        .run({.arguments = testing::agent_once(server_.url(), "pi", folder_.path() + "/pi")})
        .value()
        .exit_code;
  }
  Files files() { return testing::read_files(folder_.path() + "/pi/root"); }
  // The step applies nothing, and both sides say why.
  void expect_refused(const std::string& what, const std::string& why, const Files& before) {
    EXPECT_EQ(once(), 1) << what;
    EXPECT_EQ(files(), before) << what;
    const std::string reason = "not signed by an author this host trusts: " + why;
    const std::string status = agent({"status"}).output;
    EXPECT_NE(status.find(reason), std::string::npos) << what << ": " << status;
    const model::Key prod{.kind = model::Kind::deployment, .workspace = "default", .name = "prod"};
    EXPECT_EQ(server_.await_status(prod, model::Status::error), model::Status::error) << what;
    const std::string told = titan({"describe", "deployment", "prod"});
    EXPECT_NE(told.find("not signed by an author"), std::string::npos) << what << ": " << told;
  }
  void expect_signed_alone_is_applied() {
    expect_refused("unsigned", "nobody signed deployment/prod", {});
    sign("host/pi");
    expect_refused("the host alone", "nobody signed deployment/prod", {});
    sign("deployment/prod");
    EXPECT_EQ(once(), 0);
    const Files signed_files = {{"etc/prod.conf", "by nobody for pi\n"}};
    ASSERT_EQ(files(), signed_files);

    const std::string not_prod = "the signature by " + key_ + " is not of deployment/prod";
    put_template("by the admin for {{host.labels.name}}\n");
    expect_refused("another template", not_prod, signed_files);
    titan({"key", "new", folder_.path() + "/admin.key"});
    sign("deployment/prod", "admin.key");
    expect_refused("signed by the admin", "deployment/prod is signed by none of this host's keys",
                   signed_files);
    titan({"apply", "host", "pi", "--labels", "name=evil"});
    sign("deployment/prod");
    expect_refused("another label", "", signed_files);

    // What the author has looked at and signed comes through, and so does what was told meanwhile.
    sign("host/pi");
    EXPECT_EQ(once(), 0);
    EXPECT_EQ(files(), (Files{{"etc/prod.conf", "by the admin for evil\n"}}));
  }

  testing::TemporaryDirectory folder_;
  RunningServer server_{folder_.path() + "/server"};
  std::string key_;  // the author's, as `titan key new` prints it
};

TEST_F(AuthorProgramsTest, IsWantedFromTheFirstMomentOfAHost) {
  const std::string made = titan({"create", "enrollment", "--host", "pi"});
  const Outcome enrolled =
      agent({"enroll", made.substr(0, made.find('\n')), "--require-signed-by", key_});
  ASSERT_EQ(enrolled.exit_code, 0) << enrolled.errors;
  expect_signed_alone_is_applied();
}

TEST_F(AuthorProgramsTest, IsWantedOnceTheHostWasToldSo) {
  testing::enroll(server_, "pi", folder_.path() + "/pi");
  const Outcome told = agent({"trust-author", key_});
  ASSERT_EQ(told.exit_code, 0) << told.errors;
  EXPECT_EQ(told.output, "applies what is signed by " + key_ + "\n");
  expect_signed_alone_is_applied();
}

}  // namespace
}  // namespace titan

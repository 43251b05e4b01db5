// A host that applies only what its authors signed, beside a real server. What a stolen server can
// try is in attack_test.cpp.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "agent/limits.hpp"
#include "agent/trust_command.hpp"
#include "base/json.hpp"
#include "tests/agent/test_author.hpp"
#include "tests/agent/test_host.hpp"

namespace titan::agent {
namespace {

using titan::testing::TestAuthor;
using titan::testing::TestHost;
using titan::testing::TestServer;
using Outcome = StepResult::Outcome;
using Files = std::map<std::string, std::string>;

constexpr const char* kWhy = "not signed by an author this host trusts: ";

class AuthorTest : public ::testing::Test {
 protected:
  AuthorTest() {
    server_.put_prod();
    host_.authors = {author_.key()};
  }
  void expect_held(const std::string& why, const std::string& name = "prod") {
    const Files files = host_.files();
    const StepResult result = host_.once().value();
    EXPECT_EQ(result.outcome, Outcome::stalled);
    EXPECT_EQ(result.applied + result.removed, 0U);
    EXPECT_EQ(host_.files(), files);
    const model::Entity entity = server_.deployment(name);
    EXPECT_EQ(entity.status, model::Status::error);
    ASSERT_FALSE(entity.reason.empty());
    EXPECT_NE(entity.reason[0].find(kWhy + why), std::string::npos) << entity.reason[0];
    EXPECT_NE(host_.status_text().find(kWhy + why), std::string::npos) << host_.status_text();
  }
  void expect_applied(const std::string& content) {
    host_.once_done();
    EXPECT_EQ(host_.files().at("etc/prod.conf"), content);
    EXPECT_EQ(server_.deployment("prod").status, model::Status::ready);
  }
  void sign_all() {
    author_.sign_host(server_, "pi");
    author_.sign_deployment(server_, "prod");
  }

  TestServer server_;
  TestHost host_{server_};
  TestAuthor author_;
};

TEST_F(AuthorTest, AppliesOnlyWhatIsSigned) {
  expect_held("nobody signed deployment/prod");
  EXPECT_TRUE(host_.files().empty());
  author_.sign_deployment(server_, "prod");
  expect_held("nobody signed this host's labels");
  author_.sign_host(server_, "pi");
  expect_applied("host pi\n");
  EXPECT_NE(host_.status_text().find("signed by      " + author_.key().text()), std::string::npos);
  EXPECT_EQ(json_of(host_.status(), {})["requireSignedBy"], nlohmann::json({author_.key().text()}));
}

TEST_F(AuthorTest, KeepsWhatItHasUntilWhatChangedIsSignedAnew) {
  sign_all();
  expect_applied("host pi\n");
  server_.put_template("service", "second\n");
  expect_held("the signature by " + author_.key().text() +
              " is not of deployment/prod as the server sent it");
  author_.sign_deployment(server_, "prod");
  expect_applied("second\n");

  server_.put_template("service", "{{values.x}}\n");
  model::Entity prod = server_.deployment("prod");
  std::get<model::DeploymentSpec>(prod.spec).values = model::Values::from({{"x", 1}}).value();
  server_.put(prod);
  expect_held("the signature by");
  author_.sign_deployment(server_, "prod");
  expect_applied("1\n");

  model::Entity pi = server_.client().get({.kind = model::Kind::host, .name = "pi"}).value();
  std::get<model::HostSpec>(pi.spec).values = model::Values::from({{"x", 2}}).value();
  server_.put(pi);
  expect_held("the signature by " + author_.key().text() + " is not of host/pi");
  author_.sign_host(server_, "pi");
  expect_applied("2\n");

  std::get<model::DeploymentSpec>(prod.spec).signatures.clear();
  server_.put(prod);
  expect_held("nobody signed deployment/prod");
}

// A check may run a program, and what others change may matter.
TEST_F(AuthorTest, RunsNoCheckAndKeepsToNoPolicyThatIsNotSigned) {
  sign_all();
  expect_applied("host pi\n");
  const std::string not_as_signed = "the signature by " + author_.key().text() +
                                    " is not of deployment/prod as the server sent it";
  model::Entity service =
      server_.client().get({.kind = model::Kind::template_, .name = "service"}).value();
  std::get<model::TemplateSpec>(service.spec).health.checks = {
      {.command = {"/bin/sh", "-c", "echo owned"}}};
  server_.put(service);
  expect_held(not_as_signed);
  std::get<model::TemplateSpec>(service.spec).health = {};
  server_.put(service);
  expect_applied("host pi\n");

  model::Entity prod = server_.deployment("prod");
  std::get<model::DeploymentSpec>(prod.spec).drift_policy = model::DriftPolicy::report;
  server_.put(prod);
  expect_held(not_as_signed);
  author_.sign_deployment(server_, "prod");
  expect_applied("host pi\n");
}

TEST_F(AuthorTest, OneThatIsHeldHoldsBackNoOther) {
  sign_all();
  expect_applied("host pi\n");
  server_.put_template("tool", "tool\n", "root/etc/tool");
  server_.put_deployment("dev", "tool");
  expect_held("nobody signed deployment/dev", "dev");
  server_.put_template("service", "second\n");
  author_.sign_deployment(server_, "prod");
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(host_.files(), Files({{"etc/prod.conf", "second\n"}}));
  EXPECT_EQ(server_.deployment("prod").status, model::Status::ready);
}

TEST_F(AuthorTest, OneGoodSignatureAmongOthersIsEnough) {
  sign_all();
  TestAuthor stranger(8);
  model::Entity prod = server_.deployment("prod");
  auto& spec = std::get<model::DeploymentSpec>(prod.spec);
  const model::AuthorSignature good = spec.signatures[0];
  spec.signatures = {stranger.sign(author_.statement_of(server_, "prod"))};
  server_.put(prod);
  expect_held("deployment/prod is signed by none of this host's keys, but by " +
              stranger.key().text());
  spec.signatures.push_back(good);
  server_.put(prod);
  expect_applied("host pi\n");
}

TEST_F(AuthorTest, AnOlderWordIsRefusedEvenWhenTheDeploymentWasAway) {
  sign_all();
  const model::Entity old = server_.deployment("prod");
  expect_applied("host pi\n");
  author_.sign_deployment(server_, "prod");
  host_.once_done();
  server_.put(old);
  expect_held("the signature of deployment/prod is older (1002) than one that was taken (1003)");
  EXPECT_EQ(server_.call("DELETE", "/v1/workspaces/default/deployments/prod?force=true").status,
            200);
  host_.once_done();
  EXPECT_TRUE(host_.files().empty());  // what goes needs no signature
  host_.power_cut();
  server_.put(old);
  expect_held("the signature of deployment/prod is older");
  // The word of now counts again and again.
  author_.serial = 1002;
  author_.sign_deployment(server_, "prod");
  expect_applied("host pi\n");
}

TEST_F(AuthorTest, AHostThatWasSignedStaysSigned) {
  sign_all();
  const model::Entity old = server_.client().get({.kind = model::Kind::host, .name = "pi"}).value();
  expect_applied("host pi\n");
  author_.sign_host(server_, "pi");
  host_.once_done();
  server_.put(old);
  expect_held("the signature of host/pi is older (1001) than one that was taken (1003)");
  model::Entity without = old;
  std::get<model::HostSpec>(without.spec).signatures.clear();
  server_.put(without);
  expect_held("this host's labels and values are signed no more");
}

TEST_F(AuthorTest, AHostWithoutLabelsAndValuesNeedsNoSignatureOfItsOwn) {
  server_.put({.name = "lab",
               .workspace = "default",
               .spec = model::TargetSpec{.selector = model::LabelSelector::parse("!gpu").value()}});
  server_.put_host("pi", {});
  author_.sign_deployment(server_, "prod");
  expect_applied("host pi\n");
}

class TrustAuthor : public AuthorTest {
 protected:
  Result<void> trust(const PublicKey& key, bool remove = false) {
    out_.str("");
    return trust_author(host_.state().disk(), out_, {.key = key, .remove = remove});
  }
  std::ostringstream out_;
};

TEST_F(TrustAuthor, HoldsFromThenOnWhatIsNotSigned) {
  host_.authors.clear();
  EXPECT_EQ(trust(author_.key()).error().code, ErrorCode::denied);  // not enrolled
  expect_applied("host pi\n");
  ASSERT_TRUE(trust(author_.key()));
  EXPECT_EQ(out_.str(), "applies what is signed by " + author_.key().text() + "\n");
  ASSERT_TRUE(trust(author_.key()));
  EXPECT_EQ(out_.str(), "applies what is signed by " + author_.key().text() + "\n");
  expect_held("nobody signed deployment/prod");
  EXPECT_EQ(host_.files(), Files({{"etc/prod.conf", "host pi\n"}}));

  const PublicKey other = TestAuthor(8).key();
  const auto unknown = trust(other, true);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
  ASSERT_TRUE(trust(author_.key(), true));
  EXPECT_EQ(out_.str(), "applies whatever the server wants, signed or not\n");
  server_.put_template("service", "second\n");
  expect_applied("second\n");
}

TEST_F(TrustAuthor, IsRefusedWhileAnAgentRuns) {
  host_.once().value();
  const auto lock = host_.state().disk().lock(kLockFile).value();
  const auto refused = trust(author_.key());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().subject, kLockFile);
}

TEST_F(TrustAuthor, HasALimit) {
  host_.once().value();
  for (std::uint64_t i = 1; i < kAuthorKeysMax; ++i) {
    ASSERT_TRUE(trust(TestAuthor(100 + i).key()));
  }
  const auto refused = trust(TestAuthor(99).key());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
}

TEST_F(TrustAuthor, StaysWhenTheHostIsEnrolledAnew) {
  host_.once().value();
  host_.authors = {TestAuthor(8).key()};
  ASSERT_EQ(server_.call("DELETE", "/v1/devices/pi").status, 200);
  host_.enroll();
  const auto identity = IdentityStore(host_.state().disk()).load_public().value().value();
  EXPECT_EQ(identity.require_signed_by,
            (std::vector<PublicKey>{author_.key(), TestAuthor(8).key()}));
}

}  // namespace
}  // namespace titan::agent

// Deployments with secrets under faults: each call to a disk, the run directory or the network
// fails in turn, or is the last one before the process is killed or the power goes. Whatever
// happens, no value is anywhere but in the run directory, each file is the old or the new one
// whole, and the next run ends in the old or in the new state.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/base64.hpp"
#include "tests/agent/secret_host.hpp"

namespace titan::agent::secret_faults {
namespace {

using nlohmann::json;
using titan::testing::SecretHost;
using Texts = SecretHost::Texts;

const Error kFault{ErrorCode::unavailable, "injected"};

constexpr const char* kOne = "first-hunter2";
constexpr const char* kTwo = "second-hunter3";
const json kValues = {{"password", {{"$secret", "db"}, {"key", "password"}}}};

void put_before(SecretHost& host) {
  host.set_secret("db", "password", kOne);
  host.deploy("prod",
              {{"root/etc/a", "a={{values.password}}\n"},
               {"root/etc/b", "b={{values.password}}\n"},
               {"root/etc/c", "c\n"}},
              kValues);
  host.deploy("gone", {{"root/opt/gone", "gone={{values.password}}\n"}}, kValues);
}

// A rotation; a link becomes a file, a file a link; one deployment leaves, one arrives.
void put_after(SecretHost& host) {
  host.set_secret("db", "password", kTwo);
  host.deploy("prod",
              {{"root/etc/a", "a={{values.password}}\n"},
               {"root/etc/b", "b\n"},
               {"root/etc/c", "c={{values.password}}\n"}},
              kValues);
  host.take_away("gone");
  host.deploy("late", {{"root/srv/late", "late={{values.password}}\n"}}, kValues);
}

const Texts kBefore = {{"etc/a", "a=first-hunter2\n"},
                       {"etc/b", "b=first-hunter2\n"},
                       {"etc/c", "c\n"},
                       {"opt/gone", "gone=first-hunter2\n"}};
const Texts kAfter = {{"etc/a", "a=second-hunter3\n"},
                      {"etc/b", "b\n"},
                      {"etc/c", "c=second-hunter3\n"},
                      {"srv/late", "late=second-hunter3\n"}};

void expect_untold(SecretHost& host) {
  const std::string all = host.remains();
  for (const std::string value : {kOne, kTwo}) {
    EXPECT_EQ(all.find(value), std::string::npos);
    EXPECT_EQ(all.find(base64url(value)), std::string::npos);
    for (const char* before : {"a=", "b=", "c=", "gone=", "late="}) {
      const Digest digest = Digest::of(before + value + "\n");
      EXPECT_EQ(all.find(digest.hex()), std::string::npos) << before;
    }
  }
}

bool is_old_or_new(const std::string& path, const std::string& content) {
  const auto is_of = [&](const Texts& texts) {
    const auto found = texts.find(path);
    return found != texts.end() && found->second == content;
  };
  return is_of(kBefore) || is_of(kAfter);
}

// Each deployment is in its old or its new state; how far the others are does not matter to it.
void expect_old_or_new(const Texts& files) {
  for (const char* folder : {"etc/", "opt/", "srv/"}) {
    const auto of_folder = [&](const Texts& all) {
      Texts found;
      for (const auto& [path, content] : all) {
        if (path.starts_with(folder)) found[path] = content;
      }
      return found;
    };
    const Texts found = of_folder(files);
    EXPECT_TRUE(found == of_folder(kBefore) || found == of_folder(kAfter)) << folder;
  }
}

enum class Where { state, root, run, network };
enum class How { fails_once, is_killed, loses_power };

class SecretFaults : public ::testing::TestWithParam<std::tuple<Where, How>> {
 protected:
  static testing::Faults& faults_of(SecretHost& host, Where where) {
    switch (where) {
      case Where::state:
        return host.state().faults();
      case Where::root:
        return host.root().faults();
      case Where::run:
        return host.run().faults();
      case Where::network:
        break;
    }
    return host.transport().faults();
  }
  static void forget_faults(SecretHost& host) {
    for (const Where where : {Where::state, Where::root, Where::run, Where::network}) {
      faults_of(host, where).reset();
    }
  }
  // The next run ends in the new state, and there is peace.
  static void expect_end(SecretHost& host, std::size_t n) {
    forget_faults(host);
    host.once_done();
    EXPECT_EQ(host.files(), kAfter) << "after a fault at call " << n;
    EXPECT_EQ(host.links(), (std::set<std::string>{"etc/a", "etc/c", "srv/late"}));
    EXPECT_EQ(host.run_files(), (Texts{{"default/late/srv/late", kAfter.at("srv/late")},
                                       {"default/prod/etc/a", kAfter.at("etc/a")},
                                       {"default/prod/etc/c", kAfter.at("etc/c")}}));
    expect_untold(host);
    EXPECT_EQ(host.git_objects().find("hunter"), std::string::npos);
    host.root().faults().reset();
    host.once_done();
    EXPECT_EQ(host.root().faults().changes(), std::vector<std::string>{});
  }
  static SecretHost& prepare(SecretHost& host) {
    put_before(host);
    host.once_done();
    EXPECT_EQ(host.files(), kBefore);
    put_after(host);
    forget_faults(host);
    return host;
  }
  // One whole life with a fault at the n-th call; false when there is no n-th call any more.
  static bool live_with_fault_at(std::size_t n, Where where, How how, bool is_cut_off_then) {
    SecretHost host;
    prepare(host);
    testing::Faults& faults = faults_of(host, where);
    how == How::fails_once ? faults.fail_at(n, kFault) : faults.fail_from(n, kFault);
    (void)host.once();
    const bool reached = faults.count() >= n;
    if (how == How::loses_power) host.power_cut();
    for (const auto& [path, content] : host.files()) {
      if (path.ends_with(".titan-tmp")) continue;
      const bool lost = how == How::loses_power && content == "(nothing)";
      EXPECT_TRUE(lost || is_old_or_new(path, content)) << path << ": " << content;
    }
    expect_untold(host);
    if (is_cut_off_then) {
      forget_faults(host);
      host.transport().faults().fail_from(1, kFault);
      (void)host.once();
      SCOPED_TRACE("without the server, after a fault at call " + std::to_string(n));
      expect_old_or_new(host.files());
    }
    expect_end(host, n);
    return reached;
  }
};

TEST_P(SecretFaults, EndInTheNewStateAtTheNextRunAndTellNothing) {
  const auto [where, how] = GetParam();
  // A fault that passes is no reason to be cut off then.
  const bool is_cut_off_then = how != How::fails_once;
  std::size_t n = 1;
  while (live_with_fault_at(n, where, how, is_cut_off_then)) {
    ++n;
    ASSERT_LT(n, 1000U);
    if (HasFailure()) FAIL() << "at call " << n - 1;
  }
  EXPECT_GT(n, where == Where::network ? 3U : 10U) << "the faults struck nothing";
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Where, How>>& info) {
  constexpr std::array kWhere = {"State", "Root", "Run", "Network"};
  constexpr std::array kHow = {"FailsOnce", "IsKilled", "LosesPower"};
  return std::string(kWhere[static_cast<std::size_t>(std::get<0>(info.param))]) +
         kHow[static_cast<std::size_t>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(
    Everywhere, SecretFaults,
    ::testing::Combine(::testing::Values(Where::state, Where::root, Where::run, Where::network),
                       ::testing::Values(How::fails_once, How::is_killed, How::loses_power)),
    name_of);

TEST(SecretRestoring, ThatIsCutOffAnywhereIsCompletedByTheNextRunWithoutTheServer) {
  for (const Where where : {Where::state, Where::root, Where::run}) {
    for (std::size_t n = 1;; ++n) {
      SecretHost host;
      put_before(host);
      host.once_done();
      host.reboot();
      auto& faults = where == Where::state  ? host.state().faults()
                     : where == Where::root ? host.root().faults()
                                            : host.run().faults();
      for (auto* all : {&host.state().faults(), &host.root().faults(), &host.run().faults()}) {
        all->reset();
      }
      host.transport().faults().reset();
      host.transport().faults().fail_from(1, kFault);
      faults.fail_from(n, kFault);
      (void)host.once();
      const bool reached = faults.count() >= n;
      faults.reset();
      (void)host.once();
      ASSERT_EQ(host.files(), kBefore) << "after a fault at call " << n;
      expect_untold(host);
      if (!reached) break;
    }
  }
}

}  // namespace
}  // namespace titan::agent::secret_faults

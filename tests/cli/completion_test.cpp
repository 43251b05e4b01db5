#include "base/process_runner.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

class CompletionTest : public testing::CliTest {
 protected:
  // What bash offers for the last of these words.
  std::string offered(const std::string& words, int word) {
    EXPECT_EQ(titan("completion bash"), 0) << err;
    const std::string script = out + "COMP_WORDS=(" + words +
                               "); COMP_CWORD=" + std::to_string(word) +
                               "; _titan; echo \"${COMPREPLY[*]}\"\n";
    const auto outcome = SystemProcessRunner().run({.arguments = {"bash", "-c", script}});
    EXPECT_TRUE(outcome.ok());
    EXPECT_EQ(outcome->errors, "");
    return outcome->output;
  }
};

TEST_F(CompletionTest, OffersVerbsKindsAndFlagsWhereTheyBelong) {
  EXPECT_EQ(offered("titan cr", 1), "create\n");
  EXPECT_EQ(offered("titan create dep", 2), "deployment\n");
  EXPECT_EQ(offered("titan create deployment prod --tar", 4), "--target\n");
  EXPECT_EQ(offered("titan render --out", 2), "--output --output-dir\n");
  EXPECT_EQ(offered("titan get hos", 2), "host hosts\n");
  EXPECT_EQ(offered("titan get hosts --wat", 3), "--watch\n");
  EXPECT_EQ(offered("titan why pi:etc/a", 2), "\n");
  EXPECT_EQ(offered("titan report st", 2), "stage\n");
  EXPECT_EQ(offered("titan report stage build deployment/prod --cur", 5), "--current\n");
}

TEST_F(CompletionTest, KnowsOtherShells) {
  EXPECT_EQ(titan("completion zsh"), 0);
  EXPECT_NE(out.find("bashcompinit\n_titan() {"), std::string::npos) << out;
  EXPECT_EQ(titan("completion fish"), 0);
  EXPECT_NE(out.find("complete -c titan -n '__titan_is_at \"/create/host\"'"), std::string::npos);
  EXPECT_EQ(titan("completion csh"), 2);
  EXPECT_EQ(titan("completion"), 2);
}

}  // namespace
}  // namespace titan::cli

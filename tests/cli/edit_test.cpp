#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

class EditTest : public testing::CliTest {
 protected:
  void SetUp() override {
    variables["EDITOR"] = "ed --wait";
    api.put({{"kind", "Workload"}, {"name", "w"}});
    api.put({{"kind", "Target"}, {"name", "t"}, {"spec", {{"selector", "x"}}}});
    api.put({{"kind", "Deployment"},
             {"name", "prod"},
             {"revision", 7},
             {"tags", {{"owner", "tim"}}},
             {"spec", {{"workload", "w"}, {"target", "t"}, {"values", {{"interval", 5}}}}}});
  }
  // An editor that answers each opening in turn: from the text that it is shown to what it leaves.
  using Typing = std::function<std::string(const std::string&)>;
  void editor(std::vector<Typing> typings) {
    typings_ = std::move(typings);
    shown_.clear();
  }
  int edit(const std::string& line) {
    runner = ::titan::testing::FakeProcessRunner([this](const titan::Command& command) {
      path_ = command.arguments.back();
      shown_.push_back(content(path_));
      if (shown_.size() <= typings_.size()) file(path_, typings_[shown_.size() - 1](shown_.back()));
      return Outcome{};
    });
    return titan(line);
  }
  static Typing replacing(const std::string& from, const std::string& to) {
    return [=](const std::string& text) {
      const std::size_t place = text.find(from);
      EXPECT_NE(place, std::string::npos) << text;
      return std::string(text).replace(place, from.size(), to);
    };
  }
  [[nodiscard]] bool kept() const { return std::filesystem::exists(disk(path_)); }
  [[nodiscard]] json& prod() { return api.at("deployments", "default", "prod"); }

  std::vector<Typing> typings_;
  std::vector<std::string> shown_;
  std::string path_;
};

TEST_F(EditTest, AppliesWhatTheEditorLeaves) {
  editor({replacing("interval: 5", "interval: 6")});
  EXPECT_EQ(edit("edit deployment/prod"), 0) << err;
  EXPECT_EQ(out, "deployment/prod configured\n");
  EXPECT_EQ(prod()["spec"]["values"]["interval"], 6);
  EXPECT_FALSE(kept());
  ASSERT_EQ(shown_.size(), 1U);
  EXPECT_EQ(shown_[0],
            "# Save and leave the editor to apply deployment/prod;\n"
            "# leave the text as it is, or empty, to change nothing.\n"
            "kind: Deployment\n"
            "name: prod\n"
            "spec:\n"
            "  target: t\n"
            "  values:\n"
            "    interval: 5\n"
            "  workload: w\n"
            "tags:\n"
            "  owner: tim\n"
            "workspace: default\n");
}

TEST_F(EditTest, RunsTheEditorAtTheTerminalAndNoShell) {
  variables["VISUAL"] = "";
  variables["EDITOR"] = "  my-editor  --wait $(rm) ";
  variables["TMPDIR"] = "/var/tmp";
  EXPECT_EQ(edit("edit deployment prod"), 0) << err;
  const titan::Command& command = runner.commands().front();
  ASSERT_EQ(command.arguments.size(), 4U);
  EXPECT_EQ(command.arguments[0], "my-editor");
  EXPECT_EQ(command.arguments[1], "--wait");
  EXPECT_EQ(command.arguments[2], "$(rm)");
  EXPECT_TRUE(command.arguments[3].starts_with("/var/tmp/titan-edit-deployment-prod-"));
  EXPECT_TRUE(command.arguments[3].ends_with(".yaml"));
  EXPECT_TRUE(command.interactive);
  variables["VISUAL"] = "visual";
  EXPECT_EQ(edit("edit deployment prod"), 0) << err;
  EXPECT_EQ(runner.commands().front().arguments[0], "visual");
  variables.erase("VISUAL");
  variables.erase("EDITOR");
  EXPECT_EQ(edit("edit deployment prod"), 0) << err;
  EXPECT_EQ(runner.commands().front().arguments[0], "vi");
}

TEST_F(EditTest, ChangesNothingWhenTheTextSaysTheSame) {
  const std::vector<Typing> typings = {
      [](const std::string& text) { return text; },
      [](const std::string&) { return std::string(" \n"); },
      [](const std::string& text) { return text + "# a remark\n"; },
      replacing("interval: 5", "interval:   5"),
  };
  for (const Typing& typing : typings) {
    editor({typing});
    EXPECT_EQ(edit("edit deployment/prod"), 0) << err;
    EXPECT_EQ(out, "deployment/prod no change\n");
    EXPECT_FALSE(kept());
    EXPECT_TRUE(api.log.back().starts_with("GET ")) << api.log.back();
  }
}

TEST_F(EditTest, OpensAgainWhatIsRefusedWithTheReasonOnTop) {
  editor({replacing("workload: w", "workload: w\n  wrokload: w"),
          replacing("workload: w\n  wrokload: w", "workload: none"),
          replacing("workload: none", "workload: w\n  suspend: true")});
  EXPECT_EQ(edit("edit deployment/prod"), 0) << err;
  ASSERT_EQ(shown_.size(), 3U);
  EXPECT_TRUE(
      shown_[1].starts_with("# It was refused, and is opened again:\n"
                            "# deployment default/prod: spec.wrokload: unknown field"))
      << shown_[1];
  EXPECT_NE(shown_[1].find("\n  wrokload: w\n"), std::string::npos) << shown_[1];
  EXPECT_NE(shown_[2].find("# spec.workload: workload default/none does not exist\n"),
            std::string::npos)
      << shown_[2];
  EXPECT_EQ(shown_[2].find("wrokload"), std::string::npos) << "only the last reason is shown";
  EXPECT_EQ(prod()["spec"]["suspend"], true);
  EXPECT_EQ(out, "deployment/prod configured\n");
  EXPECT_EQ(err, "");
}

TEST_F(EditTest, GivesUpWhenWhatWasRefusedComesAgain) {
  editor({[](const std::string&) { return std::string("spec: ["); }});
  EXPECT_EQ(edit("edit deployment/prod"), 1);
  EXPECT_EQ(shown_.size(), 2U);
  EXPECT_EQ(err,
            "titan: deployment default/prod: it is as it was when it was refused\n"
            "titan: the edited file is kept at " +
                path_ + "\n");
  EXPECT_TRUE(content(path_).ends_with("spec: [")) << content(path_);
}

TEST_F(EditTest, EndsWithAnEditorThatIsAScriptAndKeepsWritingNonsense) {
  editor(std::vector<Typing>(100, [](const std::string& text) { return text + "nonsense: 1\n"; }));
  EXPECT_EQ(edit("edit deployment/prod"), 1);
  EXPECT_EQ(shown_.size(), 20U);
  EXPECT_TRUE(kept());
}

TEST_F(EditTest, KeepsToTheEntityThatWasOpened) {
  editor({replacing("name: prod", "name: other"),
          [](const std::string&) { return std::string("a: b\n---\nc: d\n"); },
          [](const std::string&) { return std::string(); }});
  EXPECT_EQ(edit("edit deployment/prod"), 0) << err;
  EXPECT_NE(shown_[1].find("# kind, name and workspace cannot be edited: expected deployment "
                           "default/prod, found deployment default/other\n"),
            std::string::npos)
      << shown_[1];
  EXPECT_NE(shown_[2].find("# expected one document, found 2\n"), std::string::npos) << shown_[2];
  EXPECT_FALSE(api.has("deployments", "default", "other"));
}

TEST_F(EditTest, TriesAgainWhenOnlyTheStatusMovedMeanwhile) {
  editor({[&](const std::string& text) {
    api.update("deployments", "default", "prod", {{"status", "ERROR"}, {"reason", {"no space"}}});
    return replacing("interval: 5", "interval: 6")(text);
  }});
  EXPECT_EQ(edit("edit deployment/prod"), 0) << err;
  EXPECT_EQ(shown_.size(), 1U);
  EXPECT_EQ(prod()["spec"]["values"]["interval"], 6);
  EXPECT_FALSE(kept());
}

TEST_F(EditTest, EndsWhenTheStatusNeverStopsMoving) {
  api.on_request = [&](const std::string& line) {
    if (line.starts_with("PUT ")) {
      api.update("deployments", "default", "prod", {{"status", "UPDATING"}});
    }
  };
  editor({replacing("interval: 5", "interval: 6")});
  EXPECT_EQ(edit("edit deployment/prod"), 4);
  EXPECT_TRUE(kept());
}

TEST_F(EditTest, KeepsTheFileWhenSomebodyElseChangedTheEntity) {
  const std::vector<json> changes = {{{"tags", {{"owner", "tom"}}}},
                                     {{"version", 9}},
                                     {{"id", "00000000-0000-4000-8000-000000000009"}}};
  for (const json& change : changes) {
    editor({[&](const std::string& text) {
      api.update("deployments", "default", "prod", change);
      return replacing("interval: 5", "interval: 6")(text);
    }});
    EXPECT_EQ(edit("edit deployment/prod"), 4) << change;
    EXPECT_EQ(err,
              "titan: deployment default/prod: is at another revision now\n"
              "titan: the edited file is kept at " +
                  path_ + "\n");
    EXPECT_NE(content(path_).find("interval: 6"), std::string::npos);
    EXPECT_EQ(prod()["spec"]["values"]["interval"], 5);
  }
}

TEST_F(EditTest, KeepsTheFileWhenTheServerFails) {
  editor({replacing("interval: 5", "interval: 6")});
  api.override("PUT /v1/workspaces/default/deployments/prod", {.status = 503});
  EXPECT_EQ(edit("edit deployment/prod"), 6);
  EXPECT_TRUE(kept());
  EXPECT_NE(err.find("kept at " + path_), std::string::npos) << err;
}

TEST_F(EditTest, SaysWhenTheEditorFails) {
  runner.answer(Error{ErrorCode::not_found, "starting \"ed\": no such file"});
  EXPECT_EQ(titan("edit deployment/prod"), 1);
  EXPECT_EQ(err,
            "titan: the editor cannot be started: starting \"ed\": no such file; VISUAL and "
            "EDITOR say which one to use\n");
  runner.answer(Outcome{.exit_code = 3});
  EXPECT_EQ(titan("edit deployment/prod"), 1);
  EXPECT_EQ(err, "titan: the editor \"ed\" ended with 3; nothing is changed\n");
  EXPECT_FALSE(std::filesystem::exists(disk(runner.commands().back().arguments.back())));
}

TEST_F(EditTest, KeepsWhatAFailedEditorWrote) {
  runner = ::titan::testing::FakeProcessRunner([this](const titan::Command& command) {
    file(command.arguments.back(), "half");
    return Outcome{.exit_code = 1};
  });
  EXPECT_EQ(titan("edit deployment/prod"), 1);
  EXPECT_NE(err.find("kept at"), std::string::npos) << err;
  EXPECT_EQ(content(runner.commands().back().arguments.back()), "half");
}

TEST_F(EditTest, NeedsAnEntityThatAPersonWrites) {
  EXPECT_EQ(titan("edit"), 2);
  EXPECT_EQ(titan("edit deployment"), 2);
  EXPECT_EQ(titan("edit assignment/a"), 2);
  EXPECT_EQ(err, "titan: assignments are written by the server\n");
  EXPECT_EQ(titan("edit deployment/none"), 3);
  EXPECT_TRUE(runner.commands().empty());
}

}  // namespace
}  // namespace titan::cli

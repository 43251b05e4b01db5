#include "reconciler/systemd_units.hpp"

#include <gtest/gtest.h>

#include "reconciler/limits.hpp"

namespace titan::reconciler {
namespace {

using FileTexts = std::map<std::string, std::string>;  // by path

std::vector<model::RenderedFile> files_of(const FileTexts& texts) {
  std::vector<model::RenderedFile> files;
  for (const auto& [path, content] : texts) files.push_back({path, 0644, content});
  return files;
}

std::map<std::string, SystemdUnit> units_of(const FileTexts& files) {
  auto units = systemd_units(files_of(files));
  EXPECT_TRUE(units.ok()) << units.error().text();
  return units.value_or(std::map<std::string, SystemdUnit>{});
}

TEST(SystemdUnits, ReadsWhatAUnitFileSays) {
  const auto units = units_of({{"root/etc/systemd/system/app.service",
                                "# a comment\n[Unit]\nDescription=\\\n  an app\n"
                                "X-Titan-Restart-On=/etc/app/app.conf  /etc/app.d/\n"
                                "[Service]\nType = oneshot\nRemainAfterExit=Yes\n"
                                "[Install]\nWantedBy=multi-user.target   other.target\n"}});
  ASSERT_EQ(units.size(), 1U);
  const SystemdUnit& unit = units.at("app.service");
  EXPECT_EQ(unit.source, "etc/systemd/system/app.service");
  EXPECT_TRUE(unit.is_oneshot);
  EXPECT_TRUE(unit.is_enabled());
  EXPECT_TRUE(unit.is_lasting());
  EXPECT_EQ(unit.install, "WantedBy=multi-user.target other.target\n");
  EXPECT_TRUE(unit.restarts_on("etc/app/app.conf"));
  EXPECT_TRUE(unit.restarts_on("etc/app.d/more.conf"));
  EXPECT_FALSE(unit.restarts_on("etc/app/app.conf2"));
  EXPECT_FALSE(unit.restarts_on("etc/app.d"));
}

TEST(SystemdUnits, CountsDropInsToTheirUnit) {
  const auto units = units_of({{"root/etc/systemd/system/app.service", "[Service]\nType=simple\n"},
                               {"root/etc/systemd/system/app.service.d/10-a.conf",
                                "[Service]\nType=oneshot\n[Install]\nWantedBy=a.target\n"},
                               {"root/etc/systemd/system/ssh.service.d/a.conf", "[Service]\n"},
                               {"root/etc/systemd/system/ssh.service.d/notes.txt", "words"},
                               {"root/etc/systemd/system/a.target.wants/deep", "words"}});
  ASSERT_EQ(units.size(), 2U);
  EXPECT_TRUE(units.at("app.service").is_oneshot);
  EXPECT_TRUE(units.at("app.service").is_enabled());
  EXPECT_EQ(units.at("app.service").files.size(), 2U);
  EXPECT_FALSE(units.at("ssh.service").is_own());
  EXPECT_FALSE(units.at("ssh.service").is_started());
}

TEST(SystemdUnits, NamesTheUnitsOfQuadlets) {
  const std::string folder = "root/etc/containers/systemd/";
  const auto units =
      units_of({{folder + "web.container", "[Container]\nImage=a\n"},
                {folder + "web.container.d/a.conf", "[Install]\nWantedBy=a.target\n"},
                {folder + "pods.kube", ""},
                {folder + "data.volume", ""},
                {folder + "net.network", ""},
                {folder + "group.pod", ""},
                {folder + "base.image", ""},
                {folder + "own.build", ""},
                {folder + "many@.container", ""},
                {folder + "named.container", "[Container]\nServiceName=other\n"}});
  struct Row {
    const char* name;
    bool started;
  };
  for (const auto& [name, started] :
       {Row{"web.service", true}, Row{"pods.service", true}, Row{"data-volume.service", false},
        Row{"net-network.service", false}, Row{"group-pod.service", true},
        Row{"base-image.service", false}, Row{"own-build.service", false},
        Row{"many@.service", false}, Row{"other.service", true}}) {
    ASSERT_TRUE(units.contains(name)) << name;
    EXPECT_EQ(units.at(name).is_started(), started) << name;
    EXPECT_FALSE(units.at(name).is_enabled()) << name;
  }
  EXPECT_EQ(units.size(), 9U);
}

TEST(SystemdUnits, DecidesWhatIsStarted) {
  const std::string install = "[Install]\nWantedBy=multi-user.target\n";
  const std::string oneshot = "[Service]\nType=oneshot\n";
  struct Row {
    FileTexts files;  // by the name of the unit
    const char* unit;
    bool enabled;
    bool started;
    bool lasting;
  };
  const std::vector<Row> rows = {
      {{{"a.service", install}}, "a.service", true, true, true},
      {{{"a.service", ""}}, "a.service", false, false, false},
      {{{"a.service", "[Install]\nWantedBy=\n"}}, "a.service", false, false, false},
      {{{"a@.service", install}}, "a@.service", false, false, false},
      {{{"a@b.service", install}}, "a@b.service", true, true, true},
      {{{"a.service", oneshot + install}}, "a.service", true, true, false},
      {{{"a.service", oneshot}, {"a.timer", install}}, "a.service", false, false, false},
      {{{"a.service", oneshot}, {"a.timer", install}}, "a.timer", true, true, true},
      {{{"a.service", oneshot + install}, {"a.timer", install}}, "a.service", true, false, false},
      {{{"a.service", oneshot + install}, {"b.timer", "[Timer]\nUnit=a.service\n"}},
       "a.service",
       true,
       false,
       false},
      {{{"a.service", install}, {"a.socket", install}}, "a.service", true, true, true},
      {{{"a.service", ""}, {"a.socket", install}}, "a.service", false, false, false},
      {{{"data.mount", install}}, "data.mount", true, true, true},
  };
  for (const Row& row : rows) {
    FileTexts files;
    for (const auto& [name, text] : row.files) files["root/etc/systemd/system/" + name] = text;
    const auto units = units_of(files);
    ASSERT_TRUE(units.contains(row.unit));
    const SystemdUnit& unit = units.at(row.unit);
    const auto place = std::to_string(&row - rows.data());
    EXPECT_EQ(unit.is_enabled(), row.enabled) << place;
    EXPECT_EQ(unit.is_started(), row.started) << place;
    EXPECT_EQ(unit.is_lasting(), row.lasting) << place;
  }
}

TEST(SystemdUnits, RefusesWhatSystemdWouldNotTake) {
  struct Row {
    const char* path;
    const char* text;
    const char* message;
  };
  for (const auto& [path, text, message] : {
           Row{"root/etc/systemd/system/app.servcie", "", "it is no unit"},
           Row{"root/etc/systemd/system/README", "", "it is no unit"},
           Row{"root/etc/systemd/system/a b.service", "", "no name of a unit"},
           Row{"root/etc/systemd/system/a\xc3\xa4.service", "", "no name of a unit"},
           Row{"root/etc/systemd/system/-.slice", "", "no name of a unit"},
           Row{"root/etc/systemd/system/.service", "", "no name of a unit"},
           Row{"root/etc/systemd/system/@.service", "", "no name of a unit"},
           Row{"root/etc/systemd/system/a*.service", "", "no name of a unit"},
           Row{"root/etc/systemd/system/x.d/a.conf", "", "it is no unit"},
           Row{"root/etc/containers/systemd/app.service", "", "it is no quadlet"},
           Row{"root/etc/containers/systemd/a.container", "[Container]\nServiceName=../x\n",
               "no name of a unit"},
           Row{"root/etc/systemd/system/a.service", "[Unit]\nX-Titan-Restart-On=etc/a\n",
               "no absolute path"},
           Row{"root/etc/systemd/system/a.service", "[Unit]\nX-Titan-Restart-On=/etc/../a\n",
               "no absolute path"},
           Row{"root/etc/systemd/system/a.service", "[Unit]\nX-Titan-Restart-On=/\n",
               "no absolute path"},
       }) {
    const auto units = systemd_units(files_of({{path, text}}));
    ASSERT_FALSE(units.ok()) << path;
    EXPECT_EQ(units.error().code, ErrorCode::invalid) << path;
    EXPECT_NE(units.error().message.find(message), std::string::npos) << units.error().text();
    EXPECT_FALSE(units.error().subject.empty());
  }
}

TEST(SystemdUnits, RefusesTwoFilesForOneUnit) {
  const auto units = systemd_units(files_of({{"root/etc/systemd/system/web.service", ""},
                                             {"root/etc/containers/systemd/web.container", ""}}));
  ASSERT_FALSE(units.ok());
  EXPECT_NE(units.error().message.find("\"web.service\""), std::string::npos);
}

TEST(SystemdUnits, HasLimits) {
  FileTexts files;
  for (std::size_t i = 0; i <= kUnitsMax; ++i) {
    files["root/etc/systemd/system/a" + std::to_string(i) + ".service"] = "";
  }
  EXPECT_EQ(systemd_units(files_of(files)).error().code, ErrorCode::exhausted);
  std::string many = "[Unit]\nX-Titan-Restart-On=";
  for (std::size_t i = 0; i <= kRestartPathsMax; ++i) many += "/a/" + std::to_string(i) + " ";
  EXPECT_EQ(systemd_units(files_of({{"root/etc/systemd/system/a.service", many}})).error().code,
            ErrorCode::exhausted);
  EXPECT_FALSE(check_unit_name(std::string(250, 'a') + ".service").ok());
  EXPECT_TRUE(check_unit_name(std::string(240, 'a') + ".service").ok());
}

}  // namespace
}  // namespace titan::reconciler

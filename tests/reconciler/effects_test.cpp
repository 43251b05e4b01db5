#include "reconciler/effects.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace titan::reconciler {
namespace {

using Files = std::vector<model::RenderedFile>;
using Texts = std::map<std::string, std::string>;  // by path

const std::string kUnits = "root/etc/systemd/system/";
const std::string kInstall = "[Install]\nWantedBy=multi-user.target\n";

Files files_of(const Texts& texts) {
  Files files;
  for (const auto& [path, content] : texts) files.push_back({path, 0644, content});
  return files;
}

// "restart a.service; restart b.service (if it runs)"; a note in braces at the end.
std::string text_of(const Effects& effects) {
  std::string text;
  for (const Effect& effect : effects.items) {
    text += (text.empty() ? "" : "; ") + std::string(name_of(effect.action)) + " " + effect.subject;
    if (!effect.condition.empty()) text += " (" + effect.condition + ")";
  }
  return text + (effects.note.empty() ? "" : "{" + effects.note + "}");
}

std::string effects(const std::string& driver, const std::optional<Texts>& before,
                    const std::optional<Texts>& after, const std::string& other_driver = "") {
  const Files old = files_of(before.value_or(Texts()));
  const Files fresh = files_of(after.value_or(Texts()));
  return text_of(
      effects_of({driver, before ? &old : nullptr},
                 {other_driver.empty() ? driver : other_driver, after ? &fresh : nullptr}));
}

TEST(Effects, AreNoneWhenNothingDiffers) {
  const Texts same = {{kUnits + "a.service", kInstall}, {"hooks/post-apply", "#!/bin/sh\n"}};
  EXPECT_EQ(effects("systemd", same, same), "");
  EXPECT_EQ(effects("systemd", std::nullopt, std::nullopt), "");
}

TEST(Effects, OfFilesAreTheHooksOfTheForm) {
  const Texts hooks = {{"hooks/pre-apply", ""},
                       {"hooks/post-apply", ""},
                       {"hooks/pre-remove", ""},
                       {"root/etc/a", "1"}};
  Texts other = hooks;
  other["root/etc/a"] = "2";
  EXPECT_EQ(effects("files", hooks, other), "run hooks/pre-apply; run hooks/post-apply");
  EXPECT_EQ(effects("files", std::nullopt, hooks), "run hooks/pre-apply; run hooks/post-apply");
  EXPECT_EQ(effects("files", hooks, std::nullopt), "run hooks/pre-remove");
  EXPECT_EQ(effects("git", Texts{{"a", "1"}}, Texts{{"a", "2"}}), "");
}

TEST(Effects, OfSystemdRestartWhatChangedAndNothingElse) {
  const Texts before = {{kUnits + "a.service", kInstall},
                        {kUnits + "b.service", "X-Titan-Restart-On=/etc/b/\n" + kInstall},
                        {kUnits + "static.service", "[Service]\n"},
                        {kUnits + "t@.service", "[Service]\n"},
                        {"root/etc/b/conf", "1"}};
  Texts after = before;
  after[kUnits + "a.service"] += "#2\n";
  EXPECT_EQ(effects("systemd", before, after), "reload systemd; restart a.service");
  after = before;
  after["root/etc/b/conf"] = "2";
  EXPECT_EQ(effects("systemd", before, after), "restart b.service");
  after = before;
  after[kUnits + "static.service"] += "#2\n";
  after[kUnits + "t@.service"] += "#2\n";
  EXPECT_EQ(effects("systemd", before, after),
            "reload systemd; restart static.service (if it runs); restart t@*.service (if it "
            "runs)");
}

TEST(Effects, OfSystemdStartWhatIsNewAndStopWhatLeaves) {
  const Texts one = {{kUnits + "a.service", kInstall}};
  const Texts other = {{kUnits + "b.service", kInstall}};
  EXPECT_EQ(effects("systemd", std::nullopt, one), "reload systemd; start a.service");
  EXPECT_EQ(effects("systemd", one, std::nullopt), "stop a.service; reload systemd");
  EXPECT_EQ(effects("systemd", one, other), "stop a.service; reload systemd; start b.service");
  EXPECT_EQ(effects("systemd", Texts{{kUnits + "s.service", ""}}, std::nullopt),
            "stop s.service (if it runs); reload systemd");
  EXPECT_EQ(effects("files", Texts{{"root/a", "1"}}, one, "systemd"),
            "reload systemd; start a.service");
  EXPECT_EQ(effects("systemd", Texts{{kUnits + "a.bad", ""}}, one).substr(0, 27),
            "{the units cannot be read: ");
}

TEST(Effects, OfComposeAreThoseOfItsServices) {
  const std::string web = "services:\n  web: {image: web:1}\n  db: {image: db:1}\n";
  const std::string newer = "services:\n  web: {image: web:2}\n  db: {image: db:1}\n";
  const std::string other = "services:\n  db: {image: db:1}\n  cache: {image: c:1}\n";
  EXPECT_EQ(effects("compose", std::nullopt, Texts{{"compose.yaml", web}}), "start db; start web");
  EXPECT_EQ(effects("compose", Texts{{"compose.yaml", web}}, Texts{{"compose.yaml", newer}}),
            "restart web");
  EXPECT_EQ(effects("compose", Texts{{"compose.yaml", web}}, Texts{{"compose.yaml", other}}),
            "stop web; start cache");
  EXPECT_EQ(effects("compose", Texts{{"compose.yaml", web}}, std::nullopt), "stop db; stop web");
  EXPECT_EQ(effects("compose", Texts{{"compose.yaml", web}, {".env", "A=1"}},
                    Texts{{"compose.yaml", web}, {".env", "A=2"}}),
            "restart db (if it uses what changed, or runs by podman); "
            "restart web (if it uses what changed, or runs by podman)");
  EXPECT_EQ(effects("compose", Texts{{"compose.yaml", "["}}, Texts{{"compose.yaml", web}}),
            "{the compose file cannot be read here: compose decides what restarts}");
}

std::string object(const std::string& kind, const std::string& name, const std::string& more = "") {
  const std::string api = kind == "Deployment" ? "apps/v1" : "v1";
  return "---\napiVersion: " + api + "\nkind: " + kind + "\nmetadata: {name: " + name + more +
         "}\n";
}

TEST(Effects, OfKubernetesAreTheObjectsThatAreAppliedAndDeleted) {
  const std::string both = object("Deployment", "web") + object("ConfigMap", "web");
  const std::string other = object("Deployment", "web", ", namespace: shop") +
                            object("ConfigMap", "web") + object("Namespace", "shop");
  EXPECT_EQ(effects("kubernetes", std::nullopt, Texts{{"a.yaml", both}}),
            "apply ConfigMap web; apply Deployment web");
  EXPECT_EQ(effects("kubernetes", Texts{{"a.yaml", both}}, Texts{{"b.yaml", both}}), "");
  EXPECT_EQ(effects("kubernetes", Texts{{"a.yaml", both}}, Texts{{"a.yaml", other}}),
            "apply Namespace shop; apply Deployment shop/web; remove Deployment web");
  // Others may have put something into a namespace.
  EXPECT_EQ(effects("kubernetes", Texts{{"a.yaml", other}}, Texts{{"a.yaml", both}}),
            "apply Deployment web; remove Deployment shop/web");
  const std::string kept = object("ConfigMap", "x", ", annotations: {titan/adopt: 'true'}");
  EXPECT_EQ(effects("kubernetes", Texts{{"a.yaml", kept + both}}, Texts{{"a.yaml", both}}), "");
  EXPECT_NE(effects("kubernetes", Texts{{"a.yaml", both}, {"kustomization.yaml", "{}"}},
                    Texts{{"a.yaml", other}})
                .find("kubectl alone"),
            std::string::npos);
}

TEST(Effects, OfAProgramAsADriverAreUpToIt) {
  EXPECT_EQ(effects("nomad", Texts{{"a", "1"}}, Texts{{"a", "2"}}),
            "{the driver \"nomad\" decides what restarts}");
}

}  // namespace
}  // namespace titan::reconciler

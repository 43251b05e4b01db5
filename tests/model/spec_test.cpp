#include "model/spec.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "model/limits.hpp"
#include "tests/model/random_model.hpp"
#include "tests/model/refusals.hpp"

namespace titan::model {
namespace {

// Of RFC 8032, section 7.1, test 1.
constexpr const char* kDeviceKey = "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

using nlohmann::json;
using titan::testing::expect_refusals;
using titan::testing::Refusal;

const std::string kDigest = Digest::of("x").text();

json parsed(std::string_view text) {
  return parse_json(text).value();
}

void expect_spec_refusals(Kind kind, const json& valid, const std::vector<Refusal>& refusals) {
  expect_refusals(valid, refusals, [&](const json& object) { return parse_spec(kind, object); });
}

std::string array_of(std::size_t count, const std::string& prefix) {
  json array = json::array();
  for (std::size_t i = 0; i < count; ++i) array.push_back(prefix + std::to_string(i));
  return canonical_json(array);
}

TEST(Spec, LeavesOutOfItsJsonWhatSaysNothing) {
  const std::pair<Spec, std::string> cases[] = {
      {WorkspaceSpec{}, "{}"},
      {HostSpec{}, R"({"delivery":"agent"})"},
      {HostSpec{.labels = {{"a", "b"}},
                .delivery = Delivery::gitops,
                .capacity = 0,
                .lease = std::chrono::minutes(90)},
       R"({"capacity":0,"delivery":"gitops","labels":{"a":"b"},"lease":"1h30m"})"},
      {TemplateSpec{}, R"({"driver":"files","files":[]})"},
      {WorkloadSpec{.repo = "r", .default_template = "t"}, R"({"repo":"r","template":"t"})"},
      {TargetSpec{.selector = LabelSelector::parse(" a ").value()}, R"({"selector":"a"})"},
      {DeploymentSpec{.workload = "w", .target = "t"}, R"({"target":"t","workload":"w"})"},
      {DeploymentSpec{.workload = "w",
                      .template_name = "x",
                      .target = "t",
                      .replicas = 2,
                      .spread_by = "rack",
                      .reschedule_after = std::chrono::minutes(10),
                      .depends_on = {"b", "a"},
                      .suspend = true,
                      .drift_policy = DriftPolicy::report},
       R"({"dependsOn":["b","a"],"driftPolicy":"report","replicas":2,)"
       R"("rescheduleAfter":"10m","spreadBy":"rack",)"
       R"("suspend":true,"target":"t","template":"x","workload":"w"})"},
      {AssignmentSpec{.deployment = "d", .host = "h"}, R"({"deployment":"d","host":"h"})"},
      {TokenSpec{.grants = {{Role::platform, "iot"}, {Role::viewer}},
                 .digest = Digest::of("t"),
                 .expires = Timestamp::from_micros(1)},
       R"({"digest":")" + Digest::of("t").text() +
           R"(","expires":"1970-01-01T00:00:00.000001Z",)"
           R"("grants":[{"role":"platform","workspace":"iot"},{"role":"viewer"}]})"},
      {EnrollmentSpec{.host = "h", .digest = Digest::of("t"), .expires = Timestamp::from_micros(1)},
       R"({"digest":")" + Digest::of("t").text() +
           R"(","expires":"1970-01-01T00:00:00.000001Z","host":"h"})"},
      {DeviceSpec{.public_key = kDeviceKey, .revoked = true},
       R"({"publicKey":")" + std::string(kDeviceKey) + R"(","revoked":true})"},
      {SecretSpec{.data = {{"b", {.sealed = "AAAA"}},
                           {"a", {.digest = Digest::of("x"), .blob = Digest::of("y")}}}},
       R"({"data":{"a":{"blob":")" + Digest::of("y").text() + R"(","digest":")" + kDigest +
           R"("},"b":{"sealed":"AAAA"}}})"},
  };
  for (const auto& [spec, text] : cases) EXPECT_EQ(canonical_json(json_of(spec)), text);
}

TEST(Spec, OfAWorkspaceIsRefusedWithTheFieldNamed) {
  expect_spec_refusals(
      Kind::workspace, json::object(),
      {
          {R"({"description": 5})", "spec.description", "expected a string, found the number 5"},
          {R"({"descripton": "x"})", "spec.descripton",
           "unknown field (did you mean \"description\"?)"},
          {R"([])", "spec", "expected an object, found an array"},
          {R"("x")", "spec", "expected an object, found the string \"x\""},
      });
}

TEST(Spec, OfAHostIsRefusedWithTheFieldNamed) {
  const std::string too_many = array_of(kLabelsMax + 1, "d");
  expect_spec_refusals(
      Kind::host, json::object(),
      {
          {R"({"labels": []})", "spec.labels", "expected an object, found an array"},
          {R"({"labels": {"site": 5}})", "spec.labels.site", "expected a string, found the num"},
          {R"({"labels": {"a b": ""}})", "spec.labels", "\"a b\" is not a label key"},
          {R"({"labels": {"site\u0000": ""}})", "spec.labels", "\"site"},
          {R"({"labels": {"site": "a b"}})", "spec.labels.site", "\"a b\" is not a label value"},
          {R"({"labels": {"site": "ü"}})", "spec.labels.site", "\"ü\" is not a label value"},
          {R"({"drivers": "files"})", "spec.drivers", "expected an array, found the string"},
          {R"({"drivers": ["files", 1]})", "spec.drivers[1]", "expected a string, found the nu"},
          {R"({"drivers": ["files", "A"]})", "spec.drivers[1]", "\"A\" is not a name"},
          {R"({"drivers": ["a", "b", "a"]})", "spec.drivers", "\"a\" stands there twice"},
          {R"({"drivers": )" + too_many + "}", "spec.drivers", "has 65 items, the limit is 64"},
          {R"({"delivery": "push"})", "spec.delivery", "\"push\" is not a way of delivery"},
          {R"({"delivery": true})", "spec.delivery", "expected a string, found true"},
          {R"({"values": [1]})", "spec.values", "expected an object, found an array"},
          {R"({"capacity": -1})", "spec.capacity", "expected a whole number from 0"},
          {R"({"capacity": 1.5})", "spec.capacity", "expected a whole number from 0"},
          {R"({"lease": "soon"})", "spec.lease", "\"soon\" is not a duration"},
          {R"({"lease": "0s"})", "spec.lease", "\"0s\" is not a duration"},
          {R"({"lease": 60})", "spec.lease", "expected a string, found the number 60"},
          {R"({"signatures": {}})", "spec.signatures", "expected an array, found an object"},
          {R"({"lables": {}})", "spec.lables", "unknown field (did you mean \"labels\"?)"},
      });
}

TEST(Spec, OfATemplateIsRefusedWithTheFieldNamed) {
  const auto with_file = [&](const std::string& patch) {
    json file = {{"path", "root/a"}, {"digest", kDigest}};
    file.merge_patch(parsed(patch));
    return canonical_json({{"files", {file}}});
  };
  const json file_a = {{"path", "a"}, {"digest", kDigest}};
  const std::string same_path_twice = canonical_json({{"files", {file_a, file_a}}});
  expect_spec_refusals(
      Kind::template_, parsed(with_file("{}")),
      {
          {R"({"driver": "Files"})", "spec.driver", "\"Files\" is not a name"},
          {R"({"defaults": 1})", "spec.defaults", "expected an object, found the number 1"},
          {R"({"defualts": {}})", "spec.defualts", "unknown field (did you mean \"defaults\"?)"},
          {R"({"files": {}})", "spec.files", "expected an array, found an object"},
          {R"({"files": ["a"]})", "spec.files[0]", "expected an object, found the string \"a\""},
          {R"({"files": )" + array_of(kTemplateFilesMax + 1, "f") + "}", "spec.files",
           "has 1001 items, the limit is 1000"},
          {same_path_twice, "spec.files", "\"a\" stands there twice"},
          {with_file(R"({"path": null})"), "spec.files[0].path", "must be given"},
          {with_file(R"({"path": "/etc/x"})"), "spec.files[0].path", "the path is absolute"},
          {with_file(R"({"path": "a/../b"})"), "spec.files[0].path",
           "the path has the part \"..\""},
          {with_file(R"({"path": "a\u0000"})"), "spec.files[0].path", "holds a NUL character"},
          {with_file(R"({"mode": 420})"), "spec.files[0].mode", "expected a string, found the num"},
          {with_file(R"({"mode": "1000"})"), "spec.files[0].mode", "\"1000\" is not a file mode"},
          {with_file(R"({"digest": null})"), "spec.files[0].digest", "must be given"},
          {with_file(R"({"digest": "sha256:00"})"), "spec.files[0].digest", "\"sha256:00\" is not"},
          {with_file(R"({"digest": ")" + Digest().text() + R"("})"), "spec.files[0].digest",
           "must be given"},
          {with_file(R"({"size": -1})"), "spec.files[0].size", "expected a whole number from 0"},
          {with_file(R"({"size": 4194305})"), "spec.files[0].size",
           "the file is 4194305 bytes long, the limit is 4194304"},
          {with_file(R"({"owner": "root:"})"), "spec.files[0].owner", "\"root:\" is not an owner"},
          {with_file(R"({"owner": 0})"), "spec.files[0].owner", "expected a string, found the num"},
          {with_file(R"({"escape": "yml"})"), "spec.files[0].escape",
           "\"yml\" is no kind of escaping: expected one of plain, json, yaml"},
          {R"({"hooks": {"preApply": {"file": "root/a"}}})", "spec.hooks.preApply.file",
           "expected a file below hooks/"},
          {R"({"hooks": {"preApply": {"timeout": "61m"}}})", "spec.hooks.preApply.timeout",
           "expected at most 1h, found 1h1m"},
          {R"({"valuesSchema": true})", "spec.valuesSchema", "expected an object"},
          {R"({"git": {}})", "spec.git.repository", "must be given"},
          {R"({"git": {"repository": "https://me@x/y"}})", "spec.git.repository",
           "must hold no user and password"},
          {R"({"git": {"repository": "ssh://git:pw@x/y"}})", "spec.git.repository",
           "must hold no user and password"},
          {R"({"git": {"repository": "/x", "ref": "-x"}})", "spec.git.ref", "\"-x\" is no name"},
          {R"({"git": {"repository": "/x", "ref": "a b"}})", "spec.git.ref", "\"a b\" is no name"},
          {R"({"git": {"repository": "/x", "path": "/etc"}})", "spec.git.path",
           "the path is absolute"},
          {R"({"git": {"repository": "/x", "commit": "HEAD"}})", "spec.git.commit",
           "\"HEAD\" is no commit: expected 40 hex digits"},
          {R"({"git": {"repository": "/x", "branch": "main"}})", "spec.git.branch",
           "unknown field"},
          {R"({"health": []})", "spec.health", "expected an object, found an array"},
          {R"({"health": {"checks": [{"exec": []}]}})", "spec.health.checks[0].exec",
           "expected a program"},
          {with_file(R"({"modes": "0644"})"), "spec.files[0].modes",
           "unknown field (did you mean \"mode\"?)"},
      });
}

TEST(Spec, OfAWorkloadIsRefusedWithTheFieldNamed) {
  expect_spec_refusals(
      Kind::workload, json::object(),
      {
          {R"({"repo": {}})", "spec.repo", "expected a string, found an object"},
          {R"({"template": "-a"})", "spec.template", "\"-a\" is not a name"},
          {R"({"values": "x"})", "spec.values", "expected an object, found the string \"x\""},
          {R"({"templte": "a"})", "spec.templte", "unknown field (did you mean \"template\"?)"},
      });
}

TEST(Spec, OfATargetIsRefusedWithTheFieldNamed) {
  expect_spec_refusals(
      Kind::target, {{"labels", {{"site", "lab"}}}},
      {
          {R"({"labels": null})", "spec.labels", "must say which hosts are meant"},
          {R"({"labels": {"site": null}})", "spec.labels", "must say which hosts are meant"},
          {R"({"labels": null, "selector": " "})", "spec.labels", "must say which hosts are meant"},
          {R"({"selector": "a in"})", "spec.selector", "selector clause \"a in\", column 5: "},
          {R"({"selector": ["a"]})", "spec.selector", "expected a string, found an array"},
          {R"({"selectr": "a"})", "spec.selectr", "unknown field (did you mean \"selector\"?)"},
      });
}

TEST(Spec, OfADeploymentIsRefusedWithTheFieldNamed) {
  expect_spec_refusals(
      Kind::deployment, {{"workload", "w"}, {"target", "t"}},
      {
          {R"({"workload": null})", "spec.workload", "must be given"},
          {R"({"workload": ""})", "spec.workload", "must be given"},
          {R"({"workload": "a/b"})", "spec.workload", "\"a/b\" is not a name"},
          {R"({"target": null})", "spec.target", "must be given"},
          {R"({"target": 5})", "spec.target", "expected a string, found the number 5"},
          {R"({"template": "é"})", "spec.template", "\"é\" is not a name"},
          {R"({"values": false})", "spec.values", "expected an object, found false"},
          {R"({"replicas": 0})", "spec.replicas", "expected a number from 1 to 1000000, found 0"},
          {R"({"replicas": 1000001})", "spec.replicas", "expected a number from 1 to 1000000"},
          {R"({"replicas": "2"})", "spec.replicas", "expected a whole number from 0"},
          {R"({"spreadBy": "rack"})", "spec.spreadBy", "goes only with replicas"},
          {R"({"replicas": 2, "spreadBy": "a b"})", "spec.spreadBy", "\"a b\" is not a label key"},
          {R"({"replicas": 2, "spreadBy": ["a"]})", "spec.spreadBy", "expected a string, found an"},
          {R"({"rescheduleAfter": "10m"})", "spec.rescheduleAfter", "goes only with replicas"},
          {R"({"replicas": 2, "rescheduleAfter": "m"})", "spec.rescheduleAfter",
           "\"m\" is not a duration"},
          {R"({"replicas": 2, "rescheduleAfter": 600})", "spec.rescheduleAfter",
           "expected a string, found the number 600"},
          {R"({"dependsOn": "a"})", "spec.dependsOn", "expected an array, found the string"},
          {R"({"dependsOn": ["a", ""]})", "spec.dependsOn[1]", "\"\" is not a name"},
          {R"({"dependsOn": ["a", "a"]})", "spec.dependsOn", "\"a\" stands there twice"},
          {R"({"driftPolicy": "keep"})", "spec.driftPolicy", "\"keep\" is not a drift policy"},
          {R"({"suspend": "yes"})", "spec.suspend", "expected true or false, found the string"},
          {R"({"replica": 1})", "spec.replica", "unknown field (did you mean \"replicas\"?)"},
      });
}

TEST(Spec, OfAnAssignmentIsRefusedWithTheFieldNamed) {
  expect_spec_refusals(
      Kind::assignment, {{"deployment", "d"}, {"host", "h"}},
      {
          {R"({"deployment": null})", "spec.deployment", "must be given"},
          {R"({"deployment": "D"})", "spec.deployment", "\"D\" is not a name"},
          {R"({"host": null})", "spec.host", "must be given"},
          {R"({"host": "h."})", "spec.host", "\"h.\" is not a name"},
          {R"({"hots": "h"})", "spec.hots", "unknown field (did you mean \"host\"?)"},
      });
}

TEST(Spec, OfATokenIsRefusedWithTheFieldNamed) {
  expect_spec_refusals(
      Kind::token,
      {{"grants", json::array({{{"role", "viewer"}}})}, {"digest", Digest::of("t").text()}},
      {
          {R"({"grants": null})", "spec.grants", "must be given"},
          {R"({"grants": []})", "spec.grants", "expected at least one role"},
          {R"({"grants": {"role": "viewer"}})", "spec.grants", "expected an array"},
          {R"({"grants": ["viewer"]})", "spec.grants[0]", "expected an object"},
          {R"({"grants": [{"role": "viewer"}, {"workspace": "a"}]})", "spec.grants[1].role",
           "must be given"},
          {R"({"grants": [{"role": "Viewer"}]})", "spec.grants[0].role",
           "\"Viewer\" is not a role: expected one of viewer, developer, platform, admin"},
          {R"({"grants": [{"role": "viewer"}, {"role": "devloper"}]})", "spec.grants[1].role",
           "\"devloper\" is not a role: expected one of viewer, developer, platform, admin "
           "(did you mean \"developer\"?)"},
          {R"({"digest": null})", "spec.digest", "must be given"},
          {R"({"digest": "titan_abc"})", "spec.digest", "\"titan_abc\" is not a digest"},
          {R"({"grants": [{"role": "viewer", "workspace": "A"}]})", "spec.grants[0].workspace",
           "\"A\" is not a name"},
          {R"({"grants": [{"role": "viewer", "place": "a"}]})", "spec.grants[0].place",
           "unknown field"},
          {R"({"role": "viewer"})", "spec.role", "unknown field"},
          {R"({"expires": "tomorrow"})", "spec.expires", "\"tomorrow\""},
          {R"({"secret": "x"})", "spec.secret", "unknown field"},
      });
}

TEST(Spec, OfAnEnrollmentIsRefusedWithTheFieldNamed) {
  expect_spec_refusals(
      Kind::enrollment,
      {{"host", "h"}, {"digest", Digest::of("t").text()}, {"expires", "2026-03-01T12:00:00Z"}},
      {
          {R"({"host": null})", "spec.host", "must be given"},
          {R"({"host": "H"})", "spec.host", "\"H\" is not a name"},
          {R"({"digest": null})", "spec.digest", "must be given"},
          {R"({"expires": null})", "spec.expires", "must be given"},
          {R"({"labels": {"a b": ""}})", "spec.labels", "\"a b\""},
      });
}

TEST(Spec, IsRefusedWithASignatureThatIsNone) {
  const std::string signature = Signature().text();
  const json whole = {{"key", kDeviceKey}, {"serial", 1}, {"signature", signature}};
  const auto with = [&](const json& edit) {
    json item = whole;
    item.merge_patch(edit);
    return canonical_json({{"signatures", {item}}});
  };
  const std::string twice = canonical_json({{"signatures", {whole, whole}}});
  const std::string too_many = canonical_json({{"signatures", std::vector<json>(9, whole)}});
  const std::string first = "spec.signatures[0].";
  for (const Kind kind : {Kind::host, Kind::deployment}) {
    json valid = json::object();
    if (kind == Kind::deployment) valid = {{"workload", "w"}, {"target", "t"}};
    json given = valid;
    given["signatures"] = {whole};
    ASSERT_TRUE(parse_spec(kind, given).ok());
    expect_spec_refusals(
        kind, valid,
        {{with({{"key", nullptr}}), first + "key", "must be given"},
         {with({{"key", "ed25519:AAAA"}}), first + "key", ""},
         {with({{"key", 5}}), first + "key", "expected a string, found the number 5"},
         {with({{"serial", nullptr}}), first + "serial", "must be given"},
         {with({{"serial", 0}}), first + "serial", "expected a number from 1 on, found 0"},
         {with({{"serial", -1}}), first + "serial", "expected a whole number from 0"},
         {with({{"serial", "1"}}), first + "serial", "expected a whole number from 0"},
         {with({{"signature", nullptr}}), first + "signature", "must be given"},
         {with({{"signature", signature + "A"}}), first + "signature", ""},
         {with({{"x", 1}}), first + "x", "unknown field"},
         {R"({"signatures": [5]})", "spec.signatures[0]", "expected an object"},
         {twice, "spec.signatures", "\"" + std::string(kDeviceKey) + "\" stands there twice"},
         {too_many, "spec.signatures", "has 9 items, the limit is 8"}});
  }
}

TEST(Spec, OfADeviceIsRefusedWithTheFieldNamed) {
  expect_spec_refusals(
      Kind::device, {{"publicKey", kDeviceKey}},
      {
          {R"({"publicKey": null})", "spec.publicKey", "must be given"},
          {R"({"publicKey": "ed25519:AAAA"})", "spec.publicKey", "public key"},
          // A point of small order, with which every signature would fit.
          {R"({"publicKey": "ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
           "spec.publicKey", ""},
          {R"({"revoked": "yes"})", "spec.revoked", "expected true or false"},
      });
}

TEST(Spec, TakesEachLimitAtItsEdge) {
  EXPECT_TRUE(parse_spec(Kind::host, parsed(R"({"capacity": 9223372036854775807, "drivers": )" +
                                            array_of(kLabelsMax, "d") + "}"))
                  .ok());
  const json deployment = {{"workload", "w"}, {"target", "t"}, {"replicas", kReplicasMax}};
  EXPECT_TRUE(parse_spec(Kind::deployment, deployment).ok());
  EXPECT_TRUE(parse_spec(Kind::workspace, {{"description", std::string(kTextBytesMax, 'x')}}).ok());
}

json files(std::size_t count, std::size_t size) {
  json array = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    array.push_back({{"path", "f" + std::to_string(i)}, {"digest", kDigest}, {"size", size}});
  }
  return array;
}

TEST(TemplateFiles, AreSortedByPathAndHaveAMode) {
  const auto parsed_files = parse_template_files(
      parsed(R"([{"path": "b", "mode": "", "digest": ")" + kDigest +
             R"("}, {"path": "a", "mode": "755", "digest": ")" + kDigest + R"(", "size": 7}])"),
      "files");
  ASSERT_TRUE(parsed_files.ok()) << parsed_files.error().text();
  const std::vector<TemplateFile> expected = {
      {.path = "a", .mode = 0755, .digest = Digest::of("x"), .size = 7},
      {.path = "b", .mode = 0644, .digest = Digest::of("x"), .size = 0}};
  EXPECT_EQ(*parsed_files, expected);
}

TEST(TemplateFiles, AreBoundedInCountAndInBytesTogether) {
  EXPECT_TRUE(parse_template_files(files(kTemplateFilesMax, 1), "files").ok());
  const std::size_t most = kTemplateBytesMax / kTemplateFileBytesMax;
  EXPECT_TRUE(parse_template_files(files(most, kTemplateFileBytesMax), "files").ok());
  const auto refused = parse_template_files(files(most + 1, kTemplateFileBytesMax), "spec.files");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text(),
            "spec.files: the files are 71303168 bytes together, the limit is 67108864");
}

TEST(Mode, IsReadBackFromItsText) {
  for (std::uint32_t mode = 0; mode <= 0777; ++mode) {
    EXPECT_EQ(parse_mode(mode_text(mode)).value(), mode);
  }
  EXPECT_EQ(mode_text(0), "0000");
  EXPECT_EQ(mode_text(0644), "0644");
  EXPECT_EQ(parse_mode("7").value(), 07U);
}

TEST(Mode, IsRefusedUnlessOctalAndPermissionBitsOnly) {
  for (const char* text : {"", "1000", "4755", "-1", "+644", "0o644", "0x1ff", "888", "644 ",
                           " 644", "6.4", "77777777777777777777"}) {
    const auto mode = parse_mode(text);
    ASSERT_FALSE(mode.ok()) << text;
    EXPECT_EQ(mode.error().message,
              '"' + std::string(text) + "\" is not a file mode: expected octal digits up to 0777");
  }
}

TEST(Spec, OfASecretIsRefusedWithTheFieldNamed) {
  const auto data = [](const std::string& entry) { return R"({"data": {"k": )" + entry + "}}"; };
  const std::string no_object = "expected an object with sealed, or with digest and blob";
  const std::string not_taken = "a value is not taken as it is: seal it for the server's key";
  const std::string either = "expected either sealed, or digest and blob";
  json too_many = json::object();
  for (std::size_t i = 0; i < kSecretKeysMax; ++i) {
    too_many["k" + std::to_string(i)] = {{"sealed", "AAAA"}};
  }
  const std::string long_key(kSecretKeyBytesMax + 1, 'k');
  const auto with_key = [](const std::string& key) {
    return R"({"data": {")" + key + R"(": {"sealed": "AAAA"}}})";
  };
  expect_spec_refusals(
      Kind::secret, parsed(data(R"({"sealed": "AAAA"})")),
      {
          {R"({"data": null})", "spec.data", "must be given"},
          {R"({"data": ["k"]})", "spec.data", "expected an object, found an array"},
          {data("null"), "spec.data", "expected 1 to 64 keys, found 0"},
          {canonical_json({{"data", too_many}}), "spec.data", "expected 1 to 64 keys, found 65"},
          {with_key(""), "spec.data", "\"\" is not the key of a secret"},
          {with_key(".k"), "spec.data", "\".k\" is not the key of a secret"},
          {with_key("a/b"), "spec.data", "\"a/b\" is not the key of a secret"},
          {with_key(long_key), "spec.data", "\"kkk"},
          {data(R"("hunter2")"), "spec.data.k", no_object},
          {data(R"(["hunter2"])"), "spec.data.k", no_object},
          {data(R"({"value": "hunter2"})"), "spec.data.k.value", not_taken},
          {data(R"({"sealed": 5})"), "spec.data.k.sealed", "expected a string"},
          {data(R"({"sealed": "hunter 2"})"), "spec.data.k.sealed", ""},
          {data(R"({"sealed": null})"), "spec.data.k", either},
          {data(R"({"sealed": null, "digest": ")" + kDigest + R"("})"), "spec.data.k", either},
          {data(R"({"sealed": null, "blob": ")" + kDigest + R"("})"), "spec.data.k", either},
          {data(R"({"blob": ")" + kDigest + R"("})"), "spec.data.k", either},
          {data(R"({"sealed": ")" + std::string(kSealedTextBytesMax + 1, 'A') + R"("})"),
           "spec.data.k.sealed", "is 24577 bytes long, the limit is 24576"},
          {data(R"({"seal": "AAAA"})"), "spec.data.k.seal", "unknown field (did you mean"},
          {R"({"immutable": true})", "spec.immutable", "unknown field"},
      });
}

TEST(Spec, OfASecretIsRefusedWithoutSayingWhatStoodThere) {
  for (const char* entry : {R"("hunter2")", R"({"value": "hunter2"})", R"({"sealed": "hunter2!"})",
                            R"({"sealed": ["hunter2"]})"}) {
    const auto refused =
        parse_spec(Kind::secret, parsed(R"({"data": {"k": )" + std::string(entry) + "}}"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().text().find("hunter2"), std::string::npos) << refused.error().text();
  }
}

TEST(Spec, MayReferToSecretsInTheValuesOfWorkloadsAndDeploymentsOnly) {
  const std::string reference = R"({"db": {"password": {"$secret": "db", "key": "password"}}})";
  EXPECT_TRUE(parse_spec(Kind::workload, parsed(R"({"values": )" + reference + "}")).ok());
  EXPECT_TRUE(parse_spec(Kind::deployment,
                         parsed(R"({"workload": "w", "target": "t", "values": )" + reference + "}"))
                  .ok());
  const struct {
    Kind kind;
    std::string field;
  } others[] = {{Kind::host, "values"}, {Kind::template_, "defaults"}};
  for (const auto& [kind, field] : others) {
    const auto refused = parse_spec(kind, parsed("{\"" + field + "\": " + reference + "}"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().field, "spec." + field + ".db.password");
    EXPECT_EQ(refused.error().message,
              "only the values of workloads and deployments may refer to secrets");
  }
}

TEST(Spec, RefusesAReferenceToASecretThatIsNotOfItsForm) {
  const auto refused =
      parse_spec(Kind::workload, parsed(R"({"values": {"a": [{"$secret": "db"}]}})"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().field, "spec.values.a[0]");
}

}  // namespace
}  // namespace titan::model

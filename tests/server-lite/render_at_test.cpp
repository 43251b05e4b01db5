// What hosts get, now and at every moment that the log still holds: docs/spec/provenance.md.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/base64.hpp"
#include "tests/server-lite/random_fleet.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::RandomFleet;
using titan::testing::TestServer;

// What a host was told of one deployment: digest and error, and every file with its bytes.
using Told = std::map<std::string, std::string>;

Told told_of(const model::DesiredDeployment& desired,
             const std::vector<model::RenderedFile>& files) {
  Told told = {{"digest", desired.error.empty() ? desired.rendered_digest.text() : ""},
               {"error", desired.error},
               {"version", std::to_string(desired.version)}};
  for (const model::RenderedFile& file : files) {
    told["file " + file.path] = std::to_string(file.mode) + " " + file.content;
  }
  return told;
}

class RenderAt : public ::testing::Test {
 protected:
  // All that each host is told at the newest moment, by the agent's own way; noted under its seq.
  void record(TestServer& server) {
    const auto head = server.store().head().value();
    if (recorded_.contains(head.seq)) return;
    auto& moment = recorded_[head.seq];
    // Whose questions bring about nothing.
    titan::testing::FakeTransport transport(
        [&](const HttpRequest& request) { return server.handle_alone(request); });
    client::Client client(transport);
    for (const std::string& host : RandomFleet::hosts()) {
      const auto changes = client.host_changes(host, "", true);
      if (!changes) {
        EXPECT_EQ(changes.error().code, ErrorCode::not_found) << changes.error().text();
        continue;
      }
      auto& told = moment[host];
      for (const auto& desired : changes->manifest.deployments) {
        std::vector<model::RenderedFile> files;
        for (const auto& rendered : changes->rendered) {
          if (rendered.key == desired.key) files = rendered.files;
        }
        told[desired.key.short_text()] = told_of(desired, files);
      }
    }
  }

  // One request, and each step of the server apart: every moment that a host could have seen.
  void write_and_record(TestServer& server, const RandomFleet::Write& write) {
    server.handle_alone(
        {.method = write.method, .target = write.path, .body = RandomFleet::text_of(write)});
    record(server);
    for (int quiet = 0; quiet < 2;) {
      const auto before = server.store().head().value().seq;
      server.step();
      quiet = server.store().head().value().seq == before ? quiet + 1 : 0;
      record(server);
    }
  }

  void expect_rendered_as_told(TestServer& server) {
    const std::string epoch = server.store().head().value().epoch;
    const std::uint64_t horizon = server.store().horizon().value();
    std::size_t deployments = 0;
    for (const auto& [seq, moment] : recorded_) {
      const std::string at = model::Bookmark{epoch, seq}.text();
      if (seq < horizon) {
        const auto gone = server.client().render_host("h0", at);
        ASSERT_FALSE(gone.ok()) << at;
        ASSERT_EQ(gone.error().code, ErrorCode::expired) << at;
        continue;
      }
      for (const std::string& host : RandomFleet::hosts()) {
        const auto told = moment.find(host);
        const auto rendered = server.client().render_host(host, at);
        ASSERT_EQ(rendered.ok(), told != moment.end()) << at << " " << host;
        if (!rendered) {
          ASSERT_EQ(rendered.error().code, ErrorCode::not_found) << rendered.error().text();
          continue;
        }
        ASSERT_EQ(rendered->bookmark.seq, seq);
        std::map<std::string, Told> seen;
        for (const client::Rendering& one : rendered->deployments) {
          Told& form = seen[one.deployment];
          form = {{"digest", one.error.empty() ? one.digest.text() : ""},
                  {"error", one.error},
                  {"version", std::to_string(one.version)}};
          for (const model::RenderedFile& file : one.files) {
            // The manifest for people has no other bytes than UTF-8.
            const bool is_text = file.content.find('\xff') == std::string::npos;
            form["file " + file.path] =
                std::to_string(file.mode) + " " +
                (is_text
                     ? file.content
                     : json::parse(
                           json(file.content).dump(-1, ' ', false, json::error_handler_t::replace))
                           .get<std::string>());
          }
          if (one.error.empty()) {
            ASSERT_EQ(model::digest_of(one.files), one.digest);
          }
          ++deployments;
        }
        ASSERT_EQ(seen, told->second) << at << " " << host;
        for (const std::string& name : RandomFleet::deployments()) {
          const auto single =
              server.client().render({.deployment = {.kind = model::Kind::deployment,
                                                     .workspace = "default",
                                                     .name = name},
                                      .host = host,
                                      .at = at});
          ASSERT_EQ(single.ok(), seen.contains("default/" + name)) << at << " " << host << name;
          if (single) {
            ASSERT_EQ(single->deployments.size(), 1U);
          }
        }
      }
    }
    EXPECT_GT(deployments, 100U);
    compared_ += deployments;
    RecordProperty("compared", static_cast<int>(compared_));
    RecordProperty("moments", static_cast<int>(recorded_.size()));
  }

  std::map<std::uint64_t, std::map<std::string, std::map<std::string, Told>>> recorded_;
  std::size_t compared_ = 0;  // deployments on hosts at moments
};

TEST_F(RenderAt, GivesTheBytesAndDigestsThatWereDeliveredAtEveryMoment) {
  for (const std::uint64_t seed : {11, 12, 13}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    recorded_.clear();
    TestServer server;
    RandomFleet fleet(server, seed);
    fleet.begin();
    for (int i = 0; i < 120; ++i) write_and_record(server, fleet.next());
    EXPECT_GT(recorded_.size(), 100U);
    expect_rendered_as_told(server);
    server.restart();
    expect_rendered_as_told(server);
  }
}

// Time goes by, hosts fall silent, and the old end of the log goes.
TEST_F(RenderAt, GivesThemForAllThatTheLogStillHolds) {
  TestServer server({.changes = 60});
  RandomFleet fleet(server, 14);
  fleet.begin();
  for (int i = 0; i < 200; ++i) {
    server.clock().advance(std::chrono::minutes(2));
    write_and_record(server, fleet.next());
  }
  EXPECT_GT(server.store().horizon().value(), 50U);
  expect_rendered_as_told(server);
  server.restart();
  expect_rendered_as_told(server);
}

class Render : public ::testing::Test {
 protected:
  json get(const std::string& target, int status = 200) {
    const HttpResponse response = server_.call("GET", target);
    EXPECT_EQ(response.status, status) << target << response.body;
    return parse_json(response.body).value_or(json());
  }
  std::string message(const std::string& target, int status) {
    return get(target, status)["error"]["message"];
  }
  std::string now() { return server_.store().head().value().text(); }

  TestServer server_;
  const std::string prod_ = "/v1/workspaces/default/deployments/prod/render";
};

TEST_F(Render, ShowsWhatTheHostGetsNow) {
  server_.put_prod();
  const json answer = get(prod_ + "?host=pi");
  EXPECT_EQ(answer["host"], "pi");
  EXPECT_EQ(answer["bookmark"], now());
  ASSERT_EQ(answer["deployments"].size(), 1U);
  const json& one = answer["deployments"][0];
  EXPECT_EQ(one["deployment"], "default/prod");
  EXPECT_EQ(one["template"], "service");
  EXPECT_EQ(one["files"][0]["path"], "root/etc/prod.conf");
  EXPECT_EQ(one["files"][0]["mode"], "0644");
  EXPECT_EQ(one["files"][0]["content"], "host pi\n");
  EXPECT_EQ(get("/v1/hosts/pi/render")["deployments"], answer["deployments"]);
  EXPECT_EQ(get(prod_ + "?host=pi&path=root/etc/prod.conf")["deployments"], answer["deployments"]);
}

TEST_F(Render, GivesBytesThatAreNoTextInBase64) {
  server_.put_prod();
  const std::string bytes("\0\xff\x01", 3);
  server_.put_template("service", bytes);
  const json file = get(prod_ + "?host=pi")["deployments"][0]["files"][0];
  EXPECT_EQ(file["encoding"], "base64url");
  EXPECT_EQ(parse_base64url(file["content"].get<std::string>()).value(), bytes);
}

TEST_F(Render, TellsWhatWasNotThere) {
  const std::string before = now();
  server_.put_prod();
  const std::string with = now();
  server_.put_host("db", {{"site", "sea"}});
  server_.call("DELETE", "/v1/hosts/pi");
  struct Row {
    std::string target;
    std::string message;
  };
  const Row rows[] = {
      {prod_ + "?host=pi", "host \"pi\" does not exist"},
      {prod_ + "?host=pi&at=" + before, "host \"pi\" did not exist at that moment"},
      {prod_ + "?host=db", "deployment default/prod is not meant for host \"db\""},
      {"/v1/workspaces/default/deployments/none/render?host=db",
       "deployment default/none does not exist"},
      {prod_ + "?host=pi&path=root/etc/none&at=" + with,
       "deployment default/prod gives host \"pi\" no file \"root/etc/none\""},
      {"/v1/hosts/none/render", "host \"none\" does not exist"},
  };
  for (const Row& row : rows) EXPECT_EQ(message(row.target, 404), row.message);
  EXPECT_EQ(get(prod_ + "?host=pi&at=" + with)["deployments"].size(), 1U);
}

TEST_F(Render, RefusesMomentsThatItCannotShow) {
  server_.put_prod();
  for (const char* at : {"yesterday", "1.2", "2026-13-01T00:00:00Z"}) {
    EXPECT_EQ(get(prod_ + "?host=pi&at=" + at, 400)["error"]["field"], "at") << at;
  }
  const auto head = server_.store().head().value();
  const auto at = [&](std::uint64_t seq) { return model::Bookmark{head.epoch, seq}.text(); };
  EXPECT_NE(message(prod_ + "?host=pi&at=" + at(head.seq + 1), 400).find("in the future"),
            std::string::npos);
  EXPECT_NE(message(prod_ + "?host=pi&at=0123456789abcdef.1", 410).find("other data"),
            std::string::npos);
  EXPECT_EQ(get(prod_, 400)["error"]["field"], "host");
}

TEST_F(Render, TakesATimeAsTheMomentAfterTheLastChangeUpToIt) {
  server_.put_prod();
  server_.advance(std::chrono::hours(1));
  const std::string then = server_.deployment("prod").modified_time.text();
  server_.put_template("service", "new {{host.name}}\n");
  const auto content = [&](const std::string& at) {
    return get(prod_ + "?host=pi&at=" + at)["deployments"][0]["files"][0]["content"];
  };
  EXPECT_EQ(content(then), "host pi\n");
  const auto changed =
      server_.client().get({.kind = model::Kind::template_, .name = "service"}).value();
  EXPECT_EQ(content(changed.modified_time.text()), "new pi\n");
  EXPECT_EQ(content("2999-01-01T00:00:00Z"), "new pi\n");
}

TEST(RenderHistory, EndsWhereTheLogBegins) {
  TestServer server({.changes = 5});
  server.put_prod();
  const auto old = server.store().head().value();
  for (int i = 0; i < 20; ++i) {
    server.put_template("service", "v" + std::to_string(i) + " {{host.name}}\n");
  }
  server.advance(std::chrono::hours(1));
  const std::uint64_t horizon = server.store().horizon().value();
  ASSERT_GT(horizon, old.seq);
  const std::string prod = "/v1/workspaces/default/deployments/prod/render?host=pi&at=";
  const auto gone = server.call("GET", prod + old.text());
  EXPECT_EQ(gone.status, 410) << gone.body;
  EXPECT_NE(gone.body.find("before the oldest change"), std::string::npos) << gone.body;
  EXPECT_EQ(server.call("GET", prod + "1970-01-01T00:00:00Z").status, 410);
  const auto edge = model::Bookmark{old.epoch, horizon}.text();
  EXPECT_EQ(server.call("GET", prod + edge).status, 200);
  server.restart();
  EXPECT_EQ(server.call("GET", prod + edge).status, 200);
  EXPECT_EQ(server.call("GET", prod + old.text()).status, 410);
}

TEST_F(Render, ShowsWhyADeploymentCannotBeRendered) {
  server_.put_prod();
  server_.put_template("service", "{{values.missing}}\n");
  const json one = get(prod_ + "?host=pi")["deployments"][0];
  EXPECT_TRUE(one["digest"].is_null());
  EXPECT_TRUE(one["files"].empty());
  EXPECT_NE(one["error"].get<std::string>().find("missing"), std::string::npos) << one;
}

}  // namespace
}  // namespace titan::server_lite

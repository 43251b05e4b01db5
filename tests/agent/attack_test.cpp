// The attacks of The Update Framework (https://theupdateframework.github.io/specification/latest/,
// section 1.5.2) against a host: somebody between it and the real server, who can read, keep back,
// change and make up answers as he likes, and has no key unless a test says so. Each attack is
// tried in twenty forms or more; data that never ends or comes too slowly is in
// stalling_attack_test.cpp. Whatever he does, the files of the host are those of before, its memory
// of what it is to have is too, and `titan-agent status` says at the next poll that something is
// wrong.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/trust_command.hpp"
#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "model/manifest.hpp"
#include "model/proofs.hpp"
#include "render/compiled_template.hpp"
#include "tests/agent/attack_variants.hpp"
#include "tests/agent/test_author.hpp"
#include "tests/agent/test_host.hpp"
#include "tests/client/signing_server.hpp"

namespace titan::agent {
namespace {

using titan::testing::AttackVariants;
using titan::testing::SeededRandom;
using titan::testing::SigningServer;
using titan::testing::TestAuthor;
using titan::testing::TestHost;
using titan::testing::TestServer;
using Outcome = StepResult::Outcome;

bool is_sync(const HttpRequest& request) {
  return request.target.find("/sync") != std::string::npos;
}

class Attack : public ::testing::Test {
 protected:
  using Tamper = std::function<void(const HttpRequest&, HttpResponse&)>;
  using Answer = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

  Attack() {
    server_.put_prod();
    host_.once_done();
    files_ = host_.files();
    state_ = wanted();
  }

  // What the host is to have, as it remembers that; what failed may be noted beside it.
  nlohmann::json wanted() {
    auto state = parse_json(host_.state().disk().read("state.json", 1U << 20U).value()).value();
    return {{"desired", state["desired"]}, {"bookmark", state["bookmark"]}};
  }
  std::uint64_t refusals() {
    std::uint64_t count = 0;
    for (const auto& [reason, times] : host_.status().memory.refusals) count += times;
    return count;
  }
  // One poll under attack: nothing changes, and it is noticed. `reason`: under which name.
  void expect_refused(const std::string& what, const std::string& reason = "") {
    const std::uint64_t before = refusals();
    const StepResult result = host_.once().value();
    ASSERT_TRUE(result.error) << what;
    EXPECT_EQ(exit_code_of(result.error->code), ExitCode::denied) << what << result.error->text();
    EXPECT_EQ(result.applied + result.removed, 0U) << what;
    EXPECT_EQ(host_.files(), files_) << what;
    EXPECT_EQ(wanted(), state_) << what;
    EXPECT_GT(refusals(), before) << what << ": " << result.error->text();
    ASSERT_TRUE(host_.status().memory.last_refusal) << what;
    const std::string said = host_.status().memory.last_refusal->what;
    EXPECT_TRUE(reason.empty() || said == reason) << what << ": " << said;
    EXPECT_NE(host_.status_text().find("last refusal   " + said), std::string::npos) << what;
    variants_.note(what);
  }
  // Then the real server is heard again, and all is well.
  void expect_well_again() {
    host_.tamper = nullptr;
    host_.instead = nullptr;
    host_.once_done();
    EXPECT_EQ(server_.deployment("prod").status, model::Status::ready);
  }
  // What the server says to one sync of the host, when there is news for it.
  HttpResponse recorded_news(const std::string& content) {
    server_.put_template("service", content);
    HttpResponse seen;
    host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
      if (is_sync(request) && response.status == 200) seen = response;
    };
    host_.once_done();
    host_.tamper = nullptr;
    files_ = host_.files();
    state_ = wanted();
    EXPECT_EQ(seen.status, 200);
    return seen;
  }
  model::Manifest manifest_of(const HttpResponse& response) {
    return model::parse_manifest(parse_json(response.body).value()).value();
  }
  // The thief's own proof of a manifest: right in all but the key.
  HttpResponse signed_by(const SigningKey& key, const HttpRequest& request,
                         const model::Manifest& manifest) {
    HttpResponse response{200, {}, model::json_text(manifest)};
    response.headers["Titan-Bookmark"] = manifest.bookmark.text();
    response.headers["Titan-Poll-After"] = "60";
    const std::string bookmark = manifest.bookmark.text();
    const model::SyncProof proof{.organization = "default",
                                 .host = "pi",
                                 .bookmark = bookmark,
                                 .nonce = request.headers.find("Titan-Nonce")->second,
                                 .poll_after = std::chrono::seconds(60)};
    response.headers["Titan-Key"] = key.public_key().text();
    response.headers["Titan-Signature"] = key.sign(model::sync_proof(proof, response.body)).text();
    return response;
  }
  SigningKey server_key() {
    return SigningKey::parse(server_.keys().signing().secret_text().bytes()).value();
  }
  model::Bookmark bookmark() { return *host_.status().bookmark; }

  TestServer server_;
  TestHost host_{server_};
  SeededRandom random_{99};
  SigningKey thief_ = SigningKey::make(random_);
  std::map<std::string, std::string> files_;
  nlohmann::json state_;
  AttackVariants variants_;
};

TEST_F(Attack, ArbitrarySoftwareIsNotInstalled) {
  HttpResponse news = recorded_news("second\n");
  server_.put_template("service", "third\n");
  // The manifest, changed in its bytes, its headers, its proof.
  for (int i = 0; i < 24; ++i) {
    host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
      if (!is_sync(request) || response.status != 200) return;
      response.body[response.body.size() * static_cast<std::size_t>(i) / 24] ^= 1;
    };
    expect_refused("byte " + std::to_string(i), "wrong-signature");
  }
  for (const char* header : {"Titan-Bookmark", "Titan-Poll-After", "Titan-Report-Wanted",
                             "Titan-Key", "Titan-Signature"}) {
    for (const std::string value : {"", "0", "true", "ed25519:AAAA"}) {
      host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
        if (!is_sync(request) || response.status != 200) return;
        if (response.header(header) == value) response.headers["Titan-Poll-After"] = "61";
        response.headers[header] = value;
      };
      if (std::string(header) == "Titan-Report-Wanted" && value.empty()) continue;  // as it was
      expect_refused(std::string(header) + " as " + value);
    }
  }
  // A manifest of the thief's own, under his key, the server's name, or with no proof.
  model::Manifest evil = manifest_of(news);
  evil.bookmark.seq += 10;
  evil.full = true;
  evil.deployments.clear();
  evil.digest = model::digest_of_desired({});
  for (int form = 0; form < 4; ++form) {
    host_.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (!is_sync(request)) return std::nullopt;
      HttpResponse response = signed_by(thief_, request, evil);
      if (form == 1) response.headers["Titan-Key"] = server_.keys().key().text();
      if (form == 2) response.headers["Titan-Signature"] = "";
      if (form == 3) response.headers["Titan-Signature"] = Signature().text();
      return response;
    };
    expect_refused("of his own, form " + std::to_string(form));
  }
  host_.instead = nullptr;
  // The files of the manifest that is wanted.
  host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
    if (request.target.starts_with("/v1/blobs/")) response.body = "evil\n";
  };
  const StepResult result = host_.once().value();
  EXPECT_EQ(exit_code_of(result.error->code), ExitCode::denied);
  EXPECT_EQ(host_.files(), files_);
  EXPECT_EQ(host_.status().memory.last_refusal->what, "wrong-blob");
  variants_.expect_enough();
  expect_well_again();
  EXPECT_EQ(host_.files().at("etc/prod.conf"), "third\n");
}

TEST_F(Attack, RollbackIsRefused) {
  std::vector<HttpResponse> old;
  for (int i = 0; i < 7; ++i) old.push_back(recorded_news("edition " + std::to_string(i) + "\n"));
  const HttpResponse newest = old.back();
  for (std::size_t i = 0; i < old.size(); ++i) {
    for (int form = 0; form < 3; ++form) {
      host_.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (!is_sync(request)) return std::nullopt;
        HttpResponse response = old[i];
        // As it was; with the bookmark of now; with the bookmark of now everywhere.
        if (form > 0) response.headers["Titan-Bookmark"] = newest.header("Titan-Bookmark");
        if (form > 1) {
          model::Manifest manifest = manifest_of(old[i]);
          manifest.bookmark = manifest_of(newest).bookmark;
          response.body = model::json_text(manifest);
        }
        return response;
      };
      expect_refused("edition " + std::to_string(i) + " in form " + std::to_string(form));
    }
  }
  variants_.expect_enough();
  expect_well_again();
}

// Even the server itself, brought back to an older state, does not take a host along.
TEST_F(Attack, RollbackByTheServerItselfIsRefused) {
  for (int i = 0; i < 5; ++i) recorded_news("edition " + std::to_string(i) + "\n");
  const model::Manifest old = manifest_of(recorded_news("first\n"));
  recorded_news("second\n");
  const SigningKey key = server_key();
  for (std::uint64_t back = 0; back < 20; ++back) {
    model::Manifest manifest = old;
    manifest.bookmark.seq -= std::min(manifest.bookmark.seq, back);
    host_.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (!is_sync(request)) return std::nullopt;
      return signed_by(key, request, manifest);
    };
    expect_refused("back to " + manifest.bookmark.text(), "older-bookmark");
  }
  variants_.expect_enough();
  expect_well_again();
}

TEST_F(Attack, FastForwardIsRefused) {
  const HttpResponse news = recorded_news("second\n");
  server_.put_template("service", "third\n");
  for (const std::uint64_t seq :
       {std::uint64_t{1'000}, std::uint64_t{1} << 40U, std::uint64_t{INT64_MAX}}) {
    const model::Bookmark far{bookmark().epoch, seq};
    for (int form = 0; form < 7; ++form) {
      host_.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (!is_sync(request)) return std::nullopt;
        model::Manifest manifest = manifest_of(news);
        manifest.bookmark = form == 3 ? model::Bookmark{"ffffffffffffffff", seq} : far;
        HttpResponse response = signed_by(thief_, request, manifest);
        if (form == 1) response.headers["Titan-Key"] = server_.keys().key().text();
        if (form == 2) response = {204, response.headers, ""};
        if (form == 4)
          response = {204,
                      {{"Titan-Bookmark", far.text()},
                       {"Titan-Poll-After", "60"},
                       {"Titan-Mac", Mac().text()}},
                      ""};
        if (form == 5) {
          response = news;
          response.headers["Titan-Bookmark"] = far.text();
        }
        if (form == 6) response.headers["Titan-Poll-After"] = "86400";
        return response;
      };
      expect_refused("to " + far.text() + " in form " + std::to_string(form));
      EXPECT_LT(host_.status().memory.high_water.bookmark.seq, 1'000U);
    }
  }
  variants_.expect_enough();
  expect_well_again();
}

TEST_F(Attack, FreezeIsNoticed) {
  // He has heard "nothing is new" before, in this session and in one of before, and what was new.
  const HttpResponse known = recorded_news("known\n");
  std::vector<HttpResponse> nothing;
  host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
    if (is_sync(request) && response.status == 204) nothing.push_back(response);
  };
  host_.once_done();
  host_.reboot();
  for (int i = 0; i < 3; ++i) host_.once_done();
  host_.tamper = nullptr;
  ASSERT_EQ(nothing.size(), 4U);
  server_.put_template("service", "news\n");
  const auto say = [&](const HttpResponse& old) {
    host_.instead = [&, old](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (!is_sync(request)) return std::nullopt;
      return old;
    };
  };
  for (std::size_t i = 0; i < nothing.size(); ++i) {
    say(nothing[i]);
    expect_refused("the old word " + std::to_string(i) + " that nothing is new", "wrong-mac");
  }
  // The same with something changed, so that it fits better, or the host asks less often.
  const std::vector<std::pair<const char*, std::string>> changes = {
      {"Titan-Bookmark", bookmark().epoch + "." + std::to_string(bookmark().seq + 1)},
      {"Titan-Poll-After", "86400"},
      {"Titan-Poll-After", "9223372036854775807"},
      {"Titan-Report-Wanted", "true"},
      {"Titan-Mac", Mac().text()},
      {"Titan-Mac", nothing.front().header("Titan-Mac")},
      {"Titan-Mac", ""},
      {"Titan-Bookmark", ""},
      {"Titan-Poll-After", ""},
      {"Titan-Poll-After", "-1"}};
  for (const auto& [header, value] : changes) {
    HttpResponse changed = nothing.back();
    changed.headers[header] = value;
    say(changed);
    expect_refused(std::string(header) + " as " + value);
  }
  say(known);
  expect_refused("what is there already as news", "wrong-signature");
  HttpResponse empty = known;
  empty.body.clear();
  say(empty);
  expect_refused("news with nothing in it", "wrong-signature");
  // Or he lets nothing through at all: then nothing is verified, and the host says so, and since
  // when.
  for (const int status : {0, 302, 304, 401, 403, 404, 410, 429, 500, 502, 503}) {
    host_.instead = [&](const HttpRequest&) -> std::optional<HttpResponse> {
      return HttpResponse{
          status, {{"Retry-After", "86400"}, {"Location", "https://thief.example"}}, ""};
    };
    host_.clock().advance(std::chrono::minutes(20));
    EXPECT_NE(host_.once().value().outcome, Outcome::done) << status;
    EXPECT_EQ(host_.files(), files_) << status;
    ASSERT_TRUE(host_.status().memory.last_failure) << status;
    EXPECT_NE(host_.status_text().find("last failure   " +
                                       host_.status().memory.last_failure->what + ", 0 s ago"),
              std::string::npos)
        << host_.status_text();
    variants_.note("the status " + std::to_string(status));
  }
  EXPECT_TRUE(host_.status().is_cut_off());
  EXPECT_NE(host_.status_text().find("cut off"), std::string::npos);
  variants_.expect_enough();
  expect_well_again();
  EXPECT_FALSE(host_.status().is_cut_off());
}

TEST_F(Attack, MixAndMatchIsRefused) {
  std::vector<HttpResponse> said;
  for (int i = 0; i < 6; ++i) said.push_back(recorded_news("edition " + std::to_string(i) + "\n"));
  server_.put_template("service", "of now\n");
  // The answer of now, with one part or two of an older one.
  const std::vector<const char*> parts = {"body", "Titan-Bookmark", "Titan-Signature"};
  for (const HttpResponse& old : said) {
    for (std::size_t mask = 1; mask < 8; ++mask) {
      host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
        if (!is_sync(request) || response.status != 200) return;
        for (std::size_t part = 0; part < parts.size(); ++part) {
          if ((mask >> part & 1U) == 0) continue;
          if (part == 0) {
            response.body = old.body;
          } else {
            response.headers[parts[part]] = old.header(parts[part]);
          }
        }
      };
      expect_refused("parts " + std::to_string(mask) + " of " + old.header("Titan-Bookmark"),
                     "wrong-signature");
    }
  }
  variants_.expect_enough();
  expect_well_again();
}

TEST_F(Attack, WhatIsForAnotherHostIsRefused) {
  // The thief has a device of his own: the host "po".
  server_.put_host("po", {{"site", "lab"}});
  TestHost other(server_, "po");
  std::vector<std::pair<std::string, HttpResponse>> all;
  other.tamper = [&](const HttpRequest& request, HttpResponse& response) {
    all.emplace_back(request.target, response);
  };
  for (int i = 0; i < 3; ++i) {
    server_.put_template("service", "edition " + std::to_string(i) + "\n");
    other.once_done();
  }
  other.tamper = nullptr;
  host_.once_done();
  files_ = host_.files();
  state_ = wanted();
  // What it was told, in place of all that this one asks for.
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [target, response] = all[i];
    if (target.starts_with("/v1/blobs/")) continue;  // what a digest names is the same for all
    const bool of_sync = target.ends_with("/sync");
    if (!of_sync) host_.reboot();
    host_.instead = [&, of_sync](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (of_sync ? !is_sync(request) : request.target != all[i].first) return std::nullopt;
      return all[i].second;
    };
    expect_refused(std::to_string(i) + ", the answer to " + target);
  }
  // His device asks with this host's nonce: what comes is true and fresh, but for another.
  const std::string token(other.status().memory.session.token.bytes());
  for (const bool with_news : {false, true}) {
    for (const bool renamed : {false, true}) {
      host_.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (!is_sync(request)) return std::nullopt;
        HttpRequest his = request;
        his.target = "/v1/hosts/po/sync";
        his.headers["Authorization"] = "Bearer " + token;
        if (with_news) his.body = "{}";
        HttpResponse response = server_.handle_from("192.0.2.66", his);
        const std::size_t name = response.body.find("\"host\":\"po\"");
        if (renamed && name != std::string::npos) response.body.replace(name, 11, R"("host":"pi")");
        if (renamed) response.headers["Titan-Host"] = "pi";
        return response;
      };
      expect_refused(std::string("his device asks for ") + (with_news ? "all" : "news") +
                     (renamed ? ", renamed" : ""));
    }
  }
  // The server's own key, over another name: then it is the name alone that does not fit.
  const SigningKey key = server_key();
  for (const char* name : {"po", "pii", "p", "p-i", "pi0", "ip", "pi-pi", "p1"}) {
    host_.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (!is_sync(request)) return std::nullopt;
      model::Manifest manifest{.host = name,
                               .bookmark = bookmark(),
                               .full = true,
                               .digest = model::digest_of_desired({})};
      return signed_by(key, request, manifest);
    };
    expect_refused(std::string("the manifest of ") + name, "other-host");
  }
  // And over the right name, signed for another host or another organization.
  for (const auto& [organization, host] : {std::pair{"default", "po"}, std::pair{"acme", "pi"}}) {
    host_.instead = [&, organization = organization,
                     host = host](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (!is_sync(request)) return std::nullopt;
      const model::Manifest manifest{.host = "pi",
                                     .bookmark = bookmark(),
                                     .full = true,
                                     .digest = model::digest_of_desired({})};
      HttpResponse response = signed_by(key, request, manifest);
      const std::string told = manifest.bookmark.text();
      const model::SyncProof proof{.organization = organization,
                                   .host = host,
                                   .bookmark = told,
                                   .nonce = request.headers.find("Titan-Nonce")->second,
                                   .poll_after = std::chrono::seconds(60)};
      response.headers["Titan-Signature"] =
          key.sign(model::sync_proof(proof, response.body)).text();
      return response;
    };
    expect_refused(std::string("signed for ") + organization + "/" + host, "wrong-signature");
  }
  // A session that is another's, with the key of the server.
  for (const auto& [organization, host] : {std::pair{"default", "po"}, std::pair{"acme", "pi"}}) {
    SigningServer false_server(random_, bookmark().epoch, [](const HttpRequest&) {
      return HttpResponse{500, {}, ""};
    });
    false_server.key = server_key();
    false_server.organization = organization;
    false_server.bind(host_.status().identity->device, host);
    host_.reboot();
    host_.instead = [&](const HttpRequest& request) { return false_server.handle(request); };
    expect_refused(std::string("the session of ") + organization + "/" + host, "other-host");
  }
  variants_.expect_enough();
  expect_well_again();
}

TEST_F(Attack, ReplayOfAnyAnswerIsRefused) {
  std::vector<std::pair<std::string, HttpResponse>> said;
  host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
    said.emplace_back(request.target, response);
  };
  for (int i = 0; i < 4; ++i) {
    host_.reboot();
    server_.put_template("service", "edition " + std::to_string(i) + "\n");
    host_.once_done();
  }
  host_.tamper = nullptr;
  files_ = host_.files();
  state_ = wanted();
  const auto replay = [&](std::size_t i) {
    host_.instead = [&, i](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (request.target != said[i].first) return std::nullopt;
      return said[i].second;
    };
  };
  for (std::size_t i = 0; i < said.size(); ++i) {
    const std::string& target = said[i].first;
    if (target.starts_with("/v1/blobs/")) continue;  // what a digest names is the same for ever
    host_.reboot();
    replay(i);
    expect_refused(std::to_string(i) + ", the answer to " + target + ", in a new session");
  }
  // Into the session in which they were given, too, as far as they are of the last one.
  for (std::size_t i = 0; i < said.size(); ++i) {
    if (!said[i].first.ends_with("/sync")) continue;
    host_.instead = nullptr;
    host_.once_done();
    replay(i);
    expect_refused(std::to_string(i) + ", the answer to a sync, while a session lasts");
  }
  // Who the server was, when it is another by now.
  const HttpResponse identity =
      server_.call("GET", "/v1/identity", "", {{"Titan-Nonce", "AAAAAAAAAAAAAAAAAAAAAA"}});
  server_.rekey([&](server_lite::ServerKeys& keys) { return keys.rotate(random_); });
  host_.reboot();
  host_.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.target != "/v1/identity") return std::nullopt;
    return identity;
  };
  expect_refused("who the server was", "wrong-signature");
  variants_.expect_enough();
  expect_well_again();
}

// Statements that lead nowhere, and a key that the server does not have.
TEST_F(Attack, AMadeUpServerIsRefused) {
  const std::string epoch = bookmark().epoch;
  SigningServer fake(random_, epoch, [&](const HttpRequest&) {
    return HttpResponse{
        204, {{"Titan-Bookmark", bookmark().text()}, {"Titan-Poll-After", "60"}}, ""};
  });
  fake.bind(host_.status().identity->device, "pi");
  for (int i = 0; i < 20; ++i) {
    if (i % 2 == 1) host_.reboot();
    if (i % 3 == 0) fake.rotate();
    if (i % 4 == 0) fake.introduce_root_key();
    if (i % 5 == 4) fake.replace_stolen_key();
    host_.instead = [&](const HttpRequest& request) { return fake.handle(request); };
    // He has no session of the host's, so he ends it.
    if (i % 2 == 0) fake.forget_sessions();
    expect_refused("form " + std::to_string(i), "unknown-key");
    EXPECT_EQ(host_.status().identity->trust.key, server_.keys().key());
  }
  variants_.expect_enough();
  expect_well_again();
}

TEST_F(Attack, AStolenOnlineKeyIsTakenBackByTheRootKey) {
  // The server has a root key, which is elsewhere.
  SigningKey root = SigningKey::make(random_);
  server_.rekey([&](server_lite::ServerKeys& keys) { return keys.trust(root.public_key()); });
  server_.rekey([&](server_lite::ServerKeys& keys) { return keys.rotate(random_); });
  host_.reboot();
  host_.once_done();
  ASSERT_EQ(host_.status().identity->trust.root_key, root.public_key());
  for (int round = 0; round < 3; ++round) {
    // The thief has the online key, and makes himself the server's successor.
    SigningServer thief(random_, bookmark().epoch, [&](const HttpRequest&) {
      return HttpResponse{
          204, {{"Titan-Bookmark", bookmark().epoch + ".9000000"}, {"Titan-Poll-After", "60"}}, ""};
    });
    const client::TrustState trust = host_.status().identity->trust;
    thief.key = server_key();
    thief.root_key = SigningKey::parse(root.secret_text().bytes()).value();  // its public half
    thief.root = trust.root;
    thief.number = trust.number + 1000;
    thief.epoch_number = INT64_MAX - 10;
    thief.statements.clear();
    thief.bind(host_.status().identity->device, "pi");
    thief.rotate();
    host_.instead = [&](const HttpRequest& request) { return thief.handle(request); };
    host_.reboot();
    host_.once_done();
    EXPECT_EQ(host_.status().identity->trust.key, thief.key.public_key()) << "it cannot know";
    // Until the root key has spoken, the real server is the false one.
    host_.instead = nullptr;
    server_.put_template("service", "edition " + std::to_string(round) + "\n");
    EXPECT_EQ(host_.once().value().error->code, ErrorCode::denied);
    server_.rekey([&](server_lite::ServerKeys& keys) { return keys.replace(random_, root); });
    host_.once_done();
    EXPECT_EQ(host_.files().at("etc/prod.conf"), "edition " + std::to_string(round) + "\n");
    EXPECT_EQ(host_.status().identity->trust.root, trust.root + 1);
    EXPECT_EQ(host_.status().identity->trust.key, server_.keys().key());
    files_ = host_.files();
    state_ = wanted();
    // The thief comes back, with all that he has.
    host_.instead = [&](const HttpRequest& request) { return thief.handle(request); };
    for (int again = 0; again < 7; ++again) {
      if (again % 2 == 0) thief.rotate();
      if (again % 3 == 0) thief.begin_epoch(bookmark().epoch);
      host_.reboot();
      expect_refused("theft " + std::to_string(round) + ", attempt " + std::to_string(again),
                     "unknown-key");
    }
    host_.instead = nullptr;
    host_.once_done();
  }
  variants_.expect_enough();
}

// The thief has the key by which the server signs, and so all that the server could say. The host
// wants the word of an author, whose key he has not.
class StolenServer : public Attack {
 protected:
  using Form = model::DesiredDeployment;
  using Edit = std::function<void(Form&)>;

  StolenServer() {
    server_.put_template("tool", "tool\n", "root/etc/tool");
    server_.put_deployment("dev", "tool");
    author_.sign_host(server_, "pi");
    author_.sign_deployment(server_, "dev");
    author_.sign_deployment(server_, "prod");
    std::ostringstream out;
    EXPECT_TRUE(trust_author(host_.state().disk(), out, {.key = author_.key()}));
    for (const Form& form : manifest_of(recorded("second\n")).deployments) old_ = form;
    for (const Form& form : manifest_of(recorded("third\n")).deployments) good_ = form;
    sequence_ = bookmark();
  }
  // News of prod alone, as its author signed it.
  HttpResponse recorded(const std::string& content) {
    server_.put_template("service", content);
    author_.sign_deployment(server_, "prod");
    HttpResponse seen;
    host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
      if (is_sync(request) && response.status == 200) seen = response;
    };
    host_.once_done();
    host_.tamper = nullptr;
    files_ = host_.files();
    return seen;
  }
  // What the thief would have the host run.
  model::TemplateFile evil_file(const std::string& path = "root/etc/evil") {
    blobs_[Digest::of(kEvil)] = kEvil;
    return {path, 0755, Digest::of(kEvil), kEvil.size()};
  }
  // The form's digests are right, as the server would make them.
  Form finished(Form form) {
    std::vector<render::SourceFile> sources;
    for (const model::TemplateFile& file : form.files) {
      const auto evil = blobs_.find(file.digest);
      sources.push_back(
          {file.path, file.mode,
           evil != blobs_.end() ? evil->second : server_.client().get_blob(file.digest).value()});
    }
    const auto compiled = render::CompiledTemplate::compile(std::move(sources)).value();
    form.rendered_digest = model::digest_of(compiled.render(form.inputs.json()).value());
    form.desired_digest = Digest::of("evil " + std::to_string(++forms_));
    return form;
  }
  // One step of the host, which is told that this is news.
  StepResult deliver(const Form& form) {
    model::Manifest manifest{.host = "pi", .bookmark = sequence_, .full = true};
    manifest.bookmark.seq += ++delivered_;
    manifest.poll_after = std::chrono::seconds(60);
    for (const auto& [key, wanted] : held().desired) {
      if (key.name == "dev" && key != form.key) manifest.deployments.push_back(wanted);
    }
    if (form.key != good_.key) manifest.deployments.push_back(good_);
    manifest.deployments.push_back(form);
    std::ranges::sort(manifest.deployments, {}, &Form::key);
    std::vector<model::DesiredDigest> digests;
    for (const Form& each : manifest.deployments)
      digests.push_back({each.key, each.desired_digest});
    manifest.digest = model::digest_of_desired(digests);
    host_.instead = [&, manifest](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (is_sync(request)) return signed_by(key_, request, manifest);
      for (const auto& [digest, content] : blobs_) {
        if (request.target.find(digest.hex()) != std::string::npos) {
          return HttpResponse{200, {}, content};
        }
      }
      return std::nullopt;
    };
    return host_.once().value();
  }
  AgentState held() { return StateFile(host_.state().disk()).load().value(); }
  void expect_not_applied(const std::string& what, const std::string& why, const Edit& edit) {
    Form form = good_;
    edit(form);
    const StepResult result = deliver(finished(form));
    EXPECT_FALSE(result.error) << what << ": " << result.error->text();
    EXPECT_EQ(result.applied + result.removed, 0U) << what;
    EXPECT_EQ(result.failing, 1U) << what;
    EXPECT_EQ(host_.files(), files_) << what;
    const std::string reason = "not signed by an author this host trusts: " + why;
    EXPECT_NE(held().failures[form.key].find(reason), std::string::npos)
        << what << ": " << held().failures[form.key];
    EXPECT_NE(host_.status_text().find(reason), std::string::npos) << what;
    variants_.note(what);
  }
  static Edit with_inputs(std::function<void(nlohmann::json&)> edit) {
    return [edit = std::move(edit)](Form& form) {
      nlohmann::json inputs = form.inputs.json();
      edit(inputs);
      form.inputs = model::Values::from(std::move(inputs)).value();
    };
  }
  model::AuthorSignature by_thief(const Form& form, std::uint64_t serial) {
    const model::AuthorStatement statement{form.key, form.driver, form.files,
                                           model::author_inputs(form.inputs, form.author->values)};
    return {thief_.public_key(), serial, thief_.sign(model::author_proof(statement, serial))};
  }

  const std::string kEvil = "evil\n";
  TestAuthor author_;
  const SigningKey key_ = server_key();
  Form old_;
  Form good_;
  std::map<Digest, std::string> blobs_;
  model::Bookmark sequence_;
  std::uint64_t delivered_ = 0;
  int forms_ = 0;
};

TEST_F(StolenServer, DeploysNothingOnAHostThatWantsAnAuthorsWord) {
  const model::Values evil_values = model::Values::from({{"evil", 1}}).value();
  const std::string by_author = "the signature by " + author_.key().text();
  const std::string not_prod = by_author + " is not of deployment/prod";
  const std::string not_host = by_author + " is not of host/pi";
  const auto evil = [&](Form& form) { form.files = {evil_file("root/etc/prod.conf")}; };

  expect_not_applied("no signature", "nobody signed deployment/prod", [&](Form& form) {
    evil(form);
    form.author.reset();
    form.host.reset();
  });
  expect_not_applied("the old signatures", not_prod, evil);
  expect_not_applied("another mode", not_prod, [](Form& form) { form.files[0].mode = 0755; });
  expect_not_applied("another path", not_prod,
                     [](Form& form) { form.files[0].path = "root/etc/passwd"; });
  expect_not_applied("a file more", not_prod,
                     [&](Form& form) { form.files.insert(form.files.begin(), evil_file()); });
  expect_not_applied("a file less", not_prod, [](Form& form) { form.files.clear(); });
  expect_not_applied("another driver", not_prod, [](Form& form) { form.driver = "systemd"; });
  expect_not_applied("the thief's key", "deployment/prod is signed by none of this host's keys",
                     [&](Form& form) {
                       evil(form);
                       form.author->signatures = {by_thief(form, 5'000)};
                     });
  expect_not_applied("the thief's key beside the author's", not_prod, [&](Form& form) {
    evil(form);
    form.author->signatures.push_back(by_thief(form, 5'000));
  });
  expect_not_applied("the thief's signature under the author's key", not_prod, [&](Form& form) {
    evil(form);
    form.author->signatures = {by_thief(form, 5'000)};
    form.author->signatures[0].key = author_.key();
  });
  expect_not_applied("a signature of nothing", not_prod,
                     [](Form& form) { form.author->signatures[0].signature = Signature(); });
  expect_not_applied("a greater serial", not_prod,
                     [](Form& form) { form.author->signatures[0].serial += 1; });
  expect_not_applied("a word of before", "the signature of deployment/prod is older",
                     [&](Form& form) { form = old_; });
  expect_not_applied("the word on another deployment", not_prod, [&](Form& form) {
    form.author->signatures =
        held()
            .desired.at({.kind = model::Kind::deployment, .workspace = "default", .name = "dev"})
            .author->signatures;
  });
  expect_not_applied("another name", by_author + " is not of deployment/evil",
                     [](Form& form) { form.key.name = "evil"; });
  expect_not_applied("another workspace", not_prod,
                     [](Form& form) { form.key.workspace = "evil"; });
  expect_not_applied("another organization", "it is of the organization \"evil\"",
                     [](Form& form) { form.key.organization = "evil"; });
  expect_not_applied("a deployment of his own", "nobody signed deployment/evil", [&](Form& form) {
    form = {.key = {.kind = model::Kind::deployment, .workspace = "default", .name = "evil"},
            .version = 1,
            .template_name = "evil",
            .template_digest = Digest::of("evil"),
            .driver = "files",
            .files = {evil_file()}};
  });
  expect_not_applied("values", "the values are others",
                     with_inputs([](nlohmann::json& inputs) { inputs["values"]["evil"] = 1; }));
  expect_not_applied("the author's values", not_prod, [&](Form& form) {
    with_inputs([](nlohmann::json& inputs) { inputs["values"]["evil"] = 1; })(form);
    form.author->values = evil_values;
  });
  expect_not_applied("the host's values", not_host, [&](Form& form) {
    with_inputs([](nlohmann::json& inputs) { inputs["values"]["evil"] = 1; })(form);
    form.host->values = evil_values;
  });
  expect_not_applied("no values", "the values are others",
                     with_inputs([](nlohmann::json& inputs) { inputs.erase("values"); }));
  expect_not_applied("values that are none", "the values are others",
                     with_inputs([](nlohmann::json& inputs) { inputs["values"] = 5; }));
  expect_not_applied("the workload", not_prod, with_inputs([](nlohmann::json& inputs) {
                       inputs["workload"]["repo"] = "evil";
                     }));
  expect_not_applied("an input more", not_prod,
                     with_inputs([](nlohmann::json& inputs) { inputs["evil"] = 1; }));
  expect_not_applied("a label", not_host, with_inputs([](nlohmann::json& inputs) {
                       inputs["host"]["labels"]["site"] = "evil";
                     }));
  expect_not_applied("a label more", not_host, with_inputs([](nlohmann::json& inputs) {
                       inputs["host"]["labels"]["evil"] = "";
                     }));
  const std::string other_host = "the form is made for another host";
  expect_not_applied("another host", other_host,
                     with_inputs([](nlohmann::json& inputs) { inputs["host"]["name"] = "evil"; }));
  expect_not_applied("more about the host", other_host,
                     with_inputs([](nlohmann::json& inputs) { inputs["host"]["evil"] = "x"; }));
  expect_not_applied("a label that is none", other_host, with_inputs([](nlohmann::json& inputs) {
                       inputs["host"]["labels"]["evil"] = 5;
                     }));
  expect_not_applied("no host", other_host,
                     with_inputs([](nlohmann::json& inputs) { inputs.erase("host"); }));
  expect_not_applied("a host that is none", other_host,
                     with_inputs([](nlohmann::json& inputs) { inputs["host"] = "pi"; }));
  expect_not_applied("nothing of the host", "this host's labels and values are signed no more",
                     [](Form& form) { form.host.reset(); });
  expect_not_applied("a host without labels", "this host's labels and values are signed no more",
                     [&](Form& form) {
                       with_inputs([](nlohmann::json& inputs) {
                         inputs["host"]["labels"] = nlohmann::json::object();
                       })(form);
                       form.host.reset();
                     });
  expect_not_applied("the deployment's signature as the host's", not_host,
                     [](Form& form) { form.host->signatures = form.author->signatures; });
  variants_.expect_enough();
  // What the author signs is applied, whoever brings it.
  const StepResult result = deliver(good_);
  EXPECT_EQ(result.failing, 0U);
  EXPECT_EQ(host_.files(), files_);
}

// So the word of the author is what kept him out.
TEST_F(StolenServer, DeploysWhatItLikesOnAHostThatWantsNobodysWord) {
  std::ostringstream out;
  ASSERT_TRUE(trust_author(host_.state().disk(), out, {.key = author_.key(), .remove = true}));
  Form form = good_;
  form.files = {evil_file("root/etc/prod.conf")};
  EXPECT_EQ(deliver(finished(form)).applied, 1U);
  EXPECT_EQ(host_.files().at("etc/prod.conf"), kEvil);
}

}  // namespace
}  // namespace titan::agent

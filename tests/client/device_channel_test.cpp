#include "client/device_channel.hpp"

#include "tests/client/device_fixture.hpp"

namespace titan::client {
namespace {

using testing::Tampering;
using testing::tamperings;

class DeviceChannelTest : public testing::DeviceTest {};

TEST_F(DeviceChannelTest, OpensOneSessionAndUsesItForAllItAsks) {
  DeviceChannel device = channel();
  const SyncAnswer first = device.sync({}).value();
  ASSERT_TRUE(first.manifest);
  EXPECT_EQ(first.manifest->bookmark.text(), bookmark_);
  EXPECT_EQ(first.poll_after, std::chrono::seconds(60));
  news_ = false;
  report_wanted_ = true;
  const SyncAnswer second = device.sync({}).value();
  EXPECT_FALSE(second.manifest);
  EXPECT_TRUE(second.report_wanted);
  EXPECT_EQ(device.get_blob(Digest::of(blob_)).value(), blob_);
  EXPECT_EQ(server_.opened, 1);
  EXPECT_EQ(transport_.requests().size(), 5U);
  EXPECT_FALSE(device.doubt());
}

TEST_F(DeviceChannelTest, GoesOnWithASessionOfBefore) {
  DeviceChannel before = channel();
  ASSERT_TRUE(before.sync({}));
  DeviceChannel device = channel();
  device.resume(before.session()->copy());
  ASSERT_TRUE(device.sync({}));
  EXPECT_EQ(server_.opened, 1);
}

TEST_F(DeviceChannelTest, OpensANewSessionWhenTheOldOneIsOver) {
  DeviceChannel device = channel();
  ASSERT_TRUE(device.sync({}));
  server_.forget_sessions();
  EXPECT_TRUE(device.sync({}));
  server_.forget_sessions();
  EXPECT_TRUE(device.get_blob(Digest::of(blob_)));
  EXPECT_EQ(server_.opened, 3);
}

TEST_F(DeviceChannelTest, TriesNoSecondSessionWhenANewOneIsOverAtOnce) {
  tamper_ = [](const HttpRequest& request, HttpResponse& response) {
    if (request.target.ends_with("/sync")) response = {401, {}, ""};
  };
  DeviceChannel device = channel();
  EXPECT_EQ(device.sync({}).error().code, ErrorCode::denied);
  EXPECT_EQ(server_.opened, 1);
  EXPECT_FALSE(device.doubt()) << "nothing was claimed that could be wrong";
}

TEST_F(DeviceChannelTest, SaysHowLongTheServerAskedToWait) {
  DeviceChannel device = channel();
  for (const char* target : {"/sync", "/v1/sessions", "/v1/sessions/challenge"}) {
    server_.forget_sessions();
    tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
      if (request.target.ends_with(target)) response = {429, {{"Retry-After", "7"}}, ""};
    };
    EXPECT_FALSE(device.sync({})) << target;
    EXPECT_EQ(device.retry_after(), std::chrono::seconds(7)) << target;
    tamper_ = nullptr;
    ASSERT_TRUE(device.sync({})) << target;
    EXPECT_EQ(device.retry_after(), std::nullopt) << target;
  }
}

TEST_F(DeviceChannelTest, ChangesItsKey) {
  DeviceChannel device = channel();
  ASSERT_TRUE(device.sync({}));
  const SigningKey next = SigningKey::make(random_);
  ASSERT_TRUE(device.rotate(next));
  EXPECT_EQ(device.session(), nullptr);
  EXPECT_EQ(server_.devices, (std::map<PublicKey, std::string>{{next.public_key(), "pi"}}));
  EXPECT_EQ(device.sync({}).error().code, ErrorCode::denied) << "by the key that it had";
  EXPECT_EQ(device.open().error().code, ErrorCode::denied);
  EXPECT_EQ(device.rotate(next).error().code, ErrorCode::denied);
  EXPECT_FALSE(device.doubt());
}

TEST_F(DeviceChannelTest, BelievesOnlyTheServerThatItsKeyWasChanged) {
  const SigningKey next = SigningKey::make(random_);
  HttpResponse sample;
  const auto rotate = [&](const std::function<void(HttpResponse&)>& tamper) {
    server_.devices.clear();
    server_.bind(device_.public_key(), "pi");
    tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
      if (request.target != "/v1/rotate") return;
      sample = response;
      tamper(response);
    };
    DeviceChannel device = channel();
    return device.rotate(next).has_value();
  };
  ASSERT_TRUE(rotate([](HttpResponse&) {}));
  const HttpResponse answer = sample;
  for (const Tampering& tampering : tamperings(answer)) {
    EXPECT_FALSE(rotate(tampering.apply)) << tampering.name;
  }
  EXPECT_FALSE(rotate([&](HttpResponse& response) { response = answer; })) << "said before";
  server_.organization = "acme";
  EXPECT_FALSE(rotate([](HttpResponse&) {})) << "of another host";
}

TEST_F(DeviceChannelTest, SaysThatADeviceIsRevoked) {
  server_.devices.clear();
  EXPECT_EQ(channel().sync({}).error().code, ErrorCode::denied);
}

TEST_F(DeviceChannelTest, SendsANewNonceWithEachQuestion) {
  DeviceChannel device = channel();
  std::set<std::string> nonces;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(device.sync({}));
    nonces.insert(transport_.requests().back().headers.find("Titan-Nonce")->second);
  }
  EXPECT_EQ(nonces.size(), 5U);
}

// Every byte of every answer that is believed, changed in turn.
TEST_F(DeviceChannelTest, BelievesNoAnswerOfWhichAnythingWasChanged) {
  struct Row {
    const char* target;
    bool news;
  };
  const std::vector<Row> rows = {{"/v1/hosts/pi/sync", true},
                                 {"/v1/hosts/pi/sync", false},
                                 {"/v1/sessions/challenge", true},
                                 {"/v1/sessions", true}};
  std::size_t tried = 0;
  for (const Row& row : rows) {
    news_ = row.news;
    HttpResponse sample;
    tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
      if (request.target == row.target) sample = response;
    };
    ASSERT_TRUE(channel().sync({}));
    for (const Tampering& tampering : tamperings(sample)) {
      if (row.news == false && tampering.name.starts_with("body")) continue;  // a 204 has none
      tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
        if (request.target == row.target && response.status < 300) tampering.apply(response);
      };
      DeviceChannel device = channel();
      const auto answer = device.sync({});
      ASSERT_FALSE(answer) << row.target << ": " << tampering.name;
      EXPECT_EQ(answer.error().code, ErrorCode::denied) << row.target << ": " << tampering.name;
      ASSERT_TRUE(device.doubt()) << row.target << ": " << tampering.name;
      EXPECT_EQ(device.high_water().bookmark.seq, 0U);
      EXPECT_EQ(device.session(), nullptr);
      EXPECT_EQ(kept_.size(), 0U);
      ++tried;
    }
  }
  EXPECT_GT(tried, 700U);
}

TEST_F(DeviceChannelTest, BelievesNothingThatWasSaidToAnotherQuestion) {
  for (const bool news : {true, false}) {
    news_ = news;
    DeviceChannel device = channel();
    HttpResponse old;
    tamper_ = [&](const HttpRequest&, HttpResponse& response) { old = response; };
    ASSERT_TRUE(device.sync({}));
    tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
      if (request.target.ends_with("/sync")) response = old;
    };
    ASSERT_FALSE(device.sync({}));
    EXPECT_EQ(device.doubt()->reason, news ? Distrust::wrong_signature : Distrust::wrong_mac);
  }
}

TEST_F(DeviceChannelTest, BelievesNothingThatWasSaidToAnotherHostOrOrganization) {
  server_.bind(device_.public_key(), "other");
  DeviceChannel device = channel();
  ASSERT_FALSE(device.sync({}));
  EXPECT_EQ(device.doubt()->reason, Distrust::other_host);
  server_.bind(device_.public_key(), "pi");
  server_.organization = "other";
  ASSERT_FALSE(device.sync({}));
  EXPECT_EQ(device.doubt()->reason, Distrust::other_host);
  server_.organization = "default";
  manifest_.host = "other";
  ASSERT_FALSE(device.sync({}));
  EXPECT_EQ(device.doubt()->reason, Distrust::other_host);
  manifest_.host = "pi";
  EXPECT_TRUE(device.sync({}));
}

TEST_F(DeviceChannelTest, BelievesNoOlderBookmarkThanOneThatWasVerified) {
  DeviceChannel device = channel();
  ASSERT_TRUE(device.sync({}));
  for (const bool news : {true, false}) {
    news_ = news;
    tell_bookmark(41);
    ASSERT_FALSE(device.sync({}));
    EXPECT_EQ(device.doubt()->reason, Distrust::older_bookmark);
    tell_bookmark(42);
    ASSERT_TRUE(device.sync({})) << "the same is as good as before";
  }
  DeviceChannel later = channel();
  later.note_verified({0, {kEpoch, 43}});
  ASSERT_FALSE(later.sync({}));
  EXPECT_EQ(later.doubt()->reason, Distrust::older_bookmark);
}

TEST_F(DeviceChannelTest, RefusesAManifestWithAnotherBookmarkThanWasSigned) {
  bookmark_ = std::string(kEpoch) + ".43";
  DeviceChannel device = channel();
  ASSERT_FALSE(device.sync({}));
  EXPECT_EQ(device.doubt()->reason, Distrust::other_bookmark);
  EXPECT_EQ(device.high_water().bookmark.seq, 0U);
}

TEST_F(DeviceChannelTest, FollowsANewKeyAndKeepsItBeforeItUsesAnything) {
  DeviceChannel device = channel();
  ASSERT_TRUE(device.sync({}));
  server_.rotate();
  ASSERT_TRUE(device.sync({}));
  ASSERT_EQ(kept_.size(), 1U);
  EXPECT_EQ(kept_[0].key, server_.key.public_key());
  EXPECT_EQ(device.trust(), kept_[0]);
  EXPECT_EQ(server_.opened, 2) << "who had the old key may know the session";
  // A device that comes back later follows when it opens its session.
  server_.rotate();
  DeviceChannel away = channel(kept_[0]);
  EXPECT_TRUE(away.sync({}));
  EXPECT_EQ(kept_.size(), 2U);
}

TEST_F(DeviceChannelTest, FollowsANewEpochInWhichCountingBeginsAnew) {
  DeviceChannel device = channel();
  ASSERT_TRUE(device.sync({}));
  constexpr const char* kNew = "fedcba9876543210";
  tell_bookmark(1, kNew);
  ASSERT_FALSE(device.sync({})) << "no statement names it";
  EXPECT_EQ(device.doubt()->reason, Distrust::unknown_epoch);
  for (const bool news : {false, true}) {
    news_ = news;
    server_.begin_epoch(kNew);
    ASSERT_TRUE(device.sync({}));
    EXPECT_EQ(device.high_water().bookmark, (model::Bookmark{kNew, 1}));
  }
  // And the one before does not come back.
  tell_bookmark(50);
  ASSERT_FALSE(device.sync({}));
  EXPECT_EQ(device.doubt()->reason, Distrust::unknown_epoch);
}

TEST_F(DeviceChannelTest, RefusesAKeyToWhichNoStatementLeads) {
  DeviceChannel device = channel();
  ASSERT_TRUE(device.sync({}));
  server_.key = SigningKey::make(random_);
  for (int i = 0; i < 2; ++i) {
    const std::size_t before = transport_.requests().size();
    ASSERT_FALSE(device.sync({}));
    EXPECT_EQ(device.doubt()->reason, Distrust::unknown_key);
    EXPECT_LE(transport_.requests().size() - before, 3U);
  }
  EXPECT_EQ(kept_.size(), 0U);
}

TEST_F(DeviceChannelTest, GoesBackToTheServerByItsRootKeyWhateverAThiefHasSaid) {
  server_.introduce_root_key();
  DeviceChannel device = channel();
  ASSERT_TRUE(device.sync({}));
  titan::testing::SigningServer thief(random_, kEpoch,
                                      [this](const HttpRequest& request) { return tell(request); });
  thief.key = SigningKey::parse(server_.key.secret_text().bytes()).value();
  thief.root_key = SigningKey::parse(server_.root_key->secret_text().bytes()).value();
  thief.number = 1000;
  thief.epoch_number = INT64_MAX - 10;
  thief.statements.clear();
  thief.bind(device_.public_key(), "pi");
  thief.rotate();
  tell_bookmark(INT64_MAX - 1);
  tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
    response = thief.handle(request);
  };
  ASSERT_TRUE(device.sync({})) << "who has the key is the server";
  EXPECT_EQ(device.trust().number, 1001U);
  tamper_ = nullptr;
  tell_bookmark(43);
  ASSERT_FALSE(device.sync({}));
  server_.replace_stolen_key();
  ASSERT_TRUE(device.sync({}));
  EXPECT_EQ(device.trust().root, 1U);
  EXPECT_EQ(device.high_water().bookmark.seq, 43U);
  // The thief comes again.
  tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
    response = thief.handle(request);
  };
  EXPECT_FALSE(device.sync({}));
}

TEST_F(DeviceChannelTest, UsesNothingWhenTheNewTrustCannotBeKept) {
  server_.rotate();
  DeviceChannel device({.transport = transport_,
                        .random = random_,
                        .keep_trust = [](const TrustState&) -> Result<void> {
                          return exhausted("the disk is full");
                        }},
                       {"pi", "default", device_, "AAAAAAAAAAAAAAAAAAAAAA"}, trust());
  server_.rotate();
  EXPECT_EQ(device.sync({}).error().code, ErrorCode::exhausted);
}

TEST_F(DeviceChannelTest, RefusesABlobOfAnotherDigest) {
  DeviceChannel device = channel();
  const Digest wanted = Digest::of(blob_);
  blob_ = "other content";
  ASSERT_FALSE(device.get_blob(wanted));
  EXPECT_EQ(device.doubt()->reason, Distrust::wrong_blob);
}

// Answers for a blob as a server does that knows ranges.
HttpResponse range_of(const std::string& blob, const std::string& range) {
  const std::size_t dash = range.find('-');
  const std::size_t first = std::stoul(range.substr(std::string("bytes=").size()));
  const std::size_t last = std::min(std::stoul(range.substr(dash + 1)), blob.size() - 1);
  HttpResponse response{.status = 206, .body = blob.substr(first, last - first + 1)};
  response.headers["Content-Range"] = "bytes " + std::to_string(first) + "-" +
                                      std::to_string(last) + "/" + std::to_string(blob.size());
  return response;
}

TEST_F(DeviceChannelTest, FetchesABlobInParts) {
  DeviceChannel device = channel();
  std::vector<std::string> ranges;
  tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
    if (!request.target.starts_with("/v1/blobs/")) return;
    ranges.push_back(request.headers.at("Range"));
    response = range_of(blob_, ranges.back());
  };
  const Digest digest = Digest::of(blob_);
  std::string content;
  for (std::uint64_t offset = 0; offset < blob_.size(); offset += 3) {
    const auto part =
        device.get_blob_part(digest, {.offset = offset, .bytes_max = 3, .size = blob_.size()});
    EXPECT_FALSE(part.value().is_whole);
    content += part.value().bytes;
  }
  EXPECT_EQ(content, blob_);
  EXPECT_EQ(ranges, (std::vector<std::string>{"bytes=0-2", "bytes=3-5", "bytes=6-6"}));
  EXPECT_TRUE(device.check_blob(digest, content));
  EXPECT_FALSE(device.doubt());
  EXPECT_EQ(device.check_blob(digest, content + "x").error().code, ErrorCode::denied);
  EXPECT_EQ(device.doubt()->reason, Distrust::wrong_blob);
  EXPECT_TRUE(device.check_blob(digest, content));
  EXPECT_FALSE(device.doubt());
}

TEST_F(DeviceChannelTest, TakesAWholeBlobOfAServerThatKnowsNoRanges) {
  DeviceChannel device = channel();
  const Digest digest = Digest::of(blob_);
  const BlobRange range{.offset = 3, .bytes_max = 3, .size = blob_.size()};
  const auto whole = device.get_blob_part(digest, range).value();
  EXPECT_TRUE(whole.is_whole);
  EXPECT_EQ(whole.bytes, blob_);
  blob_ = "other content";
  EXPECT_EQ(device.get_blob_part(digest, range).error().code, ErrorCode::denied);
  EXPECT_EQ(device.doubt()->reason, Distrust::wrong_blob);
}

TEST_F(DeviceChannelTest, RefusesAnotherPartThanItAskedFor) {
  struct Row {
    const char* content_range;
    const char* body;
  };
  const Row rows[] = {
      {"", "ten"},
      {"bytes 3-5/8", "ten"},
      {"bytes 0-2/7", "ten"},
      {"bytes 3-6/7", "tent"},
      {"bytes 3-5/*", "ten"},
      {"3-5/7", "ten"},
      {"bytes 3-5/7", "te"},
      {"bytes 3-5/7", "tent"},
      {"bytes 3-5/7", ""},
  };
  DeviceChannel device = channel();
  for (const Row& row : rows) {
    tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
      if (!request.target.starts_with("/v1/blobs/")) return;
      response = {.status = 206, .body = row.body};
      response.headers["Content-Range"] = row.content_range;
    };
    const auto part =
        device.get_blob_part(Digest::of(blob_), {.offset = 3, .bytes_max = 3, .size = 7});
    ASSERT_FALSE(part) << row.content_range << " " << row.body;
    EXPECT_EQ(part.error().code, ErrorCode::internal);
    EXPECT_FALSE(device.doubt());
  }
}

TEST_F(DeviceChannelTest, PassesOnWhatTheServerAnswersInPlaceOfAPart) {
  DeviceChannel device = channel();
  for (const auto& [status, code] :
       std::vector<std::pair<int, ErrorCode>>{{404, ErrorCode::not_found},
                                              {503, ErrorCode::unavailable},
                                              {500, ErrorCode::internal}}) {
    tamper_ = [status = status](const HttpRequest& request, HttpResponse& response) {
      if (!request.target.starts_with("/v1/blobs/")) return;
      response = {.status = status};
      response.headers["Retry-After"] = "7";
    };
    const auto part =
        device.get_blob_part(Digest::of(blob_), {.offset = 0, .bytes_max = 3, .size = 7});
    EXPECT_EQ(part.error().code, code);
    EXPECT_EQ(device.retry_after(), std::chrono::seconds(7));
  }
}

TEST_F(DeviceChannelTest, PassesOnWhatTheServerAnswersInPlaceOfASync) {
  DeviceChannel device = channel();
  for (const auto& [status, code] :
       std::vector<std::pair<int, ErrorCode>>{{404, ErrorCode::not_found},
                                              {503, ErrorCode::unavailable},
                                              {500, ErrorCode::internal},
                                              {302, ErrorCode::internal}}) {
    tamper_ = [status = status](const HttpRequest& request, HttpResponse& response) {
      if (request.target.ends_with("/sync")) response = {status, {}, ""};
    };
    EXPECT_EQ(device.sync({}).error().code, code) << status;
    EXPECT_FALSE(device.doubt());
  }
}

TEST_F(DeviceChannelTest, NamesEachReason) {
  for (int i = 0; i <= static_cast<int>(Distrust::other_bookmark); ++i) {
    const auto reason = static_cast<Distrust>(i);
    EXPECT_EQ(parse_distrust(name_of(reason)), reason);
  }
  EXPECT_FALSE(parse_distrust("luck"));
}

}  // namespace
}  // namespace titan::client

#include "tests/simulation/server_subject.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "base/json.hpp"
#include "tests/simulation/random_entities.hpp"

namespace titan::simulation {
namespace {

using model::Bookmark;
using model::Entity;
using model::Key;
using model::Kind;
using nlohmann::json;

constexpr std::uint64_t kChangesKept = 400;
constexpr const char* kToken = "titan_simulation";  // of an admin
const std::vector<std::string> kContents = {"a", "b", "c"};

std::vector<Digest> blobs() {
  std::vector<Digest> digests;
  for (const std::string& content : kContents) digests.push_back(Digest::of(content));
  return digests;
}

std::string path_of(const Key& key) {
  std::string path = "/v1/";
  if (model::in_workspace(key.kind)) path += "workspaces/" + key.workspace + "/";
  return path + std::string(model::plural_of(key.kind)) + "/" + key.name;
}

std::string flags(Dice& dice) {
  std::string flags = dice.percent(30) ? "?createWorkspace=true" : "?createWorkspace=false";
  return flags + (dice.percent(30) ? "&allowMissing=true" : "");
}

Error unexpected(const HttpResponse& response) {
  return internal("HTTP " + std::to_string(response.status) + " " + response.body.substr(0, 500));
}

// What an accepted write says of an entity is what the model holds now.
Finding check_written(const json& said, const std::string& outcome, const PlainModel& plain) {
  const auto entity = model::parse_entity(said);
  if (!entity) return "the answer to a write cannot be read: " + entity.error().text();
  const auto stored = plain.now(entity->key());
  const std::string what = "the answer to a write of " + entity->key().subject();
  if (outcome == "deleted") {
    return stored ? Finding(what + " says that it is gone, and it is there") : Finding();
  }
  if (!stored) return what + " says that it is there, and it is not";
  if (*entity == *stored) return {};
  return what + " is not what is stored: " + difference(*entity, *stored);
}

// A refusal is for a reason of the writer's, and leaves nothing behind.
Finding check_refused(const HttpResponse& response, std::uint64_t head, const PlainModel& plain) {
  const std::set<int> answers = {400, 404, 409, 422};
  if (!answers.contains(response.status))
    return "a write was answered with " + unexpected(response).message;
  if (plain.head() == head) return {};
  return "a write was refused and wrote #" + std::to_string(plain.head());
}

std::string report_of(const std::map<Key, model::DesiredDeployment>& held, Dice& dice,
                      model::SyncRequest& request) {
  model::HostReport& report = request.report.emplace();
  report.agent_version = "0.1.0";
  for (const auto& [key, form] : held) {
    if (dice.percent(10)) continue;
    model::DeploymentReport& one = report.deployments.emplace_back();
    one.key = key;
    one.desired_digest = form.desired_digest;
    if (!form.error.empty() || dice.percent(10)) {
      one.status = model::Status::error;
      one.reason = form.error.empty() ? "a test" : form.error;
    } else {
      one.version = form.version;
      one.rendered_digest = form.rendered_digest;
    }
  }
  return canonical_json(model::json_of(request));
}

}  // namespace

Result<std::unique_ptr<Subject>> ServerSubject::open(store::Store& store, const Clock& clock,
                                                     Random& random) {
  std::unique_ptr<ServerSubject> subject(new ServerSubject(clock));
  TITAN_ASSIGN(subject->server_,
               server_lite::Server::open(
                   {store, clock, random, subject->log_, subject->keys_, subject->master_},
                   {.retention = {.changes = kChangesKept},
                    .first_token = [] { return Result<std::string>(kToken); },
                    .rates = {.token = {}, .device = {}}}));
  for (const std::string& content : kContents) {
    TITAN_TRY(store.put_blob(Digest::of(content), content));
  }
  return std::unique_ptr<Subject>(std::move(subject));
}

HttpResponse ServerSubject::call(const std::string& method, const std::string& target,
                                 const std::string& body) {
  return server_->handle({.method = method,
                          .target = target,
                          .headers = {{"Authorization", std::string("Bearer ") + kToken}},
                          .body = body});
}

Finding ServerSubject::write(Dice& dice, const PlainModel& plain, std::string& done) {
  const std::uint64_t choice = dice.below(100);
  if (choice < 5) return report_stage(dice, plain, done);
  if (choice < 60) return put(dice, plain, done);
  if (choice < 80) return remove(dice, plain, done);
  return put_batch(dice, plain, done);
}

Finding ServerSubject::put(Dice& dice, const PlainModel& plain, std::string& done) {
  const Key key = random_key(dice, false);
  const std::uint64_t head = plain.head();
  const json body = model::json_of(random_entity(key, blobs(), dice));
  const auto response = call("PUT", path_of(key) + flags(dice), body.dump());
  done = "put " + key.subject() + ": " + std::to_string(response.status);
  if (response.status != 200 && response.status != 201) {
    return check_refused(response, head, plain);
  }
  return check_written(json::parse(response.body), response.header("Titan-Outcome"), plain);
}

Finding ServerSubject::remove(Dice& dice, const PlainModel& plain, std::string& done) {
  const Key key = random_key(dice, false);
  const std::uint64_t head = plain.head();
  const auto response = call("DELETE", path_of(key) + (dice.percent(30) ? "?force=true" : ""));
  done = "delete " + key.subject() + ": " + std::to_string(response.status);
  if (response.status != 200) return check_refused(response, head, plain);
  return check_written(json::parse(response.body), response.header("Titan-Outcome"), plain);
}

// It is another revision of the same version, with one stage more or another, and nothing else.
Finding ServerSubject::report_stage(Dice& dice, const PlainModel& plain, std::string& done) {
  const Key key = random_key(dice, false);
  if (key.kind != Kind::deployment) return put(dice, plain, done);
  const auto before = plain.now(key);
  const std::uint64_t head = plain.head();
  const json body = {{"stage", dice.name("stage-", 3)}, {"revision", dice.name("r", 9)}};
  const auto response = call("POST", path_of(key) + "/stages", body.dump());
  done = "stage of " + key.subject() + ": " + std::to_string(response.status);
  if (response.status != 200) return check_refused(response, head, plain);
  if (!before) return "a stage was kept for a deployment that did not exist";
  if (Finding finding = check_written(json::parse(response.body), "updated", plain)) return finding;
  model::Entity after = *plain.now(key);
  if (after.stages.empty() || after.stages.back().name != body["stage"]) {
    return "a stage was reported, and is not the last of the deployment's";
  }
  after.stages = before->stages;
  after.revision = before->revision;
  after.modified_time = before->modified_time;
  if (after == *before) return {};
  return "a stage altered more than stages: " + difference(*before, after);
}

Finding ServerSubject::put_batch(Dice& dice, const PlainModel& plain, std::string& done) {
  json changes = json::array();
  done = "batch";
  for (std::uint64_t count = 1 + dice.below(6); count > 0; --count) {
    const Key key = random_key(dice, false);
    done += " " + key.subject();
    if (dice.percent(20)) {
      changes.push_back({{"operation", "DELETE"},
                         {"kind", model::name_of(key.kind)},
                         {"name", key.name},
                         {"force", dice.percent(30)}});
      if (!key.workspace.empty()) changes.back()["workspace"] = key.workspace;
    } else {
      changes.push_back(
          {{"operation", dice.one_of<std::string>({"APPLY", "APPLY", "UPDATE", "CREATE"})},
           {"entity", model::json_of(random_entity(key, blobs(), dice))}});
    }
  }
  const std::uint64_t head = plain.head();
  const auto response =
      call("POST", "/v1/changes" + flags(dice), json{{"changes", std::move(changes)}}.dump());
  done += ": " + std::to_string(response.status);
  if (response.status != 200) return check_refused(response, head, plain);
  const json answer = json::parse(response.body);
  for (const json& item : answer.at("items")) {
    if (Finding finding = check_written(item.at("entity"), item.at("outcome"), plain)) {
      return finding;
    }
  }
  if (answer.at("bookmark") == plain.bookmark().text()) return {};
  return "a batch was answered with the bookmark " + answer.at("bookmark").dump();
}

Result<FeedPage> ServerSubject::changes(const Bookmark& since, std::size_t limit,
                                        std::optional<Kind> kind) {
  std::string target = "/v1/changes?since=" + since.text() + "&limit=" + std::to_string(limit);
  if (kind) target += "&kind=" + std::string(model::singular_of(*kind));
  const auto response = call("GET", target);
  if (response.status != 200) return unexpected(response);
  const json body = json::parse(response.body);
  FeedPage page{.anew = body.at("full")};
  TITAN_ASSIGN(page.bookmark, Bookmark::parse(body.at("bookmark").get<std::string>()));
  for (const json& item : body.at("items")) {
    TITAN_ASSIGN(auto change, model::parse_change(item));
    page.items.push_back(std::move(change));
  }
  return page;
}

Result<ListPage> ServerSubject::list(Kind kind, const std::string& from,
                                     const std::optional<Bookmark>&, std::size_t limit) {
  std::string target =
      "/v1/" + std::string(model::plural_of(kind)) + "?limit=" + std::to_string(limit);
  if (!from.empty()) target += "&continue=" + percent_encode(from);
  const auto response = call("GET", target);
  if (response.status == 410) return ListPage{.anew = true};
  if (response.status != 200) return unexpected(response);
  const json body = json::parse(response.body);
  ListPage page;
  TITAN_ASSIGN(page.moment, Bookmark::parse(body.at("bookmark").get<std::string>()));
  for (const json& item : body.at("items")) {
    TITAN_ASSIGN(auto entity, model::parse_entity(item));
    page.items.push_back(std::move(entity));
  }
  if (body.contains("continue")) page.next = body.at("continue").get<std::string>();
  return page;
}

Result<HostAnswer> ServerSubject::host_changes(const std::string& host,
                                               const std::optional<Bookmark>& since,
                                               const std::map<Key, model::DesiredDeployment>& held,
                                               Dice& dice) {
  const std::string path = "/v1/hosts/" + host;
  HttpResponse response;
  if (dice.percent(50)) {
    response = call("GET", path + "/changes" + (since ? "?since=" + since->text() : ""));
  } else {
    model::SyncRequest request{.bookmark = since};
    const std::string body =
        dice.percent(50) ? report_of(held, dice, request) : canonical_json(model::json_of(request));
    response = call("POST", path + "/sync", body);
  }
  if (response.status == 404) return HostAnswer{.exists = false};
  HostAnswer answer{.exists = true};
  if (response.status == 204) {
    TITAN_ASSIGN(answer.bookmark, Bookmark::parse(response.header("Titan-Bookmark")));
    return answer;
  }
  if (response.status != 200) return unexpected(response);
  TITAN_ASSIGN(model::Manifest manifest, model::parse_manifest(json::parse(response.body)));
  answer.full = manifest.full;
  answer.bookmark = manifest.bookmark;
  answer.digest = manifest.digest;
  answer.changed = std::move(manifest.deployments);
  answer.tombstones = std::move(manifest.tombstones);
  answer.news = answer.full || !answer.changed.empty() || !answer.tombstones.empty();
  return answer;
}

// Most often all that is due is done at once, as by a server with nothing else to do.
void ServerSubject::tidy(Dice& dice) {
  const std::uint64_t choice = dice.below(100);
  if (choice < 10) return;
  if (choice < 30) {
    (void)server_->step();
    return;
  }
  while (server_->step() <= clock_.monotonic()) {
  }
}

}  // namespace titan::simulation

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "base/http.hpp"
#include "model/key.hpp"

namespace titan::cli::testing {

// The part of docs/spec/http-api.md that the command line uses, over a map. Everything was
// created five minutes before FakeClock's start.
class FakeApi {
 public:
  FakeApi();

  HttpResponse answer(const HttpRequest& request);

  // Puts an entity in place, whatever it says.
  void put(const nlohmann::json& entity);
  [[nodiscard]] bool has(const std::string& plural, const std::string& workspace,
                         const std::string& name) const;
  [[nodiscard]] nlohmann::json& at(const std::string& plural, const std::string& workspace,
                                   const std::string& name);
  // Changes fields of an entity that is there, as the server does: a new revision and a row in the
  // change log.
  void update(const std::string& plural, const std::string& workspace, const std::string& name,
              const nlohmann::json& fields);
  // Takes an entity away, with a row in the change log.
  void erase(const std::string& plural, const std::string& workspace, const std::string& name);
  // Where the change log ends.
  [[nodiscard]] std::string bookmark() const;
  // The answer to a request such as "GET /v1/status", in place of the usual one.
  void override(const std::string& request, HttpResponse response) {
    overrides_[request] = std::move(response);
  }

  // Called when the change log is waited for and nothing has come; what it brings about is in the
  // answer. Without one the wait ends in an error, so that no test runs for ever.
  std::function<void(std::chrono::seconds wait)> on_wait;

  // Called before each answer, with the line of the log.
  std::function<void(const std::string& line)> on_request;

  std::string authorization;     // that the last request carried
  std::string body;              // of the last request that had one
  std::vector<std::string> log;  // "POST /v1/hosts", with the query
  std::map<std::string, std::string> blobs;

 private:
  struct Place {
    std::string plural;
    std::string workspace;  // empty: none, or across all
    std::string name;       // empty: the collection
  };
  using Id = std::tuple<std::string, std::string, std::string>;  // plural, workspace, name

  HttpResponse answer_changes(const HttpRequest& request);
  HttpResponse answer_batch(const HttpRequest& request);
  // Of one change of a batch: its item, or the error.
  HttpResponse apply(const HttpRequest& request, const nlohmann::json& entity);
  [[nodiscard]] nlohmann::json changes_after(const std::string& since,
                                             const std::string& kind) const;
  void record(const char* operation, const nlohmann::json& before, const nlohmann::json& after);
  HttpResponse answer_blob(const HttpRequest& request, const std::string& digest);
  HttpResponse answer_entity(const HttpRequest& request, const Place& place);
  HttpResponse create(const HttpRequest& request, Place place);
  HttpResponse replace(const HttpRequest& request, const Place& place);
  HttpResponse store(const HttpRequest& request, const Place& place, const nlohmann::json& entity,
                     const char* outcome);
  HttpResponse remove(const Place& place);
  HttpResponse list(const Place& place) const;
  // What the entity refers to and is not there: the field, and the message; both empty if none.
  [[nodiscard]] std::pair<std::string, std::string> missing_reference(
      const Place& place, const nlohmann::json& entity) const;

  std::map<Id, nlohmann::json> entities_;
  std::map<std::string, HttpResponse> overrides_;
  std::vector<nlohmann::json> changes_;
};

HttpResponse error_response(int status, const std::string& code, const std::string& message,
                            const std::string& field = {}, const std::string& subject = {});
HttpResponse json_response(const nlohmann::json& body, int status = 200);

}  // namespace titan::cli::testing

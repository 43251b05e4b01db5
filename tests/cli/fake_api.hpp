#pragma once

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
  // The answer to a request such as "GET /v1/status", in place of the usual one.
  void override(const std::string& request, HttpResponse response) {
    overrides_[request] = std::move(response);
  }

  std::vector<std::string> log;  // "POST /v1/hosts", with the query
  std::map<std::string, std::string> blobs;

 private:
  struct Place {
    std::string plural;
    std::string workspace;  // empty: none, or across all
    std::string name;       // empty: the collection
  };
  using Id = std::tuple<std::string, std::string, std::string>;  // plural, workspace, name

  HttpResponse answer_blob(const HttpRequest& request, const std::string& digest);
  HttpResponse answer_entity(const HttpRequest& request, const Place& place);
  HttpResponse create(const HttpRequest& request, Place place);
  HttpResponse replace(const HttpRequest& request, const Place& place);
  HttpResponse store(const HttpRequest& request, const Place& place, const nlohmann::json& entity,
                     const char* outcome);
  HttpResponse remove(const Place& place);
  HttpResponse list(const Place& place) const;
  [[nodiscard]] std::string missing_reference(const Place& place,
                                              const nlohmann::json& entity) const;

  std::map<Id, nlohmann::json> entities_;
  std::map<std::string, HttpResponse> overrides_;
};

HttpResponse error_response(int status, const std::string& code, const std::string& message,
                            const std::string& field = {}, const std::string& subject = {});
HttpResponse json_response(const nlohmann::json& body, int status = 200);

}  // namespace titan::cli::testing

#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "client/client.hpp"
#include "tests/support/fake_transport.hpp"

namespace titan::client::testing {

inline const std::string kBookmark = "0123456789abcdef.42";
inline constexpr const char* kTime = "2026-03-01T12:00:00.000000Z";

inline nlohmann::json workload_json(const std::string& name = "temperature-sensor",
                                    const std::string& workspace = "iot") {
  using nlohmann::json;
  return {{"kind", "Workload"},     {"id", "00000000-0000-4000-8000-000000000001"},
          {"name", name},           {"organizationId", "default"},
          {"workspace", workspace}, {"createdTime", kTime},
          {"modifiedTime", kTime},  {"revision", 1},
          {"version", 1},           {"spec", {{"repo", "https://example.com/repo"}}},
          {"status", "READY"},      {"reason", json::array()},
          {"tags", json::object()}, {"delete", false}};
}

inline model::Entity workload() {
  return model::parse_entity(workload_json()).value();
}

// A Client whose server answers what the test says.
class ClientTest : public ::testing::Test {
 protected:
  void answer(int status, const nlohmann::json& body, HttpHeaders headers = {}) {
    transport_.answer(HttpResponse{status, std::move(headers), canonical_json(body)});
  }
  void answer_text(int status, std::string body, HttpHeaders headers = {}) {
    transport_.answer(HttpResponse{status, std::move(headers), std::move(body)});
  }
  [[nodiscard]] const HttpRequest& sent() const { return transport_.requests().back(); }

  ::titan::testing::FakeTransport transport_;
  Client client_{transport_};
};

}  // namespace titan::client::testing

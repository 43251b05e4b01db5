#pragma once

#include <gtest/gtest.h>

#include "tests/e2e/programs.hpp"

namespace titan::testing {

// Waits for the changes after which the template is as wanted, for a minute at most.
template <class Condition>
model::Entity await_template(RunningServer& server, const std::string& name,
                             const Condition& condition) {
  constexpr int kWaits = 60;
  const auto stored = [&] {
    return server.client().get({.kind = model::Kind::template_, .name = name}).value();
  };
  std::string since = server.client().status().value().bookmark;
  for (int i = 0; i < kWaits; ++i) {
    model::Entity entity = stored();
    if (condition(entity)) return entity;
    const auto news =
        server.client().changes({.since = since, .wait = std::chrono::seconds(1)}).value();
    since = news.bookmark.text();
  }
  model::Entity entity = stored();
  ADD_FAILURE() << "it did not come about: " << (entity.reason.empty() ? "" : entity.reason[0]);
  return entity;
}

inline model::Entity await_commit(RunningServer& server, const std::string& name,
                                  const std::string& commit) {
  return await_template(server, name, [&](const model::Entity& entity) {
    return std::get<model::TemplateSpec>(entity.spec).git->commit == commit &&
           entity.status == model::Status::ready;
  });
}

}  // namespace titan::testing

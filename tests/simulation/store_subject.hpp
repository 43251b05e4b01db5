#pragma once

#include <memory>

#include "server-lite/fleet_state.hpp"
#include "store/store.hpp"
#include "tests/simulation/subject.hpp"

namespace titan::simulation {

// The store itself, and the host index that is kept from its feed as the server keeps it: quick
// enough for very long histories. Its writers are the dice: references may lead nowhere, and
// whatever a Store takes is written.
class StoreSubject final : public Subject {
 public:
  // Loads the index. Borrows the store. Errors: those of the store.
  static Result<std::unique_ptr<Subject>> open(store::Store& store);
  ~StoreSubject() override;

  Finding write(Dice& dice, const PlainModel& plain, std::string& done) override;
  Result<FeedPage> changes(const model::Bookmark& since, std::size_t limit,
                           std::optional<model::Kind> kind) override;
  Result<ListPage> list(model::Kind kind, const std::string& from,
                        const std::optional<model::Bookmark>& moment, std::size_t limit) override;
  Result<HostAnswer> host_changes(const std::string& host,
                                  const std::optional<model::Bookmark>& since,
                                  const std::map<model::Key, model::DesiredDeployment>& held,
                                  Dice& dice) override;
  void tidy(Dice& dice) override;

 private:
  explicit StoreSubject(store::Store& store) : store_(store) {}

  store::Store& store_;
  server_lite::FleetState fleet_;
};

}  // namespace titan::simulation

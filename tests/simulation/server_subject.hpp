#pragma once

#include <memory>
#include <ostream>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "server-lite/server.hpp"
#include "tests/simulation/subject.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::simulation {

// The whole server without its socket: people write, hosts sync and report, processors follow the
// feed and write on their own, the log is compacted by the clock. Its steps are taken now at once,
// now late. Every answer to a write is compared with the model, too.
class ServerSubject final : public Subject {
 public:
  // Borrows all. Errors: those of the store.
  static Result<std::unique_ptr<Subject>> open(store::Store& store, const Clock& clock,
                                               Random& random);

  Finding write(Dice& dice, const PlainModel& plain, std::string& done) override;
  Result<FeedPage> changes(const model::Bookmark& since, std::size_t limit,
                           std::optional<model::Kind> kind) override;
  Result<ListPage> list(model::Kind kind, const std::string& from,
                        const std::optional<model::Bookmark>& moment, std::size_t limit) override;
  [[nodiscard]] bool lists_any_moment() const override { return false; }
  Result<HostAnswer> host_changes(const std::string& host,
                                  const std::optional<model::Bookmark>& since,
                                  const std::map<model::Key, model::DesiredDeployment>& held,
                                  Dice& dice) override;
  void tidy(Dice& dice) override;

 private:
  explicit ServerSubject(const Clock& clock)
      : clock_(clock),
        log_(nowhere_, clock, Log::Format::json),
        keys_(server_lite::ServerKeys::open(files_, key_random_).value()),
        master_(server_lite::MasterKey::open(files_, {}, false, key_random_).value()) {}

  HttpResponse call(const std::string& method, const std::string& target,
                    const std::string& body = "");
  Finding put(Dice& dice, const PlainModel& plain, std::string& done);
  Finding remove(Dice& dice, const PlainModel& plain, std::string& done);
  Finding report_stage(Dice& dice, const PlainModel& plain, std::string& done);
  Finding put_batch(Dice& dice, const PlainModel& plain, std::string& done);

  const Clock& clock_;
  std::ostream nowhere_{nullptr};
  Log log_;
  testing::MemoryFileSystem files_;
  testing::SeededRandom key_random_{1};
  server_lite::ServerKeys keys_;
  server_lite::MasterKey master_;
  std::unique_ptr<server_lite::Server> server_;
};

}  // namespace titan::simulation

#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "bench/sample_fleet.hpp"
#include "bench/temporary_folder.hpp"
#include "server-lite/change_tracker.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/host_service.hpp"
#include "server-lite/identity/master_key.hpp"
#include "server-lite/identity/secret_vault.hpp"
#include "server-lite/identity/server_keys.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/metrics.hpp"
#include "server-lite/parking.hpp"
#include "server-lite/roll_up_processor.hpp"
#include "server-lite/template_renderer.hpp"
#include "server-lite/writer.hpp"
#include "store/sqlite_store.hpp"

namespace titan::bench {

// The parts of a server that answer and write, on a store in a temporary folder, without the
// processors: what is measured is the part itself.
class Rig {
 public:
  using Synchronous = store::SqliteStore::Synchronous;

  struct Options {
    Synchronous synchronous = Synchronous::normal;
    bool copied = false;  // keep a copy() of the file as it is at first
  };

  // Fills the store with the fleet, and brings the index up from it.
  Rig(const SampleFleet& fleet, const Options& options) : fleet_(fleet) {
    {
      const auto store = open(Synchronous::normal);
      fleet.write_to(*store);
    }
    if (options.copied) std::filesystem::copy_file(database(), copy());
    store_ = open(options.synchronous);
    must(load(*store_, state_.unshared()));
    store_->listen([this](std::span<const model::Change> changes) {
      ++groups_;
      state_.update([&](server_lite::FleetView& view) { apply(view, changes); });
    });
    forget_rendered();
  }

  [[nodiscard]] const SampleFleet& fleet() const { return fleet_; }
  store::Store& store() { return *store_; }
  server_lite::FleetState& state() { return state_; }
  server_lite::HostService& hosts() { return parts_->hosts; }
  server_lite::Writer& writer() { return parts_->writer; }
  [[nodiscard]] std::string database() const { return folder_.database(); }
  [[nodiscard]] std::string copy() const { return folder_.path() + "/copy.db"; }
  // How many groups of commits became durable since the start.
  [[nodiscard]] std::size_t groups() const { return groups_; }
  model::Bookmark head() { return must(store_->head()); }

  // As after a start: nothing is compiled or rendered yet.
  void forget_rendered() { parts_ = std::make_unique<Parts>(*this); }

 private:
  struct Parts {
    explicit Parts(Rig& rig)
        : renderer(*rig.store_),
          roll_up(*rig.store_, rig.state_, renderer, rig.clock_, rig.log_),
          vault({*rig.store_, rig.keys_, rig.master_, rig.random_, rig.metrics_}),
          hosts({*rig.store_, rig.state_, renderer, roll_up, answers, vault, rig.clock_, rig.wake_,
                 server_lite::kPollInterval},
                rig.head().epoch),
          writer({*rig.store_, rig.state_, renderer, rig.tracker_, rig.registry_, vault}) {}
    server_lite::TemplateRenderer renderer;
    server_lite::RollUpProcessor roll_up;
    server_lite::AnswerCache answers;
    server_lite::SecretVault vault;
    server_lite::HostService hosts;
    server_lite::Writer writer;
  };

  std::unique_ptr<store::SqliteStore> open(Synchronous synchronous) {
    return must(store::SqliteStore::open(folder_.database(), clock_, random_,
                                         {.synchronous = synchronous}));
  }

  const SampleFleet fleet_;
  const TemporaryFolder folder_;
  const SystemClock clock_;
  SystemRandom random_;
  std::ostream no_log_{nullptr};
  Log log_{no_log_, clock_, Log::Format::json};
  std::unique_ptr<FileSystem> files_ = must(DiskFileSystem::open(folder_.path()));
  server_lite::ServerKeys keys_ = must(server_lite::ServerKeys::open(*files_, random_));
  server_lite::MasterKey master_ = must(server_lite::MasterKey::open(*files_, {}, false, random_));
  server_lite::Metrics metrics_;
  std::unique_ptr<store::SqliteStore> store_;
  server_lite::FleetState state_;
  const std::function<void()> wake_ = [] {};
  server_lite::ChangeTracker tracker_;
  server_lite::Registry registry_{clock_, random_, server_lite::OnClone::warn};  // of nobody
  std::unique_ptr<Parts> parts_;
  std::atomic<std::size_t> groups_ = 0;
};

}  // namespace titan::bench

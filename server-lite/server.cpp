#include "server-lite/server.hpp"

#include <algorithm>
#include <utility>

#include "server-lite/actors.hpp"
#include "server-lite/api.hpp"
#include "server-lite/parked_question.hpp"
#include "server-lite/server_metrics.hpp"

namespace titan::server_lite {

Server::Server(const Env& env, Options options, std::string epoch)
    : env_(env),
      wake_(std::move(options.wake)),
      first_token_(std::move(options.first_token)),
      registry_(env.clock, env.random, options.on_clone, options.rates),
      journal_(metrics_, env.log, env.clock, options.access_log),
      health_(env.store, env.clock),
      renderer_(env.store),
      vault_({env.store, env.keys, env.master, env.random, metrics_}),
      writer_({env.store,
               state_,
               renderer_,
               tracker_,
               registry_,
               vault_,
               options.templates,
               {.commits_for_hosts = options.publisher != nullptr}}),
      follower_({env.store, writer_, options.templates, metrics_, env.clock, env.random, env.log},
                options.template_interval, std::move(options.wake_templates)),
      devices_({env.keys, registry_, writer_, env.store, metrics_, env.clock, env.random, env.log},
               epoch),
      logins_({options.provider, writer_, metrics_, env.clock, env.random, env.log}),
      roll_up_(env.store, state_, renderer_, env.clock, env.log),
      placement_(state_, roll_up_, env.clock),
      leases_(env.store, state_, env.clock, options.poll_interval),
      // Assignments first: the statuses follow from them.
      runner_(
          env.store, {leases_, placement_, roll_up_},
          [this] { return state_.read([](const FleetView& view) { return view.fleet.head(); }); },
          env.clock, env.log),
      compactor_(env.store, state_, runner_, env.clock, options.retention),
      expiry_(env.store, registry_, writer_, env.clock),
      hosts_({env.store, state_, renderer_, roll_up_, answers_, vault_, env.clock, wake_,
              options.poll_interval},
             epoch),
      gitops_(
          {env.store, state_, hosts_, options.publisher, metrics_, env.clock, env.random, env.log},
          std::move(options.wake_git)),
      provenance_({env.store, state_, renderer_, writer_}, epoch),
      why_(env.store, state_, renderer_, epoch),
      traces_({env.store, state_, hosts_, env.clock}, std::move(epoch)),
      router_(env.random, journal_, registry_) {
  const Api api{env.store, state_,   writer_, tracker_,  hosts_,        runner_,   parking_,
                metrics_,  answers_, health_, feed_,     options.spool, env.clock, env.keys,
                registry_, devices_, logins_, follower_, provenance_,   why_,      traces_};
  add_server_metrics(api);
  add_entity_routes(router_, api);
  add_change_routes(router_, api);
  add_host_routes(router_, api);
  add_template_routes(router_, api);
  add_provenance_routes(router_, api);
  add_why_routes(router_, api);
  add_trace_routes(router_, api);
  add_blob_routes(router_, api);
  add_status_routes(router_, api);
  add_document_routes(router_);
  add_identity_routes(router_);
  add_device_routes(router_, api);
  add_login_routes(router_, api);
}

Server::~Server() {
  env_.store.listen({});
}

Result<std::unique_ptr<Server>> Server::open(const Env& env, Options options) {
  TITAN_ASSIGN(const model::Bookmark head, env.store.head());
  // Before any host is told anything of this epoch.
  TITAN_TRY(env.keys.begin_epoch(head.epoch, env.clock.wall()));
  std::unique_ptr<Server> server(new Server(env, std::move(options), head.epoch));
  TITAN_TRY(server->start());
  return server;
}

Result<void> Server::start() {
  TITAN_TRY(load(env_.store, state_.unshared()));
  TITAN_TRY(registry_.load(env_.store));
  TITAN_TRY(vault_.check());
  follower_.open(state_);
  gitops_.open();
  env_.store.listen([this](std::span<const model::Change> changes) {
    state_.update([&](FleetView& view) { apply(view, changes); });
    registry_.apply(changes);
    answers_.forget(changes);
    follower_.take(changes);
    gitops_.take(changes);
    parking_.wake(changes);
    wake_();
  });
  TITAN_TRY(make_what_must_be());
  roll_up_.open();
  placement_.open();
  return runner_.open();
}

// The workspace `default`, and somebody who may do everything.
Result<void> Server::make_what_must_be() {
  store::Batch batch{.actor = std::string(kServerActor)};
  const auto add = [&](model::Entity entity) {
    entity.status = model::Status::ready;
    batch.mutations.push_back({entity.key(), 0, entity});
  };
  const model::Entity workspace{.name = std::string(model::kDefaultWorkspace),
                                .spec = model::WorkspaceSpec{}};
  const bool exists =
      state_.read([&](const FleetView& view) { return view.fleet.exists(workspace.key()); });
  if (!exists) add(workspace);
  if (!registry_.has_tokens() && first_token_) {
    TITAN_ASSIGN(const std::string token, first_token_());
    add({.name = std::string(kFirstTokenName),
         .spec = model::TokenSpec{.grants = {{.role = model::Role::admin}},
                                  .digest = Digest::of(token),
                                  .description = "made at the first start"}});
  }
  if (batch.mutations.empty()) return {};
  const auto committed = env_.store.commit(batch);
  return committed ? Result<void>() : committed.error();
}

Reply Server::answer(const HttpRequest& request, std::string_view peer) const {
  Reply reply = router_.handle(request, peer);
  // A proposal that nobody waits for makes work without a change.
  const auto* const response = std::get_if<HttpResponse>(&reply);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool wrote = !reads && response != nullptr && response->status != 204;
  if (wrote) wake_();
  return reply;
}

std::optional<HttpResponse> Server::answer_at_once(const HttpRequest& request,
                                                   std::string_view peer) const {
  return router_.handle_at_once(request, peer);
}

HttpResponse Server::refuse(int status, const Error& error) const {
  return router_.refuse(status, error);
}

HttpResponse Server::handle(const HttpRequest& request) const {
  return wait_for(answer(request));
}

Clock::Monotonic Server::step() {
  const Clock::Monotonic now = env_.clock.monotonic();
  // One each, so that a queue that never ends does not keep the processors waiting.
  const bool wrote = writer_.step();
  Clock::Monotonic next = runner_.step();
  if (const auto compacted = compactor_.step()) {
    next = std::min(next, *compacted);
  } else {
    env_.log.warning("the change log could not be compacted, and will be tried again",
                     {{"error", compacted.error().text()}});
    next = std::min(next, now + kFaultPause);
  }
  if (const auto cleaned = expiry_.step()) {
    next = std::min(next, *cleaned);
  } else {
    env_.log.warning("what has expired could not be removed, and will be tried again",
                     {{"error", cleaned.error().text()}});
  }
  return wrote ? now : next;
}

}  // namespace titan::server_lite

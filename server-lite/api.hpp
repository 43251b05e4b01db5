#pragma once

#include "base/clock.hpp"
#include "server-lite/answer_cache.hpp"
#include "server-lite/change_tracker.hpp"
#include "server-lite/feed_memo.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/front_door/spool.hpp"
#include "server-lite/host_service.hpp"
#include "server-lite/identity/device_service.hpp"
#include "server-lite/identity/login_service.hpp"
#include "server-lite/identity/server_keys.hpp"
#include "server-lite/metrics.hpp"
#include "server-lite/parking.hpp"
#include "server-lite/processor_runner.hpp"
#include "server-lite/provenance_service.hpp"
#include "server-lite/router.hpp"
#include "server-lite/store_health.hpp"
#include "server-lite/template_follower.hpp"
#include "server-lite/trace_service.hpp"
#include "server-lite/why_service.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// What the handlers work with; borrowed. Copies refer to the same parts.
struct Api {
  store::Store& store;
  FleetState& state;
  Writer& writer;
  ChangeTracker& tracker;
  HostService& hosts;
  ProcessorRunner& processors;
  Parking& parking;
  Metrics& metrics;
  AnswerCache& answers;
  StoreHealth& health;
  FeedMemo& feed;
  front_door::Spool* spool;  // null: large answers wait in memory
  const Clock& clock;
  const ServerKeys& keys;
  const Registry& registry;
  DeviceService& devices;
  LoginService& logins;
  TemplateFollower& templates;
  ProvenanceService& provenance;
  WhyService& why;
  TraceService& traces;
};

// The routes of docs/spec/http-api.md, by what they are about. Each adds its routes to the router.
void add_entity_routes(Router& router, const Api& api);
void add_change_routes(Router& router, const Api& api);
void add_host_routes(Router& router, const Api& api);
void add_template_routes(Router& router, const Api& api);
// What hosts get, and would get.
void add_provenance_routes(Router& router, const Api& api);
// Where it comes from.
void add_why_routes(Router& router, const Api& api);
// How versions of deployments came to hosts.
void add_trace_routes(Router& router, const Api& api);
void add_blob_routes(Router& router, const Api& api);
void add_status_routes(Router& router, const Api& api);
// These tell of the routes themselves.
void add_document_routes(Router& router);
// Who asks, and what they may.
void add_identity_routes(Router& router);
// How devices become hosts, and open sessions.
void add_device_routes(Router& router, const Api& api);
// How people log in through an identity provider.
void add_login_routes(Router& router, const Api& api);

}  // namespace titan::server_lite

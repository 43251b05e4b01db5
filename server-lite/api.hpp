#pragma once

#include "server-lite/host_service.hpp"
#include "server-lite/router.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// The routes of docs/spec/http-api.md, by what they are about. Each adds its routes to the
// router; the handlers borrow the rest.
void add_entity_routes(Router& router, store::Store& store, Writer& writer);
void add_host_routes(Router& router, HostService& hosts);
void add_blob_routes(Router& router, store::Store& store);
void add_feed_routes(Router& router, store::Store& store, HostService& hosts);
void add_status_routes(Router& router, store::Store& store);

}  // namespace titan::server_lite

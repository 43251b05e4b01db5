#include "server-lite/server.hpp"

#include <utility>

#include "server-lite/api.hpp"

namespace titan::server_lite {

Server::Server(const Env& env, std::string epoch)
    : renderer_(env.store),
      writer_(env.store, state_, renderer_, env.log),
      hosts_(env.store, state_, renderer_, writer_, env.clock, std::move(epoch)),
      router_(env.random, env.log) {
  add_entity_routes(router_, env.store, writer_);
  add_host_routes(router_, hosts_);
  add_blob_routes(router_, env.store);
  add_feed_routes(router_, env.store, hosts_);
  add_status_routes(router_, env.store);
}

Result<std::unique_ptr<Server>> Server::open(const Env& env) {
  TITAN_ASSIGN(const model::Bookmark head, env.store.head());
  std::unique_ptr<Server> server(new Server(env, head.epoch));
  TITAN_TRY(server->writer_.open());
  return server;
}

}  // namespace titan::server_lite

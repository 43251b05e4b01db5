#include <string>

#include "base/text.hpp"
#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

Response sync(const Api& api, const Request& request) {
  const model::Key key{.organization = request.who->organization,
                       .kind = model::Kind::template_,
                       .name = request.path.at("name")};
  if (api.templates.look_soon(key)) return {.status = 202};
  const auto entity = api.store.get(key);
  if (!entity && entity.error().code != ErrorCode::not_found) {
    return error_response(entity.error(), request.id);
  }
  const Error error = entity ? conflict("it is not read from Git") : not_found("it does not exist");
  return error_response({error.code, error.message, key.subject()}, request.id);
}

}  // namespace

void add_template_routes(Router& router, const Api& api) {
  router.add({.method = "POST",
              .path = "/v1/templates/{name}/sync",
              .operation = "syncTemplate",
              .tag = "Templates",
              .summary = "Look at a template's repository now",
              .description = "Of a template that is read from Git. It is looked at a moment later; "
                             "the template's status and `spec.git.commit` show what was found. "
                             "409: it is not read from Git.",
              .access = Access{Area::templates, Act::write},
              .parameters = {{"name", "Name", "The name of the template."}},
              .answers = {{202, "It is looked at soon.", ""}},
              .errors = {404, 409},
              .handler = [api](const Request& r) { return sync(api, r); }});
}

}  // namespace titan::server_lite

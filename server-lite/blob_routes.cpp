#include <nlohmann/json.hpp>

#include "server-lite/api.hpp"
#include "server-lite/front_door/limits.hpp"
#include "store/limits.hpp"

namespace titan::server_lite {
namespace {

Response put_blob(store::Store& store, const Request& request) {
  const auto digest = Digest::parse(request.path.at("digest"));
  if (!digest) return unreadable(digest.error(), request.id);
  if (request.http.body.size() > store::kBlobBytesMax) {
    return unreadable(exhausted("a blob has at most " + std::to_string(store::kBlobBytesMax) +
                                " bytes, this one has " + std::to_string(request.http.body.size())),
                      request.id);
  }
  const Digest found = Digest::of(request.http.body);
  if (found != *digest) {
    return unreadable(
        invalid_field("body", "expected the digest of the path, found " + found.text()),
        request.id);
  }
  const auto added = store.put_blob({*digest, request.who->organization}, request.http.body);
  if (!added) return error_response(added.error(), request.id);
  return json_response(*added ? 201 : 200,
                       {{"digest", digest->text()}, {"size", request.http.body.size()}});
}

// Many hosts ask for the same large blob at the same time: it is fetched once for all of them.
Reply get_blob(const Api& api, const Request& request) {
  const auto digest = Digest::parse(request.path.at("digest"));
  if (!digest) return unreadable(digest.error(), request.id);
  Response response{.headers = {{"Content-Type", "application/octet-stream"},
                                {"ETag", '"' + digest->text() + '"'}}};
  const std::string shared_as = request.who->organization + "/" + digest->text();
  if (api.spool != nullptr) {
    if (auto file = api.spool->find(shared_as)) {
      return front_door::ResponseInFile{std::move(response), std::move(file)};
    }
  }
  auto content = api.store.get_blob({*digest, request.who->organization});
  if (!content) return error_response(content.error(), request.id);
  if (api.spool != nullptr && content->size() > front_door::kBodyInMemoryMax) {
    if (auto file = api.spool->share(shared_as, *content)) {
      return front_door::ResponseInFile{std::move(response), *std::move(file)};
    }
  }
  response.body = *std::move(content);
  return response;
}

}  // namespace

void add_blob_routes(Router& router, const Api& api) {
  store::Store& store = api.store;
  const Parameter digest = {"digest", "Digest", "The digest of the bytes."};
  router.add({.method = "PUT",
              .path = "/v1/blobs/{digest}",
              .operation = "putBlob",
              .tag = "Blobs",
              .summary = "Upload the content of a template's file",
              .description = "At most 4 MiB. 400 when the body has another digest.",
              .access = Access{Area::blobs, Act::write},
              .parameters = {digest},
              .body = "Bytes",
              .body_type = "application/octet-stream",
              .answers = {{201, "They are stored now.", "StoredBlob"},
                          {200, "They were stored already.", "StoredBlob"}},
              .errors = {413},
              .handler = [&store](const Request& r) { return put_blob(store, r); }});
  router.add({.method = "GET",
              .path = "/v1/blobs/{digest}",
              .operation = "getBlob",
              .head_operation = "hasBlob",
              .tag = "Blobs",
              .summary = "Download the content of a template's file",
              .access = Access{Area::blobs, Act::read},
              .parameters = {digest},
              .answers = {{200, "The bytes.", "Bytes", {"ETag"}, "application/octet-stream"}},
              .errors = {404},
              .handler = [api](const Request& r) { return get_blob(api, r); }});
}

}  // namespace titan::server_lite

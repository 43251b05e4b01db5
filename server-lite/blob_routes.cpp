#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "server-lite/api.hpp"
#include "server-lite/byte_range.hpp"
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

// The bytes of a blob: in memory, or in a file that others may be sent, too.
struct Blob {
  std::string content = {};  // when there is no file
  std::shared_ptr<const front_door::SpoolFile> file = {};

  [[nodiscard]] std::size_t size() const { return file ? file->size() : content.size(); }
};

// Many hosts ask for the same large blob at the same time: it is fetched once for all of them.
Result<Blob> find_blob(const Api& api, const Digest& digest, const std::string& organization) {
  const std::string shared_as = organization + "/" + digest.text();
  if (api.spool != nullptr) {
    if (auto file = api.spool->find(shared_as)) return Blob{.file = std::move(file)};
  }
  TITAN_ASSIGN(std::string content, api.store.get_blob({digest, organization}));
  if (api.spool != nullptr && content.size() > front_door::kBodyInMemoryMax) {
    if (auto file = api.spool->share(shared_as, content)) return Blob{.file = *std::move(file)};
  }
  return Blob{.content = std::move(content)};
}

// What is asked for of the blob; nothing: all of it. Of HEAD, and when the client has a part of
// something else, no part is answered (RFC 9110, sections 14.2 and 13.1.5).
std::optional<ByteRange> range_of(const Request& request, const std::string& etag,
                                  std::size_t size) {
  const HttpHeaders& headers = request.http.headers;
  const auto range = headers.find("Range");
  if (range == headers.end() || request.http.method != "GET") return std::nullopt;
  const auto known = headers.find("If-Range");
  if (known != headers.end() && known->second != etag) return std::nullopt;
  return read_byte_range(range->second, size);
}

// A large part goes to a file by itself, in the front door.
Result<std::string> part_of(const Blob& blob, const ByteRange& range) {
  if (!blob.file) return blob.content.substr(range.from, range.bytes);
  std::string part(range.bytes, '\0');
  TITAN_ASSIGN(const std::size_t read, blob.file->read(range.from, part));
  if (read != part.size()) return unavailable("the blob's file is shorter than it was");
  return part;
}

Reply get_blob(const Api& api, const Request& request) {
  const auto digest = Digest::parse(request.path.at("digest"));
  if (!digest) return unreadable(digest.error(), request.id);
  auto blob = find_blob(api, *digest, request.who->organization);
  if (!blob) return error_response(blob.error(), request.id);
  const std::string etag = '"' + digest->text() + '"';
  Response response{.headers = {{"Accept-Ranges", "bytes"},
                                {"Content-Type", "application/octet-stream"},
                                {"ETag", etag}}};
  const auto range = range_of(request, etag, blob->size());
  if (!range && blob->file) {
    return front_door::ResponseInFile{std::move(response), std::move(blob->file)};
  }
  if (!range) {
    response.body = std::move(blob->content);
    return response;
  }
  if (range->bytes == 0) {
    response = error_response(
        416, invalid_field("Range", "the blob has " + std::to_string(blob->size()) + " bytes"),
        request.id);
  } else {
    auto part = part_of(*blob, *range);
    if (!part) return error_response(part.error(), request.id);
    response.status = 206;
    response.body = *std::move(part);
  }
  response.headers["Content-Range"] = range->content_range(blob->size());
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
  router.add(
      {.method = "GET",
       .path = "/v1/blobs/{digest}",
       .operation = "getBlob",
       .head_operation = "hasBlob",
       .tag = "Blobs",
       .summary = "Download the content of a template's file",
       .description = "Or a part of it: `Range: bytes=FROM-TO`, or `bytes=FROM-`. Several "
                      "parts and other forms of the header count for nothing.",
       .access = Access{Area::blobs, Act::read},
       .parameters = {digest},
       .headers = {{"Range", "Text", "Which bytes, the first is 0: `bytes=1024-2047`."},
                   {"If-Range", "Text", "Only if this is the `ETag`; else all of it."}},
       .answers =
           {{200, "The bytes.", "Bytes", {"ETag", "Accept-Ranges"}, "application/octet-stream"},
            {206,
             "These of the bytes.",
             "Bytes",
             {"ETag", "Accept-Ranges", "Content-Range"},
             "application/octet-stream"}},
       .errors = {404, 416},
       .handler = [api](const Request& r) { return get_blob(api, r); }});
}

}  // namespace titan::server_lite

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "server-lite/api.hpp"
#include "server-lite/openapi.hpp"
#include "server-lite/page_assets.hpp"

namespace titan::server_lite {
namespace {

// What the two pages are made of, besides their files.
constexpr const char* kDocs = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>titan: API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script><script src="docs/docs.js"></script>
</body></html>
)";
// What asks may be tried out; what writes may not, since the server takes no writes of web pages.
constexpr const char* kDocsScript = R"(SwaggerUIBundle({
  url: "openapi.json", dom_id: "#page", deepLinking: true, supportedSubmitMethods: ["get", "head"],
});
)";
constexpr const char* kRedocs = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>titan: API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><div id="page"></div>
<script src="docs/redoc.standalone.js"></script><script src="docs/redocs.js"></script>
</body></html>
)";
constexpr const char* kRedocsScript = R"(Redoc.init(
  "openapi.json", { nativeScrollbars: true }, document.getElementById("page"));
)";
constexpr const char* kNoCopy = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>titan: API</title></head>
<body><p>This build of titan-server has no copy of the page. The API is described in
<a href="openapi.json">openapi.json</a>, in the form of OpenAPI 3.1.</p></body></html>
)";

// Nothing comes from elsewhere, and no script stands in a page. Both libraries make style elements
// while they run; Redoc makes the worker that searches from a blob.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; "
    "font-src 'self'; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

Response page_response(std::string_view type, std::string body) {
  return {.status = 200,
          .headers = {{"Content-Type", std::string(type)},
                      {"Content-Security-Policy", kPolicy},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Vary", "Accept-Encoding"},
                      {"Cache-Control", "no-cache"}},
          .body = std::move(body)};
}

// `needs`: the file without which the page shows nothing.
Response page(const char* html, std::string_view needs) {
  const bool is_there = !find_page_asset(needs)->compressed.empty();
  return page_response("text/html; charset=utf-8", is_there ? html : kNoCopy);
}

// RFC 9110, section 12.5.3, as far as clients use it: gzip is named, and not with the weight 0.
bool takes_gzip(const Request& request) {
  const auto found = request.http.headers.find("Accept-Encoding");
  if (found == request.http.headers.end()) return false;
  for (const std::string& coding : split(found->second, ',')) {
    const auto parts = split(coding, ';');
    if (trim(parts[0]) != "gzip") continue;
    const std::string_view weight = parts.size() == 1 ? "q=1" : trim(parts[1]);
    return !weight.starts_with("q=0") || weight.find_first_of("123456789") != weight.npos;
  }
  return false;
}

Response file(const Request& request) {
  constexpr std::string_view kScript = "text/javascript; charset=utf-8";
  const std::string& name = request.path.at("file");
  if (name == "docs.js") return page_response(kScript, kDocsScript);
  if (name == "redocs.js") return page_response(kScript, kRedocsScript);
  const PageAsset* asset = find_page_asset(name);
  if (asset == nullptr || asset->compressed.empty()) {
    return error_response(not_found("there is no file " + quote(name)), request.id);
  }
  if (takes_gzip(request)) {
    Response response = page_response(asset->type, std::string(asset->compressed));
    response.headers["Content-Encoding"] = "gzip";
    return response;
  }
  auto content = inflated(asset->compressed);
  if (!content) return error_response(content.error(), request.id);
  return page_response(asset->type, *std::move(content));
}

}  // namespace

void add_document_routes(Router& router) {
  const auto html = [](const char* what) {
    return Answer{200, what, "Text", {}, "text/html; charset=utf-8"};
  };
  router.add(
      {.method = "GET",
       .path = "/openapi.json",
       .operation = "getOpenApi",
       .tag = "Documentation",
       .summary = "This description",
       .access = Access{Area::everyone, Act::read},
       .answers = {{200, "The description of the API, in the form of OpenAPI 3.1.", "OpenApi"}},
       .handler = [&router](const Request&) {
         return json_response(200, openapi_document(router.routes()));
       }});
  router.add({.method = "GET",
              .path = "/docs",
              .operation = "showDocs",
              .tag = "Documentation",
              .summary = "This description as a page, to try it out",
              .access = Access{Area::everyone, Act::read},
              .answers = {html("Swagger UI.")},
              .handler = [](const Request&) { return page(kDocs, "swagger-ui-bundle.js"); }});
  router.add({.method = "GET",
              .path = "/redocs",
              .operation = "showRedocs",
              .tag = "Documentation",
              .summary = "This description as a page, to read",
              .access = Access{Area::everyone, Act::read},
              .answers = {html("Redoc.")},
              .handler = [](const Request&) { return page(kRedocs, "redoc.standalone.js"); }});
  router.add({.method = "GET",
              .path = "/docs/{file}",
              .operation = "getDocsFile",
              .tag = "Documentation",
              .summary = "A script or a style of these pages",
              .access = Access{Area::everyone, Act::read},
              .parameters = {{"file", "Text", "Its name; `licenses.txt` has the licences."}},
              .answers = {{200, "The file.", "Text", {}, "*/*"}},
              .errors = {404},
              .handler = &file});
}

}  // namespace titan::server_lite

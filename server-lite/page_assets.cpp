#include "server-lite/page_assets.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "server-lite/limits.hpp"

// The assembler copies the file: a compiler takes many seconds for a table of that many numbers.
#define TITAN_EMBED(symbol, file)                                                                  \
  __asm__(".pushsection .rodata\n.balign 16\n" #symbol ":\n.incbin \"" TITAN_PAGES_FOLDER "/" file \
          ".gz\"\n" #symbol "_end:\n.byte 0\n.popsection\n");                                      \
  extern "C" const char symbol[];                                                                  \
  extern "C" const char symbol##_end[];

TITAN_EMBED(titan_page_swagger_css, "swagger-ui.css")
TITAN_EMBED(titan_page_swagger_js, "swagger-ui-bundle.js")
TITAN_EMBED(titan_page_redoc_js, "redoc.standalone.js")
TITAN_EMBED(titan_page_licenses, "licenses.txt")

#undef TITAN_EMBED

namespace titan::server_lite {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

const PageAsset* find_page_asset(std::string_view name) {
  constexpr std::string_view kScript = "text/javascript; charset=utf-8";
  static const std::array<PageAsset, 4> kAssets = {{
      {"swagger-ui.css", "text/css; charset=utf-8",
       between(titan_page_swagger_css, titan_page_swagger_css_end)},
      {"swagger-ui-bundle.js", kScript, between(titan_page_swagger_js, titan_page_swagger_js_end)},
      {"redoc.standalone.js", kScript, between(titan_page_redoc_js, titan_page_redoc_js_end)},
      {"licenses.txt", "text/plain; charset=utf-8",
       between(titan_page_licenses, titan_page_licenses_end)},
  }};
  const auto* const found = std::find_if(kAssets.begin(), kAssets.end(),
                                         [&](const PageAsset& one) { return one.name == name; });
  return found == kAssets.end() ? nullptr : found;
}

Result<std::string> inflated(std::string_view compressed) {
  z_stream stream{};
  constexpr int kGzip = 16;  // added to the window's size: that format, and no other
  if (inflateInit2(&stream, MAX_WBITS + kGzip) != Z_OK) return internal("zlib does not start");
  // zlib does not write to its input, whatever its type says.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string content;
  int status = Z_OK;
  while (status == Z_OK && content.size() < kPageBytesMax) {
    std::array<char, 64UL << 10U> piece;
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    status = inflate(&stream, Z_NO_FLUSH);
    content.append(piece.data(), piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status == Z_STREAM_END) return content;
  return internal("what was built into the program is damaged");
}

}  // namespace titan::server_lite

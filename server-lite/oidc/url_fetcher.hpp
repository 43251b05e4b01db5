#pragma once

#include <string_view>

#include "base/http.hpp"
#include "base/result.hpp"

namespace titan::oidc {

// The seam to the provider: gets what stands at a URL. Implementations are safe to share between
// threads, and end within a time of their own.
class UrlFetcher {
 public:
  virtual ~UrlFetcher() = default;
  // An answer with any status is a value; redirects are not followed. unavailable: no connection,
  // or no answer in time. exhausted: the answer is too long. invalid: this is no URL for it.
  virtual Result<HttpResponse> get(std::string_view url) = 0;
};

}  // namespace titan::oidc

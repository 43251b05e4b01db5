#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/transport.hpp"

namespace titan::web {

// What a web server may take and give. Certificates are verified always, with their dates.
struct ConnectionLimits {
  std::chrono::milliseconds silence_max = {};  // of each connect, read and write
  std::chrono::milliseconds answer_time_max = {};
  std::size_t answer_bytes_max = 0;
};

// Makes a Transport to the web server of a URL, "https://HOST:PORT" (client/http_transport.hpp).
using Connect = std::function<Result<std::unique_ptr<Transport>>(const std::string& url)>;

// `ca_file`: PEM, its certificates alone are trusted; empty: those of the system. Of no matter for
// http://.
Connect web_connections(const std::string& ca_file, const ConnectionLimits& limits);

}  // namespace titan::web

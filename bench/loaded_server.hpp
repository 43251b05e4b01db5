#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/result.hpp"
#include "bench/load_client.hpp"

namespace titan::bench {

// A titan-server under load, asked over connections of its own; borrows what the options name.
// Errors of all methods: what ask() gives.
class LoadedServer {
 public:
  explicit LoadedServer(LoadClient::Options client) : client_(std::move(client)) {}

  Result<std::string> put(const std::string& path, const std::string& body) const;
  Result<std::string> post(const std::string& path, const std::string& body) const;
  // Stores that many bytes; the path under which they can be had.
  Result<std::string> put_blob(std::size_t bytes, std::size_t number = 0) const;
  // Waits until what follows from earlier writes is written; then the bookmark.
  Result<std::string> settle() const;
  // The numbers of /v1/metrics by "name" or "name{label="value"}".
  Result<std::map<std::string, double>> metrics() const;
  // Waits until one of them has the value, for half a minute at most.
  Result<void> await_metric(const std::string& name, double value) const;

 private:
  LoadClient::Options client_;
};

}  // namespace titan::bench

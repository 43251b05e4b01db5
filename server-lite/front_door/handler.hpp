#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/http.hpp"
#include "server-lite/front_door/spool.hpp"

namespace titan::front_door {

// Who sent a request.
struct Peer {
  std::string address = {};  // "192.0.2.7", "2001:db8::7", or "unix"
  bool is_encrypted = false;
};

// A response whose body is the file's.
struct ResponseInFile {
  HttpResponse head;  // its own body is empty
  std::shared_ptr<const SpoolFile> body;
};

class Parked;
// A request is answered, or it is parked.
using Reply = std::variant<HttpResponse, ResponseInFile, std::unique_ptr<Parked>>;

// A request that waits for something to happen. It is made by the handler and belongs to the front
// door, which destroys it when it is answered or when the client has gone: keep it small.
class Parked {
 public:
  virtual ~Parked() = default;
  // How much longer it may wait.
  [[nodiscard]] virtual std::chrono::milliseconds time() const = 0;
  // Called once, on the loop, when the request stands in its place. From then until it is destroyed
  // `wake` may be called, from any thread, also from within this call, also more than once: the
  // answer can be had.
  virtual void begin(std::function<void()> wake) = 0;
  // The answer, after wake(); or another one to park, when it was woken in vain. On a worker.
  virtual Reply answer() = 0;
  // The answer when the time is over, or the server stops. On the loop: must not block.
  virtual HttpResponse give_up() = 0;
};

// Answers requests. Both methods are called from several threads and throw nothing.
class Handler {
 public:
  virtual ~Handler() = default;
  // On the loop, before answer(): the answer, if it is known without waiting for anything. Not
  // called for a body over kBodyInMemoryMax, so it guards nothing.
  virtual std::optional<HttpResponse> answer_at_once(const HttpRequest& request,
                                                     const Peer& peer) = 0;
  // On a worker. No promise that answer_at_once() was called.
  virtual Reply answer(const HttpRequest& request, const Peer& peer) = 0;
  // The answer to a request that came no further than the front door: what was wrong with it (by
  // the status), or that there is too much to do.
  virtual HttpResponse refuse(int status, const std::string& message) = 0;
};

}  // namespace titan::front_door

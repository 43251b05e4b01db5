#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "base/clock.hpp"
#include "model/change.hpp"
#include "server-lite/front_door/handler.hpp"
#include "server-lite/parking.hpp"
#include "server-lite/request.hpp"

namespace titan::server_lite {

// Something asked that may have no answer yet. What it holds stays in memory while it waits, for
// every host that does.
class Question {
 public:
  virtual ~Question() = default;
  // Whether these changes, which are in force already, may answer it: quick, without I/O.
  virtual bool matters(std::span<const model::Change> changes) = 0;
  // Whether there may be an answer by now: quick, without I/O.
  virtual bool may_have_news() = 0;
  // The answer, if there is one. May do I/O. What it has seen then it need not see again.
  virtual std::optional<Response> ask() = 0;
  // The answer that there is none: quick, without I/O.
  virtual Response no_news() = 0;
};

// Asks the question, and as long as it has no answer and `wait` is not over, lets it wait.
Reply ask_or_park(std::unique_ptr<Question> question, std::chrono::seconds wait, Parking& parking,
                  const Clock& clock);

// Waits for the answer on this thread: for tests and simulations, which have no front door.
HttpResponse wait_for(Reply reply);

}  // namespace titan::server_lite

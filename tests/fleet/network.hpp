#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"
#include "tests/fleet/timeline.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/simulation/dice.hpp"

namespace titan::fleet {

// The network between the hosts and their server. By lot, a request or its answer is lost, takes
// long, comes once more later, or comes when the host has given up and others were served; an older
// answer comes in place of the right one, or half of it, or a proxy's. While somebody waits, the
// others go on. For one thread.
class Network {
 public:
  // Borrows all.
  Network(testing::TestServer& server, Timeline& timeline, simulation::Dice& dice)
      : server_(server), timeline_(timeline), dice_(dice) {}

  // Of one host.
  struct Link {
    std::string host;
    std::string address;
    bool is_cut = false;              // nothing comes through
    bool saw_busy = false;            // an answer said 503 or 429, since somebody looked
    std::deque<HttpResponse> before;  // answers, the newest last
  };
  Link& add(const std::string& host);
  // From now on all comes through, at once and once.
  void be_calm() { is_calm_ = true; }

  // The server sheds some of the requests, until it is told otherwise.
  bool server_is_busy = false;

  Result<HttpResponse> send(Link& link, const HttpRequest& request);

 private:
  HttpResponse deliver(const Link& link, const HttpRequest& request);
  void deliver_later(const Link& link, const HttpRequest& request, const char* why);
  HttpResponse shed(Link& link);
  void disturb(Link& link, HttpResponse& response);
  Timeline::Time delay();
  void tell(const Link& link, const HttpRequest& request, const std::string& what);

  testing::TestServer& server_;
  Timeline& timeline_;
  simulation::Dice& dice_;
  bool is_calm_ = false;
  std::deque<Link> links_;  // whose addresses stay
};

}  // namespace titan::fleet

#include "bench/server_sockets.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "base/descriptor.hpp"

namespace titan::bench {
namespace {

constexpr unsigned bit(int state) {
  return 1U << static_cast<unsigned>(state);
}

Result<void> ask_kernel(int netlink) {
  struct {
    nlmsghdr head;
    inet_diag_req_v2 question;
  } request{};
  request.head = {.nlmsg_len = sizeof request,
                  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                  .nlmsg_seq = 1,
                  .nlmsg_pid = 0};
  request.question.sdiag_family = AF_INET;
  request.question.sdiag_protocol = IPPROTO_TCP;
  request.question.idiag_states = bit(TCP_FIN_WAIT1) | bit(TCP_CLOSING) | bit(TCP_LAST_ACK);
  const auto sent = ::send(netlink, &request, sizeof request, 0);
  return sent == sizeof request ? Result<void>() : unavailable("sock_diag");
}

}  // namespace

Result<std::map<std::uint16_t, std::size_t>> closed_by_server(std::uint16_t server_port) {
  const Descriptor netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink.is_open()) return unavailable("netlink");
  TITAN_TRY(ask_kernel(netlink.get()));
  std::map<std::uint16_t, std::size_t> found;
  std::array<char, 64UL << 10U> room{};
  while (true) {
    const auto got = ::recv(netlink.get(), room.data(), room.size(), 0);
    if (got <= 0) return unavailable("sock_diag");
    std::size_t at = 0;
    while (at + sizeof(nlmsghdr) <= static_cast<std::size_t>(got)) {
      nlmsghdr head{};
      std::memcpy(&head, &room[at], sizeof head);
      if (head.nlmsg_type == NLMSG_DONE) return found;
      if (head.nlmsg_type == NLMSG_ERROR) return unavailable("sock_diag");
      inet_diag_msg socket{};
      std::memcpy(&socket, &room[at + NLMSG_HDRLEN], sizeof socket);
      at += NLMSG_ALIGN(head.nlmsg_len);
      if (ntohs(socket.id.idiag_sport) != server_port) continue;
      found[ntohs(socket.id.idiag_dport)] = socket.idiag_wqueue;
    }
  }
}

}  // namespace titan::bench

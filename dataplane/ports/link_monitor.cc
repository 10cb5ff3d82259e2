// SPDX-License-Identifier: Apache-2.0
#include "ports/link_monitor.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"

namespace relaysieve {

absl::StatusOr<std::unique_ptr<LinkMonitor>> LinkMonitor::open(std::set<int> indexes) {
  const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, "no rtnetlink");
  std::unique_ptr<LinkMonitor> monitor(new LinkMonitor(std::move(indexes), descriptor));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return absl::ErrnoToStatus(errno, "no news of links");
  return monitor;
}

LinkMonitor::~LinkMonitor() { close(descriptor_); }

bool LinkMonitor::changed() {
  alignas(nlmsghdr) char messages[32 * 1024];
  bool changed = false;
  while (true) {
    const ssize_t size = recv(descriptor_, messages, sizeof messages, MSG_TRUNC);
    if (size < 0 && errno == ENOBUFS) {  // more was to be told than there was room for
      changed = true;
    } else if (size < 0 && errno != EINTR) {
      return changed;
    } else if (size > 0) {
      changed |= static_cast<size_t>(size) > sizeof messages || concerns(messages, size);
    }
  }
}

// RTM_NEWLINK is sent for every change, RTM_DELLINK when an interface has gone.
bool LinkMonitor::concerns(const char* messages, size_t size) const {
  size_t left = size;
  for (auto* message = reinterpret_cast<const nlmsghdr*>(messages); NLMSG_OK(message, left);
       message = NLMSG_NEXT(message, left)) {
    const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(message));
    const bool of_a_link = message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK;
    if (of_a_link && indexes_.contains(link->ifi_index)) return true;
  }
  return false;
}

}  // namespace relaysieve

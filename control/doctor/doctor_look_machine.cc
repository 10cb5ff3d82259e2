// SPDX-License-Identifier: Apache-2.0
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

#include "doctor/doctor_facts.h"

namespace relaysieve {
namespace {

std::string first_word_in(const char* file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

// Capabilities that a daemon needs, by their numbers in linux/capability.h.
std::vector<std::string> lacking_capabilities() {
  constexpr std::pair<unsigned, const char*> kNeeded[] = {
      {12, "NET_ADMIN"}, {13, "NET_RAW"}, {14, "IPC_LOCK"}, {39, "BPF"}};
  uint64_t effective = 0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("CapEff:"))
      effective = std::strtoull(line.c_str() + std::strlen("CapEff:"), nullptr, 16);
  std::vector<std::string> lacking;
  for (const auto& [number, name] : kNeeded)
    if ((effective >> number & 1) == 0) lacking.emplace_back(name);
  return lacking;
}

// Asks for the number of the ruleset's generation, which says whether there is nf_tables at all. See Facts::nftables.
std::optional<std::string> why_no_nftables() {
  struct {
    nlmsghdr header;
    nfgenmsg family;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  const int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (netlink < 0) return strerror(errno);
  struct {
    nlmsghdr header;
    char content[4096];
  } answer{};
  const bool asked =
      send(netlink, &request, sizeof request, 0) > 0 && recv(netlink, &answer, sizeof answer, 0) > 0;
  const int failed = errno;
  close(netlink);
  if (!asked) return strerror(failed);
  if (answer.header.nlmsg_type != NLMSG_ERROR) return "";
  nlmsgerr error{};
  std::memcpy(&error, answer.content, sizeof error);
  if (error.error == -EPERM) return std::nullopt;
  return strerror(-error.error);
}

// Only where br_netfilter is loaded, as container engines do.
std::vector<std::string> bridge_calls() {
  std::vector<std::string> calls;
  for (const std::string tables : {"iptables", "ip6tables"})
    if (first_word_in(("/proc/sys/net/bridge/bridge-nf-call-" + tables).c_str()) == "1")
      calls.push_back("net.bridge.bridge-nf-call-" + tables);
  return calls;
}

}  // namespace

void look_at_machine(Facts& facts) {
  utsname system{};
  uname(&system);
  std::sscanf(system.release, "%u.%u", &facts.kernel_major, &facts.kernel_minor);
  facts.cores = std::thread::hardware_concurrency();
  facts.isolated = first_word_in("/sys/devices/system/cpu/isolated");
  facts.huge_pages = huge_pages();
  facts.clock = first_word_in("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  timex clock{};
  if (const int state = adjtimex(&clock); state >= 0)
    facts.synchronised = state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
  facts.nftables = why_no_nftables();
  facts.bridge_calls = bridge_calls();
  facts.root = geteuid() == 0;
  facts.lacking = lacking_capabilities();
}

}  // namespace relaysieve

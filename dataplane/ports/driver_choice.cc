// SPDX-License-Identifier: Apache-2.0
#include "ports/driver_choice.h"

#include <bpf/libbpf.h>

#include "absl/strings/str_cat.h"
#include "ports/interface.h"
#include "ports/xdp_program.h"

namespace relaysieve {
namespace {

constexpr std::string_view kVeth = "veth";

std::string counted(unsigned count, const char* what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

}  // namespace

InterfaceFacts facts_of(const Interface& interface) {
  const Interface::Queues queues = interface.queues();
  uint32_t programme = 0;
  bpf_xdp_query_id(interface.index(), 0, &programme);
  const std::string driver = interface.kernel_driver();
  return {.kernel_driver = driver,
          .mtu = interface.mtu(),
          .rx_queues = queues.rx,
          .tx_queues = queues.tx,
          .has_programme = programme != 0,
          .keeps_stripping = interface.keeps_stripping(),
          .kernel_restores_tags = driver == kVeth && XdpProgram::kernel_tells_tags()};
}

// Measured on a veth behind a bridge: of nine frames with VLAN tags, eight arrived at the AF_XDP socket without their
// outer one. The kernel had moved it beside the frame, and a veth hands it over there whatever its features say.
bool tags_come_beside(const InterfaceFacts& facts) { return facts.kernel_driver == kVeth; }

bool checksums_are_left(const InterfaceFacts& facts) {
  return facts.kernel_driver == kVeth || facts.kernel_driver == "tun";
}

std::optional<std::string> why_not_af_xdp(const InterfaceFacts& facts, unsigned workers) {
  if (facts.has_programme) return "another XDP programme is on it";
  if (const int longest = facts.kernel_driver == kVeth ? kLongestVethMtu : kLongestXdpMtu;
      facts.mtu > longest)
    return absl::StrCat("its MTU is ", facts.mtu, ", and no more than ", longest, " fits");
  if (facts.rx_queues == 0 || facts.tx_queues == 0) return "its queues cannot be counted";
  if (facts.rx_queues != workers)
    return absl::StrCat("it has ", counted(facts.rx_queues, "receive queue"), " for ",
                        counted(workers, "worker"), "; --workers ", facts.rx_queues, " would fit");
  if (facts.tx_queues < workers)
    return absl::StrCat("it has ", counted(facts.tx_queues, "transmit queue"), " for ",
                        counted(workers, "worker"));
  if (tags_come_beside(facts) && !facts.kernel_restores_tags)
    return "before Linux 6.8 VLAN tags are lost on a veth";
  if (facts.keeps_stripping) return "it takes VLAN tags off frames, and cannot be told not to";
  return std::nullopt;
}

std::optional<std::string> what_af_xdp_misses(unsigned rx_queues, int mtu, unsigned workers) {
  if (rx_queues > workers)
    return absl::StrCat("it has ", counted(rx_queues, "receive queue"), " now for ",
                        counted(workers, "worker"), ": the frames of the others are lost");
  if (mtu > kLongestXdpMtu)
    return absl::StrCat("its MTU is ", mtu, " now: frames for more than ", kLongestXdpMtu, " are lost");
  return std::nullopt;
}

}  // namespace relaysieve

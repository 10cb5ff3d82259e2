// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace relaysieve {

class Interface;

// How a kernel interface is driven. AF_PACKET carries whatever comes; AF_XDP is quicker and takes frames out before
// the kernel has looked at them, but it sees single queues, and what lies beside a frame is lost on it.
enum class Driver : uint8_t { automatic, af_packet, af_xdp };
inline constexpr std::array<std::string_view, 3> kDriverNames = {"auto", "af_packet",
                                                                 "af_xdp"};  // in their order

// What matters to the choice, of one interface.
struct InterfaceFacts {
  std::string kernel_driver;  // as `ethtool -i` has it: "veth", "ixgbe"; "" = it does not say
  int mtu = 0;
  unsigned rx_queues = 0;  // in use; 0 = not known
  unsigned tx_queues = 0;
  bool has_programme = false;         // an XDP programme is on it: somebody's
  bool keeps_stripping = false;       // takes VLAN tags off frames, and cannot be told not to
  bool kernel_restores_tags = false;  // XdpProgram::kernel_tells_tags()
};

InterfaceFacts facts_of(const Interface& interface);

// Why AF_XDP would lose or change frames of this interface with so many workers, as a clause with the number that
// would fit; nothing = it would not. What only the driver knows shows when the port is opened.
std::optional<std::string> why_not_af_xdp(const InterfaceFacts& facts, unsigned workers);

// What an open port with so many queues loses since somebody has changed these; nothing = nothing. A clause.
std::optional<std::string> what_af_xdp_misses(unsigned rx_queues, int mtu, unsigned workers);

// A frame with it lies in a page, behind the room that the kernel keeps for XDP; an Ethernet header and two tags come on
// top. A driver may allow less.
inline constexpr int kLongestXdpMtu = 4096 - 256 - 14 - 2 * 4;
inline constexpr int kLongestVethMtu = 3506;  // behind each frame the kernel keeps room for its own notes

// Whether AF_XDP hands out the frames of this driver without the tag that a sender or switch left beside them, so that
// the XDP programme has to put it back.
bool tags_come_beside(const InterfaceFacts& facts);

// Whether senders are on this machine (containers, virtual machines), and may leave checksums to a NIC.
bool checksums_are_left(const InterfaceFacts& facts);

}  // namespace relaysieve

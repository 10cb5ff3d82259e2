// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "relaysieve/reason.h"

namespace relaysieve {

// A relayed BOOTREQUEST found in a frame: views into its bytes. Addresses and numbers are in host byte order.
struct Message {
  std::array<uint16_t, 2> vlans{};      // VLAN ids outermost first; 0 = no tag (a priority tag is none)
  std::span<const uint8_t> source_mac;  // 6 bytes
  uint32_t source_ip = 0;
  uint32_t server_ip = 0;            // the IPv4 destination
  std::span<const uint8_t> bootp;    // 236 bytes: the fixed header, op to file (RFC 951, RFC 2131 s2)
  std::span<const uint8_t> options;  // from the magic cookie to End, both left out; empty without a cookie
  std::span<const uint8_t> own_options;  // the client's own, all but 82 and Pad, if they lie in one piece
  bool in_one_piece = true;
  uint32_t giaddr = 0;
  uint8_t type = 0;                        // DHCP message type (option 53); 0 = plain BOOTP
  uint8_t overload = 0;                    // option 52: 1 file, 2 sname, 3 both hold options; 0 = none
  size_t relay_infos = 0;                  // how many options 82 (RFC 3046) there are
  std::span<const uint8_t> relay_info;     // the value of the first
  std::optional<uint32_t> link_selection;  // option 82 sub-option 5 of length 4 (RFC 3527)
  std::span<const uint8_t> vrf;            // option 82 sub-option 151 (RFC 6607); empty = none

  // An address in the client's subnet, as the relay reports it.
  uint32_t subnet() const { return link_selection.value_or(giaddr); }
};

// Either a message that the rule applies to, or the reason why the frame is forwarded unlooked-at.
struct Parsed {
  std::optional<Message> message;
  Reason reason = Reason::not_dhcp;  // meaningful only without a message
};

// Reads one Ethernet frame, layer by layer. Never reads outside `frame`; never trusts a length before it is checked; neither
// needs nor checks a checksum (relays zero and break them).
Parsed parse_dhcp4(std::span<const uint8_t> frame);

}  // namespace relaysieve

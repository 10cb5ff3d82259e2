// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "relaysieve/address.h"
#include "relaysieve/reason.h"

namespace relaysieve {

// A DHCPv6 client's message as relays brought it (RELAY-FORW, RFC 8415 s9): views into a frame's bytes. Addresses and
// numbers are in host byte order.
struct Message6 {
  static constexpr unsigned kMostRelays = 8;  // nested RELAY-FORWs: HOP_COUNT_LIMIT (RFC 8415 s7.6)

  std::array<uint16_t, 2> vlans{};      // VLAN ids outermost first; 0 = no tag
  std::span<const uint8_t> source_mac;  // 6 bytes
  Address source_ip;
  Address server_ip;               // the IPv6 destination
  std::span<const uint8_t> relay;  // the outermost RELAY-FORW, to the end of the datagram
  unsigned relays = 0;             // how many are nested, 1 .. kMostRelays
  // Of the relay closest to the client: the client's address; and, of the closest that gives one, an address of the
  // client's link. Relays in switches give none (RFC 6221 s5.3.1); servers skip them in the same way (RFC 8415
  // s13.1). :: where no relay does.
  Address peer_address, link_address;
  bool has_relay_ids = false;       // an interface-id (option 18) or a remote-id (37, RFC 4649) of some relay
  std::span<const uint8_t> client;  // what the client wrote: message type, transaction id, options
  uint8_t type = 0;
  std::span<const uint8_t> duid;         // option 1; empty = none
  std::optional<uint16_t> elapsed_time;  // option 8, 1/100 s
  bool prefix_delegation = false;        // option 25 (IA_PD)
};

// Either a message that the rule applies to, or the reason why the frame is forwarded unlooked-at.
struct Parsed6 {
  std::optional<Message6> message;
  Reason reason = Reason::not_dhcp;  // meaningful only without a message
};

// Reads one Ethernet frame, layer by layer. Never reads outside `frame`; never trusts a length before it is checked;
// neither needs nor checks a checksum.
Parsed6 parse_dhcp6(std::span<const uint8_t> frame);

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "relaysieve/address.h"
#include "relaysieve/family.h"

namespace relaysieve {

// Who asks: a hardware address, the first hlen bytes of chaddr; or a DUID (RFC 8415 s11).
struct ClientId {
  std::array<uint8_t, 130> bytes{};
  uint8_t length = 0;  // 0 = none, or more than there is room for

  friend bool operator==(const ClientId&, const ClientId&) = default;
  std::string text() const;  // 52:54:00:12:34:56
};

// As people write it: with colons or dashes, with Cisco's dots (5254.0012.3456), or nothing in between.
std::optional<ClientId> client_id_of(std::string_view text);

// A DHCP message of either family and direction, for people who look: found also where the rule looks away, because it
// is a reply, came from the client itself, is no DHCP, or is malformed further behind. Addresses and numbers are in host
// byte order.
struct DhcpFrame {
  Family family = Family::v4;
  std::span<const uint8_t> source_mac, destination_mac;
  std::array<uint16_t, 2> vlans{};  // outermost first; 0 = no tag
  Address source_ip, destination_ip;
  bool reply = false;  // op 2; of DHCPv6 what a server says
  ClientId client;
  uint32_t xid = 0;  // transaction-id
  Address yiaddr;    // of DHCPv6 the first address of an IA_NA; :: = none
  Address giaddr;    // link-address of the relay closest to the client
  Address peer;      // of DHCPv6 alone: the client's address, where a relay tells it
  Address server;    // option 54; :: = none
  uint8_t type = 0;  // option 53; 0 = none: plain BOOTP. Of DHCPv6 the innermost message's

  // Also where only the DUID or the peer-address is made of this hardware address.
  bool is_of(const ClientId& who) const;
};

// Needs the bytes up to the client's identity only; options as far as they are there.
std::optional<DhcpFrame> find_dhcp(std::span<const uint8_t> frame);
std::optional<DhcpFrame> find_dhcp4(std::span<const uint8_t> frame);
std::optional<DhcpFrame> find_dhcp6(std::span<const uint8_t> frame);

// In words: DISCOVER (option 53: RFC 2132 s9.6, RFC 4388, RFC 6926, RFC 7724), SOLICIT (RFC 8415 s7.3, RFC 5007,
// RFC 6977, RFC 7341); "BOOTP" for DHCPv4's 0, "type 99" for others.
std::string message_type(Family family, uint8_t type);

}  // namespace relaysieve

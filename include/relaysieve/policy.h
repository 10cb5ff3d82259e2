// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "relaysieve/address.h"
#include "relaysieve/time.h"

namespace relaysieve {

enum class Mode : uint8_t { enforce, monitor, bypass };
enum class ScopeRule : uint8_t { subnet, any, exact };
enum class Match : uint8_t { content, identity };

// A network of either family. Bits of the address beyond its prefix are ignored.
struct Network {
  Address address;
  uint8_t bits;  // of the address's 128: 96 and more for IPv4

  // NOLINTNEXTLINE(google-explicit-constructor): an address is a network of one
  constexpr Network(uint32_t ip4, unsigned prefix = 32)
      : address(ip4), bits(static_cast<uint8_t>(96 + prefix)) {}
  constexpr Network(Address any, unsigned prefix) : address(any), bits(static_cast<uint8_t>(prefix)) {}

  constexpr bool contains(const Address& ip) const { return ip.network(bits) == address.network(bits); }
  friend constexpr bool operator==(const Network&, const Network&) = default;
};

// Of an IPv4 prefix, 0..32, in host byte order.
constexpr uint32_t mask_of(unsigned bits) { return bits == 0 ? 0 : ~uint32_t{0} << (32 - bits); }

using Networks = std::vector<Network>;

// How the filter decides: immutable while in use, swapped as a whole.
struct Policy {
  // A copy later than this after its first copy counts as a transmission of its own. 10 ms .. 5 s.
  Duration window = std::chrono::seconds(1);
  // The same relay's copy within this is the network's doing, not the client's. 0 .. < 200 ms, because GRUB
  // repeats an unchanged request after 0.2 s.
  Duration echo_window = std::chrono::milliseconds(100);
  // A client that still asks for the same thing after this gets another relay's turn; 0 = off.
  Duration turn_after = std::chrono::milliseconds(2500);
  Mode mode = Mode::enforce;
  Match match = Match::content;
  ScopeRule scope = ScopeRule::subnet;
  uint8_t subnet_bits = 24;   // prefix length of ScopeRule::subnet, 0..32
  uint8_t subnet6_bits = 64;  // and of IPv6, 0..128
  bool ignore_vlan = false;   // true for routers on two VLANs of one trunk
  // Relays learn routes from the replies to a request for a prefix (IA_PD), each from its own: true drops copies of
  // such requests as well.
  bool dedup_prefix_delegation = false;
  // Must hold both the source address and giaddr, or link-address where there is one; empty = all are trusted.
  Networks trusted_relays = {};
  // Addresses (giaddr, link selection or link-address) that are one scope, whatever their subnets; the first match
  // counts.
  std::vector<Networks> relay_groups = {};
  // Servers that are one server: a copy to another member is a copy.
  std::vector<std::vector<Address>> server_groups = {};
};

// How long a record is kept to tell a late copy (reason late_copy) from a first one.
inline constexpr Duration kLateHorizon = std::chrono::seconds(5);
// A client that sends no request for this long is forgotten. RFC 2131 s4.1: retransmissions are at most 65 s
// apart.
inline constexpr Duration kClientHorizon = std::chrono::seconds(70);

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "relaysieve/time.h"

namespace relaysieve {

enum class Mode : uint8_t { enforce, monitor, bypass };
enum class ScopeRule : uint8_t { subnet, any, exact };
enum class Match : uint8_t { content, identity };

// An IPv4 network: address in host byte order, bits 0..32. Bits of the address beyond `bits` are ignored.
struct Network {
  uint32_t address = 0;
  uint8_t bits = 32;

  constexpr uint32_t mask() const { return bits == 0 ? 0 : ~uint32_t{0} << (32 - bits); }
  constexpr bool contains(uint32_t ip) const { return ((ip ^ address) & mask()) == 0; }
};

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
  uint8_t subnet_bits = 24;      // prefix length of ScopeRule::subnet, 0..32
  bool ignore_vlan = false;      // true for routers on two VLANs of one trunk
  Networks trusted_relays = {};  // must hold both source IP and giaddr; empty = all are trusted
  // Addresses (giaddr or link selection) that are one scope, whatever their subnets; the first match counts.
  std::vector<Networks> relay_groups = {};
  // Servers that are one server: a copy to another member is a copy. Host-order IPv4.
  std::vector<std::vector<uint32_t>> server_groups = {};
};

// How long a record is kept to tell a late copy (reason late_copy) from a first one.
inline constexpr Duration kLateHorizon = std::chrono::seconds(5);
// A client that sends no request for this long is forgotten. RFC 2131 s4.1: retransmissions are at most 65 s
// apart.
inline constexpr Duration kClientHorizon = std::chrono::seconds(70);

}  // namespace relaysieve

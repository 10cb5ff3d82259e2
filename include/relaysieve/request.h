// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "relaysieve/family.h"

namespace relaysieve {

// A relay: 22 bits of its router (ingress port, source MAC, source IP) above 21 of what it asks for (giaddr and link
// selection, or link-address) above 21 of option 82's bytes, or of interface-id and remote-id (two relays behind one
// anycast address and MAC). Two routers are taken for
// one with probability 2^-22; two addresses, or two circuits, of one router with 2^-21.
using RelayId = uint64_t;

constexpr RelayId relay_id(uint32_t router, uint32_t asked, uint32_t circuit) {
  return uint64_t{router} << 42 | uint64_t{asked & 0x1fffff} << 21 | (circuit & 0x1fffff);
}
constexpr uint32_t router_of(RelayId relay) { return static_cast<uint32_t>(relay >> 42); }
// One router that asks for another of its subnets (smart relay).
constexpr bool asks_elsewhere(RelayId one, RelayId other) {
  const uint64_t router_and_asked = (one ^ other) >> 21;
  return router_and_asked - 1 < (uint64_t{1} << 21) - 1;
}

// What a copy has to agree with to belong to a transmission. Its bucket and tag stand for 30 further bits of the client
// (Request::who).
struct RequestKey {
  // The client's subnet as the relay reports it, by the policy's `scope`: 0, if all are one; the network's address; or
  // 224.0.0.0 + the relay group's number. A VRF's is 28 bits of a keyed hash of all that, in 240.0.0.0/4, and so is an
  // IPv6 network.
  uint32_t scope = 0;
  // `who` with what is asked, but for the options: xid, secs, ciaddr, type; of DHCPv6 type, transaction-id, elapsed time;
  uint32_t message = 0;
  uint32_t options = 0;  // 32 further bits of that, and the options that count under the policy's `match`
  uint16_t who = 0;      // 16 bits of Request::who

  uint16_t content = 0;  // all the options but 82 and Pad, or the DHCPv6 message: not compared

  bool same_client(const RequestKey& other) const { return who == other.who && scope == other.scope; }
  bool same_message(const RequestKey& other) const { return who == other.who && message == other.message; }
  bool same_request(const RequestKey& other) const {
    return same_client(other) && message == other.message && options == other.options;
  }
  friend bool operator==(const RequestKey& one, const RequestKey& other) {
    return std::memcmp(&one, &other, sizeof one) == 0;  // in two comparisons
  }
};
static_assert(std::has_unique_object_representations_v<RequestKey>);

// A scope as a network address, or 0 where it is none: any, a group, a VRF.
constexpr uint32_t subnet_of(uint32_t scope) { return scope < 0xe0000000 ? scope : 0; }

// One copy of a client's transmission, whatever the family: all that the memory needs to judge it, as keyed hashes.
struct Request {
  uint64_t who = 0;  // who asks which server: VLANs, server, htype, hlen, chaddr; or DUID, or peer-address
  RequestKey key;
  RelayId relay = 0;
  uint32_t router = 0;  // all 32 bits of the relay's router
  uint8_t type = 0;     // message type: another type than before means that the client has made progress
  Family family = Family::v4;

  friend bool operator==(const Request&, const Request&) = default;
};

}  // namespace relaysieve

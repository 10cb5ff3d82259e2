// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace relaysieve {

// Who brought a copy, as keyed hashes. Equal in all three: the same relay. Equal router, other `asked`: one
// router asking for another of its subnets (smart relay). Only `circuit` differs: two relays behind one
// anycast address and MAC, told apart by option 82.
struct Relay {
  uint32_t router = 0;   // ingress port, source MAC, source IP
  uint32_t asked = 0;    // giaddr and link selection
  uint32_t circuit = 0;  // the bytes of option 82

  friend constexpr bool operator==(const Relay&, const Relay&) = default;
};

// One copy of a client's transmission, whatever the protocol: all that the memory needs to judge it. All
// fields but `type` and `subnet` are keyed hashes; a DHCPv6 parser makes the same thing.
struct Request {
  uint64_t client = 0;  // who asks which server: VLANs, server, scope, htype, hlen, chaddr
  uint64_t message =
      0;  // what is asked, but for the options: VLANs, server, htype, hlen, chaddr, xid, secs, ciaddr, type
  uint32_t scope = 0;    // the client's subnet as the relay reports it
  uint32_t subnet = 0;   // not hashed: Message::subnet, of which `scope` is made
  uint32_t options = 0;  // the options that are part of the key under the policy's `match`
  uint32_t content = 0;  // all the options but 82 and Pad
  Relay relay;
  uint8_t type = 0;  // message type: another type than before means that the client has made progress
};

}  // namespace relaysieve

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

// One copy of a client's transmission, whatever the protocol: all that the memory needs to judge it. `who`, `message`,
// `options`, `content` and the relay are keyed hashes; a DHCPv6 parser makes the same thing.
struct Request {
  uint64_t who = 0;      // who asks which server: VLANs, server, htype, hlen, chaddr; never 0
  uint64_t message = 0;  // `who` with what is asked, but for the options: xid, secs, ciaddr, type; never 0
  // The client's subnet as the relay reports it, by the policy's `scope`: 0, if all are one; the network's address; or
  // 224.0.0.0 + the relay group's number. A VRF's is 28 bits of a keyed hash of all that, in 240.0.0.0/4.
  uint32_t scope = 0;
  uint32_t options = 0;  // the options that are part of the key under the policy's `match`
  uint32_t content = 0;  // all the options but 82 and Pad
  Relay relay;
  uint8_t type = 0;  // message type: another type than before means that the client has made progress

  friend constexpr bool operator==(const Request&, const Request&) = default;
};

}  // namespace relaysieve

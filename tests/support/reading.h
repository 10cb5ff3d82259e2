// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <set>
#include <tuple>

#include "relaysieve/policy.h"
#include "support/network.h"

namespace relaysieve::test {

// What the rule looks at in one copy, as whole values: no bytes of a frame, no hashes.
using Box = std::tuple<uint16_t, Mac, Ip>;    // ingress port, source MAC, source IP
using Asked = std::tuple<Ip, Bytes>;          // giaddr, link selection
using Relay = std::tuple<Box, Asked, Bytes>;  // option 82 breaks the tie
using Relays = std::set<Relay>;
using Scope = std::tuple<Ip, Bytes>;  // network, VRF
using Who = std::tuple<std::vector<uint16_t>, Ip, uint8_t, uint8_t, std::array<uint8_t, 16>>;
using Message = std::tuple<Who, uint32_t, uint16_t, Ip, uint8_t>;  // xid, secs, ciaddr, type
using Asking = std::tuple<Who, Scope>;                             // a client

struct Reading {
  Message message;
  Scope scope;
  Options key_options, content;
  Relay relay;
  Asking client;
  uint8_t type;

  // What two copies of one transmission agree in.
  std::tuple<Message, Scope, Options> key() const { return {message, scope, key_options}; }
};

Reading read(const Copy& copy, const Policy& policy);

// Whether one of these is the same box asking for another of its subnets (smart relay).
bool asks_elsewhere(const Relays& relays, const Relay& relay);

}  // namespace relaysieve::test

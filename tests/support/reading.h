// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <set>
#include <tuple>

#include "relaysieve/policy.h"
#include "relaysieve/reason.h"
#include "support/network.h"
#include "support/network6.h"

namespace relaysieve::test {

// What the rule looks at in one copy, as whole values: no bytes of a frame, no hashes.
using Box = std::tuple<uint16_t, Mac, Address,
                       std::vector<Address>>;  // ingress port, source MAC and IP, relays behind
using Asked = std::tuple<Address, Bytes>;      // giaddr, link selection
using Relay = std::tuple<Box, Asked, Bytes>;   // option 82 breaks the tie, or interface-id
using Relays = std::set<Relay>;
using Scope = std::tuple<bool, Address, Bytes>;  // network or number of a relay group, VRF
using Who = std::tuple<std::vector<uint16_t>, Address,
                       Bytes>;           // VLANs, server; htype, hlen, chaddr, or DUID or address
using Message = std::tuple<Who, Bytes>;  // xid, secs, ciaddr, type
using Asking = std::tuple<Who, Scope>;   // a client
using Key = std::tuple<Message, Scope, Options>;

struct Reading {
  std::optional<Reason> passes = {};  // why the rule does not look at it; the rest has no meaning then
  Message message = {};
  Scope scope = {};
  Options key_options = {}, content = {};
  Relay relay = {};
  Asking client = {};
  uint8_t type = 0;

  // What two copies of one transmission agree in.
  Key key() const { return {message, scope, key_options}; }
};

// Of the options of a copy those that the client wrote are what is left of `sent` without option 82 and Pads.
Reading read(const Copy& copy, const Policy& policy);
Reading read(const Copy6& copy, const Policy& policy);

// Whether one of these is the same box asking for another of its subnets (smart relay).
bool asks_elsewhere(const Relays& relays, const Relay& relay);

}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "glance.h"
#include "relaysieve/request.h"
#include "relaysieve/time.h"
#include "relaysieve/undo.h"

namespace relaysieve {

// A relay as a line keeps it: 22 bits of Relay::router above 21 of `asked` above 21 of `circuit`. Two routers are
// taken for one with probability 2^-22; two addresses, or two circuits, of one router with 2^-21.
using RelayId = uint64_t;

constexpr RelayId id_of(const Relay& relay) {
  return uint64_t{relay.router} << 42 | uint64_t{relay.asked & 0x1fffff} << 21 | (relay.circuit & 0x1fffff);
}
// A scope as a network address, or 0 where it is none: any, a group, a VRF.
constexpr uint32_t subnet_of(uint32_t scope) { return scope < 0xe0000000 ? scope : 0; }
constexpr uint32_t router_of(RelayId relay) { return static_cast<uint32_t>(relay >> 42); }
// One router that asks for another of its subnets (smart relay).
constexpr bool asks_elsewhere(RelayId one, RelayId other) {
  const uint64_t router_and_asked = (one ^ other) >> 21;
  return router_and_asked - 1 < (uint64_t{1} << 21) - 1;
}

// Relays of a line: bit n for the n-th of its list.
using RelaySet = uint8_t;

// What a copy has to agree with to belong to a transmission of a client. Its bucket and tag stand for 30 further bits
// of the client (Request::who).
struct LineKey {
  Time start{};          // when the transmission's first copy came
  uint32_t scope = 0;    // Request::scope
  uint32_t message = 0;  // the low half of Request::message,
  uint32_t options = 0;  // and its high half, mixed with Request::options
  uint16_t who = 0;      // 16 bits of Request::who

  uint16_t content = 0;  // not compared: 16 bits of Request::content

  LineKey() = default;
  LineKey(const Request& request, Time now)
      : start(now),
        scope(request.scope),
        message(static_cast<uint32_t>(request.message)),
        options(request.options ^ static_cast<uint32_t>(request.message >> 32)),
        who(static_cast<uint16_t>(request.who >> 16)),
        content(static_cast<uint16_t>(request.content)) {}

  // Of a line that threads may look at that do not hold its bucket: for `start` see Window::clients.
  void become(const LineKey& other) {
    put(start, other.start);
    scope = other.scope;
    message = other.message;
    options = other.options;
    who = other.who;
    content = other.content;
  }

  bool same_client(const LineKey& other) const { return who == other.who && scope == other.scope; }
  bool same_message(const LineKey& other) const { return who == other.who && message == other.message; }
  bool same_request(const LineKey& other) const {
    return same_client(other) && message == other.message && options == other.options;
  }
};

// One transmission of a client: what was asked, since when, who has brought it. The line of a client's latest
// transmission also says how the client stands: what it asks for, since when, and whose copies were forwarded.
// A cache line each.
struct Line {
  static constexpr unsigned kRelays = 3;
  static constexpr uint64_t kLongest = (uint64_t{1} << 48) - 1;  // ns: 78 hours

  LineKey key;
  std::array<RelayId, kRelays> relays;
  uint64_t
      asking : 48;  // ns from when the client began to ask for this type to `start`; no more than kLongest
  uint64_t
      count : 8;  // of the client's transmissions, up by one with each, by two where it begins to ask anew
  uint64_t first : 3;      // which relay brought the first copy
  uint64_t delivered : 1;  // a copy has been forwarded: false while every copy was held back
  uint32_t number;         // the first copy's Frame::number, modulo 2^32
  uint8_t type;            // the message type that the client asks with
  RelaySet brought;        // who brought this transmission,
  RelaySet previous;       // and the client's one before
  RelaySet won;            // of whom a copy was forwarded

  Standing standing() const {
    return {key.start, asking, relays, static_cast<uint8_t>(count), type, brought, previous, won};
  }
  void restore(const Standing& before) {
    put(key.start, before.start);
    asking = before.asking & kLongest;
    relays = before.relays;
    count = before.count;
    type = before.type;
    brought = before.brought;
    previous = before.previous;
    won = before.won;
  }

  // The bit of a relay among the line's own, or 0. All are compared at once.
  RelaySet find(RelayId relay) const {
    const unsigned equal = (relays[0] == relay) | (relays[1] == relay) << 1 | (relays[2] == relay) << 2;
    return static_cast<RelaySet>(equal & in_use());
  }
  // Those of the line's own that ask for another subnet of this relay's router.
  RelaySet elsewhere(RelayId relay) const {
    return static_cast<RelaySet>(asks_elsewhere(relays[0], relay) | asks_elsewhere(relays[1], relay) << 1 |
                                 asks_elsewhere(relays[2], relay) << 2);
  }

  RelaySet in_use() const { return brought | previous | won; }
  bool has_more() const { return in_use() >> kRelays != 0; }  // relays in a second line
  void lose_more() {
    for (RelaySet* set : {&brought, &previous, &won}) *set &= (1 << kRelays) - 1;
  }
};

// The relays that a line has no room for: a second line in the same bucket, with the same key.
struct MoreRelays {
  static constexpr unsigned kRelays = 5;

  LineKey key;
  std::array<RelayId, kRelays> relays;
};

static_assert(sizeof(Line) == 64 && sizeof(MoreRelays) == 64);

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "glance.h"
#include "relaysieve/request.h"
#include "relaysieve/time.h"
#include "relaysieve/undo.h"

namespace relaysieve {

// Relays of a line: bit n for the n-th of its list.
using RelaySet = uint8_t;

// One transmission of a client: what was asked, since when, who has brought it. The line of a client's latest
// transmission also says how the client stands: what it asks for, since when, and whose copies were forwarded.
// A cache line each.
struct Line : Standing {
  static constexpr unsigned kRelays = 3;

  Time start;  // when the transmission's first copy came. Other threads glance at it: Window::clients
  RequestKey key;

  void restore(Time began, const Standing& before) {
    put(start, began);
    static_cast<Standing&>(*this) = before;
  }

  // The line's own relays beside one: the same, and whoever is its router too. All are compared at once.
  struct Match {
    RelaySet same, same_router;
  };
  Match match(RelayId relay) const {
    constexpr RelayId kRouter = RelayId{1} << 42;
    unsigned same = 0, same_router = 0;
    for (size_t n = kRelays; n-- > 0;) {
      const RelayId difference = relays[n] ^ relay;
      same += same + (difference < 1);
      same_router += same_router + (difference < kRouter);
    }
    return {static_cast<RelaySet>(same & in_use()), static_cast<RelaySet>(same_router)};
  }
  // The bit of a relay among the line's own, or 0.
  RelaySet find(RelayId relay) const { return match(relay).same; }
  // Those of the line's own that ask for another subnet of this relay's router.
  RelaySet elsewhere(RelayId relay) const {
    return static_cast<RelaySet>(asks_elsewhere(relays[0], relay) | asks_elsewhere(relays[1], relay) << 1 |
                                 asks_elsewhere(relays[2], relay) << 2);
  }

  // The bit of a further relay, or 0: there is no room.
  RelaySet free_bit() const {
    return static_cast<RelaySet>(~in_use() & (in_use() + 1) & ((1 << kRelays) - 1));
  }

  // All its relays are its own.
  bool knows_all() const { return !has_more() && first < kRelays; }
  RelaySet in_use() const { return brought | previous | won; }
  bool has_more() const { return in_use() >> kRelays != 0; }  // relays in a second line
  void lose_more() {
    for (RelaySet* set : {&brought, &previous, &won}) *set &= (1 << kRelays) - 1;
  }
};

// The relays that a line has no room for: a second line in the same bucket, with the same key.
struct MoreRelays {
  static constexpr unsigned kRelays = 5;

  std::array<RelayId, kRelays> relays;
  Time start;
  RequestKey key;
};

static_assert(sizeof(Line) == 64 && sizeof(MoreRelays) == 64);
static_assert(offsetof(MoreRelays, start) == sizeof(Standing));  // where Line has its own: see Window::count

}  // namespace relaysieve

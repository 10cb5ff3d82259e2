// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "line.h"
#include "relaysieve/policy.h"

namespace relaysieve::turns {

// Trap 10: where the relay whose copy always wins has a dead way back, the client never boots. So a client that still
// asks for the same thing `turn_after` after it began gets its next transmission through another relay. These work on
// the line of its latest transmission; the bits of its relays are those of its RelayList. A client with more than
// eight relays at once: those beyond have no bit, and no turn.

// A client's first transmission.
inline void begin(Line& line) {
  line.count = 0;
  line.set_asking(0);
  line.brought = line.previous = line.won = 0;
}
// A further one: `line`, whose key and type are set, takes over how the client stood when the one before began, at
// `start`. Progress, or a client that was not heard for a minute: it begins to ask anew.
inline void begin(Line& line, Time start, const Standing& before) {
  const Duration since = line.start - start;
  const bool asks_on = before.type == line.type && since <= kClientHorizon;
  line.count = static_cast<uint8_t>(before.count + (asks_on ? 1u : 2u));
  line.brought = 0;
  if (!asks_on) {
    line.set_asking(0);
    line.previous = line.won = 0;
    return;
  }
  line.set_asking(before.asking() + static_cast<uint64_t>(std::max(since.count(), int64_t{0})));
  line.previous = before.brought;
  line.won = before.won;
  line.relays = before.relays;
}

inline bool due(const Line& line, Time now, Duration turn_after) {
  const auto asking = Duration(static_cast<int64_t>(line.asking())) + (now - line.start);
  return turn_after != Duration::zero() && asking >= turn_after;
}

// Whether this relay's copy is to be held back for another relay's.
inline bool must_wait(const Line& line, RelaySet relay, Time now, Duration turn_after) {
  return (line.won & relay) != 0 && (line.previous & ~line.won) != 0 && due(line, now, turn_after);
}

// A copy of this relay is forwarded.
inline void wins(Line& line, RelaySet relay, Time now, Duration turn_after) {
  line.won |= relay;
  if (((line.brought | line.previous) & ~line.won) == 0 && due(line, now, turn_after))
    line.won = relay;  // the turns start again
}

}  // namespace relaysieve::turns

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "requests.h"

namespace relaysieve::bench {

// What a peer's table leads to: one transmission, and the rule without turns, twins and rewritten requests.
struct PeerRecord {
  static constexpr size_t kRelays = 3;

  uint64_t key;
  Time start;
  uint32_t relays[kRelays];
  uint32_t count;

  void begin(uint64_t transmission, uint32_t relay, Time now) {
    key = transmission;
    start = now;
    relays[0] = relay;
    count = 1;
  }

  // Whether this copy is dropped.
  bool join(uint32_t relay, Time now) {
    const Duration age = now - start;
    const bool known = std::find(relays, relays + count, relay) != relays + count;
    if (age > kPolicy.window || (known && age > kPolicy.echo_window)) {
      begin(key, relay, now);
      return false;
    }
    if (!known && count < kRelays) relays[count++] = relay;
    return true;
  }
};

// How many entries to ask of a table that is slow, or loses some, when it is full. It has to hold one transmission for
// each client.
inline size_t roomy(const Mix& mix) { return mix.clients + mix.clients / 3; }

}  // namespace relaysieve::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "counter.h"
#include "relaysieve/family.h"
#include "relaysieve/reason.h"

namespace relaysieve {

struct PortCounters {
  Counter rx_frames;
  Counter rx_bytes;
  Counter tx_frames;
  Counter tx_bytes;
  Counter refused;  // frames that should have gone out here, and did not go
};

// All that one worker counts, on cache lines of its own; `ports` in the order in which the daemon knows them. The
// laws, whenever the worker is between two bursts:
//   received = sum of reasons = forwarded + dropped + refused     (frames)
//   sent by all ports + refused by them = forwarded + refused + extra
struct alignas(64) Counters {
  explicit Counters(size_t port_count) : ports(port_count) {}

  std::array<Counter, kReasonCount> reasons;  // verdicts, one for each frame that came in
  std::array<Counter, kReasonCount> of_v6;    // of these: DHCPv6
  Counter forwarded;                          // frames that left by a port at least
  Counter refused;                            // frames that should have, and left by none
  Counter
      extra;  // a frame sent to a side with several ports counts there once for each; these are all but one
  Counter rounds;    // of the worker's loop: it lives as long as they grow
  Counter busy;      // rounds in which frames came
  Counter busy_ns;   // the time they took
  Counter wakeups;   // from a rest, for frames or after a while
  Counter evicted;   // records that had to make room before their window ended
  Counter recalled;  // copies judged by what is left of those
  std::vector<PortCounters> ports;
};

// What all workers have counted.
struct Totals {
  struct Port {
    uint64_t rx_frames = 0, rx_bytes = 0, tx_frames = 0, tx_bytes = 0, refused = 0;
  };

  std::array<uint64_t, kReasonCount> reasons{}, of_v6{};
  uint64_t received = 0, forwarded = 0, dropped = 0, refused = 0, extra = 0, evicted = 0, recalled = 0;
  std::vector<Port> ports;

  void add(const Counters& worker);
  uint64_t count(Reason reason) const { return reasons[static_cast<size_t>(reason)]; }
  // Frames of one family; of a reason that has none, Family::none.
  uint64_t count(Reason reason, Family family) const {
    const uint64_t v6 = of_v6[static_cast<size_t>(reason)];
    return family == Family::v6 ? v6 : count(reason) - v6;
  }
  uint64_t requests() const;  // that the rule has judged
  bool sums_agree() const;
};

}  // namespace relaysieve

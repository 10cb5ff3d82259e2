// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "ports/counters.h"
#include "relaysieve/time.h"

namespace relaysieve {

// How much of everything there was in a second, of late.
struct Rates {
  struct Port {
    double rx_frames = 0, rx_bits = 0, tx_frames = 0, tx_bits = 0, refused = 0, missed = 0;
  };
  double over = 0;  // s that they were taken over; 0: none are known yet
  double requests = 0, dropped = 0, late = 0, evicted = 0;
  double since_request = 0;  // s since there was a request, or since there could have been one
  std::vector<Port> ports;
};

// Makes rates of counts, over the last ten seconds or, at the start, fewer. It knows no clock.
class RateMeter {
 public:
  static constexpr Duration kSpan = std::chrono::seconds(10);
  static constexpr Duration kStep = std::chrono::seconds(1);

  // Whether a second has gone by since the last note.
  bool due(Time now) const;
  // What has been counted so far. `missed`: by each port.
  void note(const Totals& totals, std::span<const uint64_t> missed, Time now);
  Rates rates() const;

 private:
  struct Note {
    Time when;
    Totals totals;
    std::vector<uint64_t> missed;
  };

  std::deque<Note> notes_;  // oldest first
  Time requested_{};        // when the count of requests was last seen to grow
};

}  // namespace relaysieve

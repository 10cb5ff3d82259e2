// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "forgotten.h"
#include "relaysieve/policy.h"
#include "relaysieve/reason.h"
#include "relaysieve/request.h"
#include "relaysieve/undo.h"
#include "turns.h"
#include "window.h"

namespace relaysieve {

// What the memory makes of one copy. The fields from has_first on as in Verdict.
struct Decision {
  Reason reason = Reason::first_copy;
  bool has_first = false;
  Duration lag{};
  uint64_t first_number = 0;
  uint32_t first_router = 0;
  uint32_t first_subnet = 0;
  bool evicted = false;
  bool recalled = false;
  Undo undo;
};

// The rule itself: which copy of which transmission passes. The window knows the transmissions of the last
// seconds, the turns know the clients, and what the window had to evict too early is among the forgotten.
class Memory {
 public:
  Memory(size_t clients, Duration window, Pages pages);

  void prefetch(const Request& request) const;
  // Judges one copy and remembers it. `now` never runs backwards.
  Decision observe(const Request& request, Time now, uint64_t number, const Policy& policy);
  void undo(const Undo& trace);
  void clear(Duration window);
  double false_positives(Time now) const { return forgotten_.false_positives(now); }
  size_t transmissions(Time now) const { return window_.count(now, kLateHorizon); }
  size_t clients(Time now) const { return turns_.count(now, kClientHorizon); }
  void retune(Duration window) { forgotten_.retune(window); }  // the policy has another window

 private:
  // A copy of a known transmission from a relay that had not brought it yet.
  Decision join(const Request& request, uint32_t slot, Time now, const Policy& policy);
  // What the forgotten know of a request that is not in the window.
  Reason recall(const Request& request, Time now, Duration window);
  // A transmission begins: forward its first copy, unless it is another relay's turn.
  Decision begin(const Request& request, uint32_t slot, Time now, uint64_t number, const Policy& policy,
                 Decision decision);
  Decision first(const Request& request, uint32_t slot, Time now, const Policy& policy) const;
  Decision repeated(uint32_t slot, Time now, Reason reason) const;
  // Makes room. True: the record that goes has not ended its window; it is now among the forgotten.
  bool evict(uint32_t slot, Time now, Duration window);

  Window window_;
  Turns turns_;
  Forgotten forgotten_;
};

}  // namespace relaysieve

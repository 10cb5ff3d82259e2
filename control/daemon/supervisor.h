// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/stall_watch.h"
#include "events/event_log.h"
#include "ports/counters.h"

namespace relaysieve {

// Tells the world of workers that stall: as events, whoever asks, and systemd, whose watchdog hears that all is well
// only while all workers move.
class Supervisor {
 public:
  // `events` is to outlive it.
  Supervisor(size_t workers, EventLog& events);

  // To be called every StallWatch::kPeriod, by one thread. `rounds`: every worker's count.
  void look(std::span<const uint64_t> rounds, Time now);

  // Any thread's:
  uint64_t stalls(size_t worker) const { return health_[worker].stalls.get(); }
  bool stalled(size_t worker) const { return health_[worker].stalled.load(std::memory_order_relaxed); }

 private:
  struct Health {
    Counter stalls;
    std::atomic<bool> stalled = false;
  };

  void feed_watchdog(Time now);

  EventLog& events_;
  StallWatch watch_;
  std::vector<Health> health_;
  Duration feeding_{};  // how often systemd wants to hear of us; 0 = never
  Time fed_{};
};

}  // namespace relaysieve

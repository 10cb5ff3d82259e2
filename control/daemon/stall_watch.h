// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "relaysieve/time.h"

namespace relaysieve {

// Tells workers that have stopped from workers that go round. A worker counts its rounds, and makes one at least
// every 100 ms; one whose count stands still for a second is stalled, until it moves again. It knows no clock.
class StallWatch {
 public:
  static constexpr Duration kLimit = std::chrono::seconds(1);
  // How often to look. After a pause of more than half the limit it was the looker who was held up (a debugger, a
  // machine that slept), and what it did not see is not held against the workers.
  static constexpr Duration kPeriod = std::chrono::milliseconds(100);

  struct Event {
    unsigned worker;
    bool stalled;    // it begins, or has ended
    Duration still;  // for how long the count has stood still, or did
  };

  explicit StallWatch(size_t workers) : workers_(workers) {}

  // `rounds`: every worker's count. What has begun or ended since the last look.
  std::vector<Event> look(std::span<const uint64_t> rounds, Time now);
  bool any_stalled() const;

 private:
  struct Worker {
    uint64_t rounds = 0;
    Time moved{};  // when its count was last seen to grow
    bool stalled = false;
  };

  std::vector<Worker> workers_;
  std::optional<Time> looked_;
};

}  // namespace relaysieve

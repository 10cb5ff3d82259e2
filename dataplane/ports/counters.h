// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "relaysieve/reason.h"

namespace relaysieve {

// A number that one thread counts and any thread reads. Adding is a plain add: no lock, no fence.
class Counter {
 public:
  void add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

struct PortCounters {
  Counter rx_frames;
  Counter rx_bytes;
  Counter tx_frames;
  Counter tx_bytes;
  Counter refused;  // frames that should have gone out here, and did not go
};

// All that one worker counts, on cache lines of its own. `reasons` counts verdicts, one for each frame that
// came in. The law, whenever the worker is between two bursts:
//   received = sum of reasons = transmitted + dropped + refused.
struct alignas(64) Counters {
  std::array<Counter, kReasonCount> reasons;
  PortCounters routers;
  PortCounters server;

  uint64_t received() const { return routers.rx_frames.get() + server.rx_frames.get(); }
  uint64_t transmitted() const { return routers.tx_frames.get() + server.tx_frames.get(); }
  uint64_t refused() const { return routers.refused.get() + server.refused.get(); }
  uint64_t dropped() const {
    uint64_t sum = 0;
    for (size_t i = 0; i < kReasonCount; ++i)
      if (kReasons[i].action == Action::drop) sum += reasons[i].get();
    return sum;
  }
  bool sums_agree() const {
    uint64_t judged = 0;
    for (const Counter& reason : reasons) judged += reason.get();
    return received() == judged && received() == transmitted() + dropped() + refused();
  }
};

}  // namespace relaysieve

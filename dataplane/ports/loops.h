// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "relaysieve/time.h"

namespace relaysieve {

// Which frames have been sent to a side with several ports in the last second, by a hash of their bytes: one that
// comes in there again has come round, because two of the ports lead to one network. For all workers, without
// locks. 16,384 frames: what is sent after so many others takes an older one's place, and that one may come
// round. No frame is taken for another but with a probability of 2^-64 for each that was sent.
class Loops {
 public:
  static constexpr Duration kMemory = std::chrono::seconds(1);

  Loops() : sent_(kFrames) {}

  void sent(std::span<const uint8_t> frame, Time now);
  bool came_round(std::span<const uint8_t> frame, Time now) const;

 private:
  static constexpr size_t kFrames = 16'384;

  struct Sent {
    std::atomic<uint64_t> hash = 0;
    std::atomic<int64_t> when = INT64_MIN / 2;  // ns
  };

  static uint64_t hash_of(std::span<const uint8_t> frame);
  std::vector<Sent> sent_;
};

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "relaysieve/time.h"
#include "slab.h"
#include "spin_lock.h"

namespace relaysieve {

// What had to be evicted from the window before its time: a sliding-window Bloom filter in generations of a
// quarter of the window. An item goes into the generation in which its window ends, so it is remembered until
// then and at most a quarter longer. Blocked: all bits of an item lie in one cache line (Putze, Sanders,
// Singler 2007); the line also says whose generation its bits are, so that a generation is emptied line by
// line as it fills, and none is ever wiped at once. Beyond its capacity a generation takes no more, and says
// so: the rate of wrong answers never exceeds that of full generations.
class Forgotten {
 public:
  // `items`: what one generation takes; 16 bits each.
  Forgotten(size_t items, Duration window, Pages pages);

  bool empty(Time now) const { return now.count() > last_end_.load(std::memory_order_relaxed); }
  // Remembers `key` (a keyed hash) until `end`. False: that generation is full.
  bool add(uint64_t key, Time end);
  bool contains(uint64_t key, Time now);
  bool full(Time now) const;  // a generation that still counts takes no more
  void clear(Duration window);
  // For another window: what was remembered for the old one is let go of.
  void retune(Duration window) {
    if (quarter_of_window(window) != quarter_) clear(window);
  }

 private:
  static constexpr int kGenerations = 6;  // the current one, four to come, one between
  static constexpr int kProbes = 6;
  static constexpr size_t kWords = 7, kBitsPerItem = 16;

  using Mask = std::array<uint64_t, kWords>;
  struct alignas(64) Block {
    SpinLock lock;
    uint32_t quarter;
    Mask bits;
  };

  // Quarters of a window since the clock's epoch. They may wrap: only their distance counts.
  uint32_t quarter_of(Time t) const {
    return static_cast<uint32_t>(t.count() / quarter_.load(std::memory_order_relaxed));
  }
  static int64_t quarter_of_window(Duration window) { return std::max<int64_t>(window.count() / 4, 1); }
  static Mask mask_of(uint64_t key);
  Block& block_of(uint64_t key, uint32_t quarter);
  bool admit(uint32_t quarter);

  const size_t items_, blocks_;  // a generation's; blocks_ is a power of two
  std::atomic<int64_t> quarter_;
  std::atomic<int64_t> last_end_;
  std::array<std::atomic<uint64_t>, kGenerations> taken_{};  // quarter << 32 | items it has taken
  Slab<Block> slab_;
};

}  // namespace relaysieve

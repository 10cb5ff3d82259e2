// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "relaysieve/time.h"

namespace relaysieve {

// What had to be evicted from the window before its time: a sliding-window Bloom filter in generations of a
// quarter of the window, each item in the generation in which its window ends. So an item is remembered until
// its window ends and at most a quarter longer. Blocked: all bits of an item lie in one cache line (Putze,
// Sanders, Singler 2007). A generation takes `items`; with 16 bits an item and 6 probes a full one answers
// wrongly with a probability of about 0.2 %, all live ones together about 1 %. Beyond that it takes no more
// and says so.
class Forgotten {
 public:
  Forgotten(size_t items, Duration window);  // items: a generation's capacity, a power of two >= 64

  bool empty(Time now) const { return now > last_end_; }
  // Remembers `key` (a keyed hash) until `end`. False: that generation is full.
  bool add(uint64_t key, Time end);
  bool contains(uint64_t key, Time now) const;
  bool full(Time now) const;  // a live generation takes no more
  void clear(Duration window);

 private:
  static constexpr int kGenerations = 6;  // four to come, the current one, and one that may be emptied
  static constexpr int kProbes = 6;
  static constexpr size_t kBitsPerItem = 16, kLineBits = 512;

  using Line = std::array<uint64_t, 8>;
  struct alignas(64) Block {
    Line bits{};
  };
  struct Generation {
    int64_t quarter = -1;  // its number since the clock's epoch
    size_t count = 0;
    std::vector<Block> blocks;
  };

  int64_t quarter_of(Time t) const { return t / quarter_; }
  static Line mask_of(uint64_t key);

  Duration quarter_;
  size_t items_;
  Time last_end_ = Time::min();
  std::array<Generation, kGenerations> generations_;
};

}  // namespace relaysieve

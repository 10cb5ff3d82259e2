// SPDX-License-Identifier: Apache-2.0
#include "forgotten.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <mutex>

namespace relaysieve {

Forgotten::Forgotten(size_t items, Duration window, Pages pages)
    : items_(items),
      blocks_(std::bit_ceil(items * kBitsPerItem / (kWords * 64) + 1)),
      slab_(kGenerations * blocks_, pages) {
  clear(window);
}

// Nine bits of the key for each probe, scaled to the 448 bits of a block; the block comes from other bits.
Forgotten::Mask Forgotten::mask_of(uint64_t key) {
  Mask mask{};
  for (int probe = 0; probe < kProbes; ++probe, key >>= 9) {
    const uint64_t bit = (key & 511) * (kWords * 64) / 512;
    mask[bit / 64] |= uint64_t{1} << bit % 64;
  }
  return mask;
}

Forgotten::Block& Forgotten::block_of(uint64_t key, uint32_t quarter) {
  const size_t at = static_cast<size_t>(key * 0x9e3779b97f4a7c15u >> 32) & (blocks_ - 1);
  return slab_[quarter % kGenerations * blocks_ + at];
}

// Counts one more item of this quarter's generation. False: it is full.
bool Forgotten::admit(uint32_t quarter) {
  std::atomic<uint64_t>& taken = taken_[quarter % kGenerations];
  uint64_t old = taken.load(std::memory_order_relaxed), next;
  do {
    next = (old >> 32 == quarter ? old : uint64_t{quarter} << 32) + 1;
    if ((next & 0xffffffff) > items_) return false;
  } while (!taken.compare_exchange_weak(old, next, std::memory_order_relaxed));
  return true;
}

bool Forgotten::add(uint64_t key, Time end) {
  const uint32_t quarter = quarter_of(end);
  if (!admit(quarter)) return false;
  Block& block = block_of(key, quarter);
  {
    const std::lock_guard hold(block.lock);
    if (block.quarter != quarter) {  // what it held has ended
      block.quarter = quarter;
      block.bits = {};
    }
    const Mask mask = mask_of(key);
    for (size_t i = 0; i < kWords; ++i) block.bits[i] |= mask[i];
  }
  const int64_t ends = end.count() + quarter_.load(std::memory_order_relaxed);
  if (ends > last_end_.load(std::memory_order_relaxed)) last_end_.store(ends, std::memory_order_relaxed);
  return true;
}

bool Forgotten::contains(uint64_t key, Time now) {
  const Mask mask = mask_of(key);
  const uint32_t current = quarter_of(now);
  for (uint32_t quarter = current; quarter != current + kGenerations - 1; ++quarter) {
    Block& block = block_of(key, quarter);
    const std::lock_guard hold(block.lock);
    uint64_t missing = block.quarter != quarter;
    for (size_t i = 0; i < kWords; ++i) missing |= mask[i] & ~block.bits[i];
    if (missing == 0) return true;
  }
  return false;
}

bool Forgotten::full(Time now) const {
  const uint32_t current = quarter_of(now);
  return std::ranges::any_of(taken_, [&](const std::atomic<uint64_t>& generation) {
    const uint64_t taken = generation.load(std::memory_order_relaxed);
    return (taken & 0xffffffff) >= items_ && static_cast<uint32_t>(taken >> 32) - current < kGenerations;
  });
}

void Forgotten::clear(Duration window) {
  quarter_ = quarter_of_window(window);
  last_end_ = std::numeric_limits<int64_t>::min();
  for (auto& generation : taken_) generation = 0;
  for (Block& block : slab_) {
    const std::lock_guard hold(block.lock);
    block.bits = {};
  }
}

}  // namespace relaysieve

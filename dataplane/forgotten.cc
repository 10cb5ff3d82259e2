// SPDX-License-Identifier: Apache-2.0
#include "forgotten.h"

#include <algorithm>

namespace relaysieve {

Forgotten::Forgotten(size_t items, Duration window) : items_(items) {
  for (Generation& g : generations_) g.blocks.resize(items * kBitsPerItem / kLineBits);
  clear(window);
}

// Nine bits of the key for each probe; the block is chosen by the key's low bits, times a constant to be free
// of these.
Forgotten::Line Forgotten::mask_of(uint64_t key) {
  Line mask{};
  for (int probe = 0; probe < kProbes; ++probe, key >>= 9) mask[key >> 6 & 7] |= uint64_t{1} << (key & 63);
  return mask;
}

static size_t block_of(uint64_t key, size_t blocks) {
  return static_cast<size_t>((key * 0x9e3779b97f4a7c15u) >> 32) & (blocks - 1);
}

bool Forgotten::add(uint64_t key, Time end) {
  const int64_t quarter = quarter_of(end);
  Generation& g = generations_[static_cast<size_t>(quarter) % kGenerations];
  if (g.quarter != quarter) {  // its items' windows have all ended
    if (g.count != 0) std::ranges::fill(g.blocks, Block());
    g.quarter = quarter;
    g.count = 0;
  }
  if (g.count == items_) return false;
  ++g.count;
  last_end_ = std::max(last_end_, Time((quarter + 1) * quarter_));
  Line& bits = g.blocks[block_of(key, g.blocks.size())].bits;
  const Line mask = mask_of(key);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] |= mask[i];
  return true;
}

bool Forgotten::contains(uint64_t key, Time now) const {
  const Line mask = mask_of(key);
  return std::ranges::any_of(generations_, [&](const Generation& g) {
    if (g.count == 0 || g.quarter < quarter_of(now)) return false;
    const Line& bits = g.blocks[block_of(key, g.blocks.size())].bits;
    uint64_t missing = 0;
    for (size_t i = 0; i < bits.size(); ++i) missing |= mask[i] & ~bits[i];
    return missing == 0;
  });
}

bool Forgotten::full(Time now) const {
  return std::ranges::any_of(
      generations_, [&](const Generation& g) { return g.count == items_ && g.quarter >= quarter_of(now); });
}

void Forgotten::clear(Duration window) {
  quarter_ = std::max(window / 4, Duration(1));
  last_end_ = Time::min();
  for (Generation& g : generations_) {
    if (g.count != 0) std::ranges::fill(g.blocks, Block());
    g.quarter = -1;
    g.count = 0;
  }
}

}  // namespace relaysieve

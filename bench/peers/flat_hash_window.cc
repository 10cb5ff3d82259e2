// SPDX-License-Identifier: Apache-2.0
#include "peers/flat_hash_window.h"

#include <array>

namespace relaysieve::bench {

FlatHashWindow::FlatHashWindow(const FrameMaker&, const Mix& mix)
    : entries_(mix.clients + 1, Pages::resident) {
  places_.reserve(mix.clients);
  entries_[kEnds] = {{}, kEnds, kEnds};
  for (uint32_t entry = 1; entry < entries_.size(); ++entry) put_newest(entry);
}

void FlatHashWindow::put_newest(uint32_t entry) {
  const uint32_t newest = entries_[kEnds].older;
  entries_[entry].newer = kEnds;
  entries_[entry].older = newest;
  entries_[newest].newer = entry;
  entries_[kEnds].older = entry;
}

uint32_t FlatHashWindow::take_oldest() {
  const uint32_t oldest = entries_[kEnds].newer;
  const uint32_t next = entries_[oldest].newer;
  entries_[kEnds].newer = next;
  entries_[next].older = kEnds;
  return oldest;
}

uint64_t FlatHashWindow::decide(size_t at) {
  std::array<uint64_t, kBurst> keys;
  for (size_t i = 0; i < kBurst; ++i) {
    keys[i] = transmission_of(requests_[at + i]);
    places_.prefetch(keys[i]);
  }
  std::array<uint32_t, kBurst> entries;
  for (size_t i = 0; i < kBurst; ++i) {
    const auto found = places_.find(keys[i]);
    entries[i] = found == places_.end() ? kEnds : found->second;
    __builtin_prefetch(&entries_[entries[i]], 1);
  }
  uint64_t drops = 0;
  for (size_t i = 0; i < kBurst; ++i) {
    const uint32_t relay = requests_[at + i].router;
    const Time now = requests_.time(at + i);
    uint32_t entry = entries[i];
    if (entry == kEnds || entries_[entry].record.key != keys[i]) {
      const auto [place, is_new] = places_.try_emplace(keys[i], kEnds);
      if (is_new) {
        entry = take_oldest();
        place->second = entry;
        if (entries_[entry].record.key != 0) places_.erase(entries_[entry].record.key);
        entries_[entry].record.begin(keys[i], relay, now);
        put_newest(entry);
        continue;
      }
      entry = place->second;
    }
    drops += entries_[entry].record.join(relay, now);
  }
  return drops;
}

}  // namespace relaysieve::bench

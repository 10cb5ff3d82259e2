// SPDX-License-Identifier: Apache-2.0
#include "ports/loops.h"

#include <xxhash.h>

namespace relaysieve {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

uint64_t Loops::hash_of(std::span<const uint8_t> frame) { return XXH3_64bits(frame.data(), frame.size()); }

void Loops::sent(std::span<const uint8_t> frame, Time now) {
  const uint64_t hash = hash_of(frame);
  Sent& place = sent_[hash % kFrames];
  place.hash.store(hash, kRelaxed);
  place.when.store(now.count(), kRelaxed);
}

bool Loops::came_round(std::span<const uint8_t> frame, Time now) const {
  const uint64_t hash = hash_of(frame);
  const Sent& place = sent_[hash % kFrames];
  return place.hash.load(kRelaxed) == hash && now - Time(place.when.load(kRelaxed)) < kMemory;
}

}  // namespace relaysieve

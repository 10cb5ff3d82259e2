// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>

#include "glance.h"
#include "relaysieve/time.h"
#include "slab.h"
#include "ways.h"

namespace relaysieve {

// How many entries of a table are in use and at most `horizon` old, without a lock. All buckets are counted, or of a
// larger table so many, evenly spread; hashes fill them evenly, so with n entries counted the result is sqrt(n) off.
inline constexpr size_t kBucketsCounted = 1 << 16;  // some milliseconds

template <typename Bucket>
size_t count_young(const Slab<Bucket>& buckets, const std::array<uint64_t, kWays> Bucket::*keys,
                   const std::array<Time, kWays> Bucket::*times, Time now, Duration horizon) {
  const size_t looked = std::min(buckets.size(), kBucketsCounted);
  size_t young = 0;
  for (size_t i = 0; i < looked; ++i) {
    const Bucket& bucket = buckets[i * buckets.size() / looked];
    for (unsigned way = 0; way < kWays; ++way)
      if (glance((bucket.*keys)[way]) != 0 && now - glance((bucket.*times)[way]) <= horizon) ++young;
  }
  return young * buckets.size() / looked;
}

}  // namespace relaysieve

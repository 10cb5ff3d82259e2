// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "relaysieve/time.h"

namespace relaysieve {

// How durations spread, in 8 KB whatever their number: log-linear buckets, each power of two cut into 32, so
// that a quantile is at most 1/64 off. Up to 2^36 ns (68 s); longer ones fall into the last bucket. Negative
// ones count as 0.
class Histogram {
 public:
  void add(Duration duration) {
    const auto ns = static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0));
    ++buckets_[bucket_of(ns)];
    ++count_;
    min_ = std::min(min_, ns);
    max_ = std::max(max_, ns);
  }

  uint64_t count() const { return count_; }
  Duration min() const { return Duration(count_ == 0 ? 0 : min_); }  // exact
  Duration max() const { return Duration(max_); }                    // exact

  // The smallest value that at least `part` (0..1) of all values do not exceed; 0 when empty.
  Duration quantile(double part) const {
    const auto rank =
        std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(part * static_cast<double>(count_))));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen >= rank) return Duration(std::clamp(middle_of(i), min_, max_));
    }
    return Duration(max_);
  }

 private:
  static constexpr unsigned kParts = 32;
  static constexpr unsigned kOctaves = 30;
  static constexpr size_t kBuckets = kParts * (kOctaves + 2);

  // Values below 64 have a bucket each; above, the 6 leading bits and their exponent name the bucket.
  static size_t bucket_of(uint64_t ns) {
    const auto width = static_cast<unsigned>(std::bit_width(ns));
    const unsigned shift = std::max(width, 6U) - 6;
    return std::min<size_t>(kParts * shift + (ns >> shift), kBuckets - 1);
  }
  static uint64_t middle_of(size_t bucket) {
    const size_t shift = std::max<size_t>(bucket / kParts, 1) - 1;
    const uint64_t low = (bucket - kParts * shift) << shift;
    return low + ((uint64_t{1} << shift) >> 1);
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t min_ = ~uint64_t{0};
  uint64_t max_ = 0;
};

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "counter.h"
#include "relaysieve/time.h"

namespace relaysieve {

// How durations spread, in 8 KB whatever their number: log-linear buckets, each power of two cut into 32, so
// that a quantile is at most 1/64 off. Up to 2^36 ns (68 s); longer ones fall into the last bucket. Negative
// ones count as 0. One thread adds, any thread reads; all bytes 0 is an empty one.
class Histogram {
 public:
  void add(Duration duration) {
    const auto ns = static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0));
    buckets_[bucket_of(ns)].add(1);
    count_.add(1);
    sum_.add(ns);
    if (~ns > not_min_.get()) not_min_.set(~ns);
    if (ns > max_.get()) max_.set(ns);
  }

  void add(const Histogram& other) {
    if (other.count() == 0) return;
    for (size_t i = 0; i < kBuckets; ++i) buckets_[i].add(other.buckets_[i].get());
    count_.add(other.count());
    sum_.add(other.sum_.get());
    not_min_.set(std::max(not_min_.get(), other.not_min_.get()));
    max_.set(std::max(max_.get(), other.max_.get()));
  }

  uint64_t count() const { return count_.get(); }
  Duration sum() const { return Duration(sum_.get()); }                          // exact, up to 292 years
  Duration min() const { return Duration(count() == 0 ? 0 : ~not_min_.get()); }  // exact
  Duration max() const { return Duration(max_.get()); }                          // exact

  // The smallest value that at least `part` (0..1) of all values do not exceed; 0 when empty.
  Duration quantile(double part) const {
    const auto rank =
        std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(part * static_cast<double>(count()))));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i].get();
      if (seen >= rank) return std::clamp(Duration(middle_of(i)), min(), std::max(min(), max()));
    }
    return max();
  }

  // Calls visit(the largest duration that the bucket holds, how many) for every bucket that holds any.
  template <typename Visit>
  void each(Visit visit) const {
    for (size_t i = 0; i < kBuckets; ++i)
      if (const uint64_t count = buckets_[i].get(); count != 0) visit(Duration(end_of(i)), count);
  }

  // How many values lie in buckets that end at `limit` or below it: exact to 1/32 of the limit.
  uint64_t count_to(Duration limit) const {
    const auto ns = static_cast<uint64_t>(std::max<int64_t>(limit.count(), 0));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets - 1 && end_of(i) <= ns; ++i) seen += buckets_[i].get();
    return seen;
  }

 private:
  static constexpr unsigned kParts = 32;
  static constexpr unsigned kOctaves = 30;
  static constexpr size_t kBuckets = kParts * (kOctaves + 2);

  // Values below 64 have a bucket each; above, the 6 leading bits and their exponent name the bucket.
  static size_t bucket_of(uint64_t ns) {
    const auto shift = static_cast<unsigned>(std::bit_width(ns | 63)) - 6;
    return std::min<size_t>(kParts * shift + (ns >> shift), kBuckets - 1);
  }
  static uint64_t middle_of(size_t bucket) {
    const size_t shift = std::max<size_t>(bucket / kParts, 1) - 1;
    const uint64_t low = (bucket - kParts * shift) << shift;
    return low + ((uint64_t{1} << shift) >> 1);
  }
  static uint64_t end_of(size_t bucket) {  // the largest value that falls into it
    const size_t shift = std::max<size_t>(bucket / kParts, 1) - 1;
    return ((bucket - kParts * shift + 1) << shift) - 1;
  }

  std::array<Counter, kBuckets> buckets_;
  Counter count_;
  Counter sum_;
  Counter not_min_;  // the complement of the least value: 0 while there is none
  Counter max_;
};

}  // namespace relaysieve

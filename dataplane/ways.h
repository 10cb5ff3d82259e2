// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "glance.h"

namespace relaysieve {

// Buckets of fourteen ways, six for every five clients of the capacity, because hashes fill buckets unevenly: where
// as many clients come as the capacity allows, 4.5 % find their bucket full (Poisson's distribution, mean 11.7).
inline constexpr unsigned kWays = 14;

constexpr size_t buckets_for(size_t capacity) { return (capacity * 6 / 5 + kWays - 1) / kWays; }
constexpr size_t bucket_of(uint64_t hash, size_t buckets) { return (hash >> 32) * buckets >> 32; }

// Some ways of a bucket: bit n for way n.
using Ways = uint16_t;
constexpr unsigned first_of(Ways ways) { return static_cast<unsigned>(std::countr_zero(ways)); }
constexpr Ways only(unsigned way) { return static_cast<Ways>(1u << way); }
constexpr Ways but_first(Ways ways) { return static_cast<Ways>(ways & (ways - 1)); }

// The order in which a bucket's ways were used, exactly, also within one burst, whose frames share one time:
// fourteen numbers of four bits, the oldest in the lowest. Valid when all its bytes are 0.
class Recency {
 public:
  unsigned oldest() const { return at(0); }
  unsigned at(unsigned place) const { return order() >> 4 * place & 15; }  // 0: the oldest

  // The oldest of `ways`, or the oldest of all if there is none.
  unsigned oldest_of(Ways ways) const {
    for (unsigned place = 0; place < kWays; ++place)
      if (ways >> at(place) & 1) return at(place);
    return oldest();
  }
  unsigned oldest_but(Ways ways) const { return oldest_of(static_cast<Ways>(~ways)); }

  // As a thread sees it that does not hold the bucket.
  Recency glanced() const {
    Recency copy;
    copy.order_ = glance(order_);
    return copy;
  }
  void reset() { put(order_, 0); }

  void use(unsigned way) {  // it is the newest now
    const unsigned bit = place(way);
    set((order() & below(bit)) | (order() >> bit >> 4) << bit | uint64_t{way} << 4 * (kWays - 1));
  }
  void free(unsigned way) {  // it is the oldest now
    const unsigned bit = place(way);
    set((order() & ~below(bit + 4)) | (order() & below(bit)) << 4 | way);
  }

 private:
  static constexpr uint64_t kStart = 0xdcba9876543210;
  static constexpr uint64_t kOnes = 0x11111111111111;
  static constexpr uint64_t below(unsigned bit) { return (uint64_t{1} << bit) - 1; }

  uint64_t order() const { return order_ ^ kStart; }
  void set(uint64_t order) { put(order_, order ^ kStart); }
  // The bit at which this way's number begins: the lowest of the four-bit digits that agree with it.
  unsigned place(unsigned way) const {
    const uint64_t differs = order() ^ way * kOnes;
    return static_cast<unsigned>(std::countr_zero((differs - kOnes) & ~differs & 8 * kOnes)) & ~3u;
  }

  uint64_t order_ = 0;
};

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace relaysieve {

// What the table of records and the table of clients have in common: buckets of seven ways and a lock. There
// are seven ways for every four entries of the capacity, because hashes fill buckets unevenly. Even so, where
// as many new ones come as the capacity allows, one in nine sees seven others come to its bucket (Poisson's
// distribution, mean 4), and has to go.
inline constexpr unsigned kWays = 7;
inline constexpr unsigned kSlots = 8;  // slot number = bucket * kSlots + way

constexpr size_t buckets_for(size_t capacity) { return (capacity + 3) / 4; }
constexpr size_t bucket_of(uint64_t hash, size_t buckets) { return (hash >> 32) * buckets >> 32; }

// The order in which a bucket's ways were used, exactly, also within one burst, whose frames share one time:
// seven numbers of four bits, the oldest in the lowest. Valid when all its bytes are 0.
class Recency {
 public:
  unsigned oldest() const { return order() & 15; }

  // Whose place a newcomer takes where all ways are in use: the oldest of those that came the same way as the
  // newcomer, `own(way)`, if they are most of the bucket, so that a flood through one router evicts its own;
  // else the oldest.
  template <typename Own>
  unsigned victim(Own own) const {
    unsigned count = 0, found = oldest();
    for (unsigned at = 0; at < 4 * kWays; at += 4) {
      const unsigned way = order() >> at & 15;
      if (own(way) && count++ == 0) found = way;
    }
    return count > kWays / 2 ? found : oldest();
  }

  void use(unsigned way) {  // it is the newest now
    const unsigned at = place(way);
    set((order() & below(at)) | (order() >> at >> 4) << at | way << 4 * (kWays - 1));
  }
  void free(unsigned way) {  // it is the oldest now
    const unsigned at = place(way);
    set((order() & ~below(at + 4)) | (order() & below(at)) << 4 | way);
  }

 private:
  static constexpr uint32_t kStart = 0x6543210;
  static constexpr uint32_t below(unsigned bit) { return (uint32_t{1} << bit) - 1; }

  uint32_t order() const { return order_ ^ kStart; }
  void set(uint32_t order) { order_ = order ^ kStart; }
  // The bit at which this way's number begins: the lowest of the four-bit digits that agree with it.
  unsigned place(unsigned way) const {
    const uint32_t differs = order() ^ way * 0x1111111u;
    return static_cast<unsigned>(std::countr_zero((differs - 0x1111111u) & ~differs & 0x8888888u)) & ~3u;
  }

  uint32_t order_ = 0;
};

}  // namespace relaysieve

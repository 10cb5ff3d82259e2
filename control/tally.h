// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "histogram.h"
#include "relaysieve/filter.h"

namespace relaysieve {

// What a filter's verdicts add up to, in bounded memory: counters by reason, and for each pair of relays how
// far apart their copies came.
class Tally {
 public:
  struct Pair {
    RelayName first;   // who brought the first copy
    RelayName second;  // who brought the later one
    Histogram lag;
  };

  void add(const Frame& frame, const Verdict& verdict);

  uint64_t frames() const { return forwarded_ + dropped_; }
  uint64_t forwarded() const { return forwarded_; }
  uint64_t dropped() const { return dropped_; }
  uint64_t requests() const { return requests_; }
  uint64_t count(Reason reason) const { return reasons_[static_cast<size_t>(reason)]; }
  // A drop, or what monitor mode forwards in its place.
  uint64_t count_either_mode(Reason drop) const { return count(drop) + count(as_monitored(drop)); }
  Duration span() const { return last_ - first_; }  // from the earliest frame to the latest

  const std::vector<Pair>& pairs() const { return pairs_; }
  uint64_t other_pairs() const { return other_pairs_; }  // copies of pairs beyond kPairs

  // The law: every frame was either forwarded or dropped, for a reason that says the same.
  bool sums_agree(uint64_t frames_received) const;

 private:
  static constexpr size_t kRelays = 1024;
  static constexpr size_t kPairs = 256;

  void add_pair(const Verdict& verdict);

  uint64_t forwarded_ = 0;
  uint64_t dropped_ = 0;
  uint64_t requests_ = 0;
  std::array<uint64_t, kReasonCount> reasons_{};
  Time first_ = Time::max();
  Time last_ = Time::max();
  absl::flat_hash_map<uint32_t, RelayName> relays_;  // by Verdict::router
  absl::flat_hash_map<uint64_t, size_t> pair_at_;    // by both routers: where in pairs_
  std::vector<Pair> pairs_;
  uint64_t other_pairs_ = 0;
};

}  // namespace relaysieve

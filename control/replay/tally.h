// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "census.h"
#include "relaysieve/filter.h"

namespace relaysieve {

// What a filter's verdicts add up to, in bounded memory: counters by reason, and who brought what.
class Tally {
 public:
  void add(const Frame& frame, const Verdict& verdict);

  uint64_t frames() const { return forwarded_ + dropped_; }
  uint64_t forwarded() const { return forwarded_; }
  uint64_t dropped() const { return dropped_; }
  uint64_t requests() const { return requests_; }
  uint64_t count(Reason reason) const { return reasons_[static_cast<size_t>(reason)]; }
  uint64_t of_v6(Reason reason) const { return of_v6_[static_cast<size_t>(reason)]; }  // of these: DHCPv6
  // A drop, or what monitor mode forwards in its place.
  uint64_t count_either_mode(Reason drop) const { return count(drop) + count(as_monitored(drop)); }
  Duration span() const { return last_ - first_; }  // from the earliest frame to the latest

  Time last() const { return last_; }
  CensusTotals relays() const { return CensusTotals(std::array<const Census*, 1>{&census_}); }

  // The law: every frame was either forwarded or dropped, for a reason that says the same.
  bool sums_agree(uint64_t frames_received) const;

 private:
  uint64_t forwarded_ = 0;
  uint64_t dropped_ = 0;
  uint64_t requests_ = 0;
  std::array<uint64_t, kReasonCount> reasons_{}, of_v6_{};
  Time first_ = Time::max();
  Time last_ = Time::max();
  Census census_;
};

}  // namespace relaysieve

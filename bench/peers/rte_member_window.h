// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "peers/record.h"
#include "requests.h"
#include "slab.h"

struct rte_member_setsum;

namespace relaysieve::bench {

// A window on DPDK's set summary, the hash table in cache mode, which never refuses: a transmission's key leads to 15
// bits, in which stand the half second in which it began and who brought it. A burst is looked up in bulk; what is not
// there, or too old, is added, and the oldest of more than one transmission for each client is deleted: without that the
// table is soon full of what has long ended, and throws out at random.
//
// Left out: all that 15 bits cannot hold: the age but for half seconds, more relays than the first (so that a copy inside
// the window is never a retransmission), turns, twins, rewritten requests, undo. It tells the keys of a bucket apart by 16
// bits: one first copy in 2,000 to 4,000 is lost. Two copies in one burst both pass. Other threads need a lock.
class RteMemberWindow {
 public:
  static constexpr bool kRemembers = true;

  RteMemberWindow(const FrameMaker&, const Mix& mix);
  ~RteMemberWindow();
  RteMemberWindow(const RteMemberWindow&) = delete;
  RteMemberWindow& operator=(const RteMemberWindow&) = delete;

  void prepare(const Batch& batch) { requests_.read(batch); }
  uint64_t decide(size_t at);
  void settle(const Batch&) {}
  size_t clients(Time now) const;
  size_t bytes() const { return bytes_; }

 private:
  void begin(uint64_t key, uint16_t set);

  Requests requests_;
  size_t bytes_;
  rte_member_setsum* set_;
  struct Known {
    uint64_t key;
    uint16_t set;
  };
  Slab<Known> order_;  // of their begin: a ring
  size_t oldest_ = 0;
};

}  // namespace relaysieve::bench

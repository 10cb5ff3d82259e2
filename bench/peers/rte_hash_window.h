// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "peers/record.h"
#include "requests.h"
#include "slab.h"

struct rte_hash;

namespace relaysieve::bench {

// A window on DPDK's cuckoo hash, in its lock-free flavour (RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF): a transmission's key
// leads to a place in an array of records. A burst is looked up in bulk, with hashes that are known already; what is not
// there is added. It holds one transmission for each client: where one begins, the oldest goes.
//
// Left out: turns, twins and rewritten requests, undo; the lock that DPDK wants around several writers; the wait for
// readers before a place is used again (rte_rcu).
class RteHashWindow {
 public:
  static constexpr bool kRemembers = true;

  RteHashWindow(const FrameMaker&, const Mix& mix);
  ~RteHashWindow();
  RteHashWindow(const RteHashWindow&) = delete;
  RteHashWindow& operator=(const RteHashWindow&) = delete;

  void prepare(const Batch& batch) { requests_.read(batch); }
  uint64_t decide(size_t at);
  void settle(const Batch&) {}
  size_t clients(Time) const;
  size_t bytes() const { return bytes_; }

 private:
  bool judge(const Request& request, uint64_t key, int32_t place, Time now);
  void forget_oldest();

  Requests requests_;
  size_t bytes_;
  rte_hash* hash_;
  Slab<PeerRecord> records_;
  Slab<int32_t> order_;  // of their begin: a ring of places
  size_t oldest_ = 0, size_ = 0;
};

}  // namespace relaysieve::bench

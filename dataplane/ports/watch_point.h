// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "ports/port.h"

struct rte_mbuf;
struct rte_mempool;
struct rte_ring;

namespace relaysieve {

// Where dpdk-dumpcap and dpdk-pdump watch a kernel interface. They watch DPDK's ports, by callbacks that are
// called with the frames a port has received or is to send, and a socket is no such port. So the interface gets
// one beside it, net_ring_INTERFACE. No frame ever goes through it; its callbacks, which take copies, are shown
// what came in by the sockets, and what has gone out. While nobody watches that costs a load for each burst.
class WatchPoint {
 public:
  // For a port that has been started, and ends later than this.
  static absl::StatusOr<std::unique_ptr<WatchPoint>> make(Port& port, unsigned queues, rte_mempool* pool);
  ~WatchPoint();
  WatchPoint(const WatchPoint&) = delete;
  WatchPoint& operator=(const WatchPoint&) = delete;

  // The port's queue, in sight.
  Queue& queue(unsigned worker) { return *queues_[worker]; }

 private:
  explicit WatchPoint(rte_ring* ring) : ring_(ring) {}
  absl::Status start(Port& port, unsigned queues, rte_mempool* pool);

  rte_ring* ring_;   // that DPDK's port is made of; always empty
  int device_ = -1;  // DPDK's number of it
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "ports/counters.h"
#include "ports/port.h"
#include "relaysieve/filter.h"

namespace relaysieve {

// The wire: what comes in on one port goes out on the other, in order, but for what the filter drops of the
// routers' frames. One thread runs it.
class Worker {
 public:
  Worker(Port& routers, Port& server, Filter& filter, Counters& counters);

  void run(const std::atomic<bool>& stop);
  // One burst each way; the frames that came in.
  size_t step() { return from_routers() + from_server(); }

 private:
  size_t from_routers();
  size_t from_server();
  template <typename Refused>
  void send(Port& port, PortCounters& count, rte_mbuf** frames, uint16_t size, Refused refused);
  void rest();

  Port& routers_;
  Port& server_;
  Filter& filter_;
  Counters& counters_;
  uint64_t number_ = 0;  // of the routers' latest frame
  Burst in_;
  std::array<Frame, Burst::kSize> frames_;
  std::array<Verdict, Burst::kSize> verdicts_;
  std::array<const Verdict*, Burst::kSize> passed_{};  // of the frames that are sent on
};

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "census.h"
#include "ports/counters.h"
#include "ports/junction.h"
#include "ports/policy_feed.h"
#include "ports/port.h"
#include "ports/tap.h"
#include "relaysieve/filter.h"

namespace relaysieve {

// One worker's end of one port of a wire.
struct Cable {
  Queue* queue;
  uint8_t port;  // its number on this box: Frame::port, and its place among the counters
};

// A wire as one worker sees it: what comes in on the routers' side leaves on the server's, and the other way
// round; never back to the side it came from.
struct Wire {
  std::vector<Cable> routers;
  Cable server;
  Junction* junction = nullptr;  // only with several routers' cables
};

// Carries the frames of its queues, run to completion: no frame passes from one worker to another. The two copies
// of a request may meet two workers in one instant: their filters share one memory (Filter::share).
class Worker {
 public:
  struct Place {
    unsigned index = 0;    // of this worker,
    unsigned workers = 1;  // among so many
    bool polls = false;    // without a rest, even when nothing comes
  };

  // `counters` and `census` must be this worker's alone.
  Worker(Place place, std::vector<Wire> wires, Filter filter, const PolicyFeed& feed, Counters& counters,
         Census& census, Taps& taps);

  void run(const std::atomic<bool>& stop);
  // One burst from every queue; the frames that came in.
  size_t step();

 private:
  using Mask = uint32_t;  // of the frames of a burst
  static_assert(Burst::kSize <= 32);

  size_t from_routers(Wire& wire, const Cable& cable);
  size_t from_server(Wire& wire);
  void receive(const Cable& cable);
  void drop_looped(Wire& wire, const Cable& cable);
  void judge(const Cable& cable);
  void send_survivors(const Cable& server);
  void take_back(const Cable& server, Mask refused);
  Mask spread(Wire& wire);
  void witness(uint16_t i);
  void show_replies(const Cable& server);
  Mask send(const Cable& cable, rte_mbuf** frames, uint16_t size, unsigned tries);
  void adopt_policy();
  void rest();

  void count(Reason reason, uint64_t n = 1) { counters_.reasons[static_cast<size_t>(reason)].add(n); }

  std::vector<Wire> wires_;
  Filter filter_;
  const PolicyFeed& feed_;
  Counters& counters_;
  Census& census_;
  Taps::Visitor taps_;
  const uint64_t stride_;
  uint64_t number_;       // of the latest frame from a router; no two workers give the same
  uint64_t edition_ = 0;  // of the policy
  bool rests_;
  std::vector<pollfd> descriptors_;  // empty: there is a queue that has to be asked

  Burst in_;
  std::array<Frame, Burst::kSize> frames_;
  std::array<Verdict, Burst::kSize> verdicts_;
};

}  // namespace relaysieve

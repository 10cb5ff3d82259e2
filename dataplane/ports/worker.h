// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "census.h"
#include "ports/cable.h"
#include "ports/counters.h"
#include "ports/policy_feed.h"
#include "ports/rest.h"
#include "ports/tap.h"
#include "relaysieve/filter.h"

namespace relaysieve {

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
  using Mask = Burst::Mask;

  size_t from_routers(Wire& wire, const Cable& cable);
  size_t from_server(Wire& wire);
  void receive(const Cable& cable);
  void stamp();
  void pick_requests();
  Mask judge(const Cable& cable);
  Mask pass_on(const Cable& server, Mask dropped);
  Mask take_back(const Cable& server, Mask refused);
  void bury(Mask dropped);
  void witness(Mask which);
  void show_replies(const Cable& server);
  Mask send(const Cable& cable, std::span<rte_mbuf*> frames, uint64_t bytes, unsigned tries = kTries);

  // With several cables on the routers' side (worker_junction.cc):
  void drop_looped(Wire& wire, const Cable& cable);
  Mask spread(Wire& wire);

  void adopt_policy();
  void count(Reason reason, uint64_t n) { counters_.reasons[static_cast<size_t>(reason)].add(n); }
  void count(const Verdict& verdict) {
    count(verdict.reason, 1);
    if (verdict.family == Family::v6) counters_.of_v6[static_cast<size_t>(verdict.reason)].add(1);
  }

  std::vector<Wire> wires_;
  Filter filter_;
  const PolicyFeed& feed_;
  Counters& counters_;
  Census& census_;
  Taps::Visitor taps_;
  Rest rest_;
  const uint64_t stride_;
  uint64_t number_;       // of the latest frame that was judged; no two workers give the same
  uint64_t edition_ = 0;  // of the policy
  Reason unasked_;        // of frames that need no judge: not_dhcp, or bypassed

  Burst in_;
  uint64_t bytes_ = 0;  // of all its frames

  // Those of the burst that are judged, in order.
  uint16_t judged_ = 0;
  std::array<uint16_t, Burst::kSize> place_;  // in the burst
  std::array<Frame, Burst::kSize> frames_;
  std::array<Verdict, Burst::kSize> verdicts_;
};

}  // namespace relaysieve

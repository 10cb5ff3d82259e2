// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ports/counters.h"
#include "ports/junction.h"
#include "ports/port.h"

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

// How often a burst is offered to a port that has no room for it: some 50 us.
inline constexpr unsigned kTries = 64;

// Sends frames, in order, and counts them; `bytes` is the length of all. Returns, and frees, those that the port would
// not take. The tries are for the burst, not for each frame: a wire that is cut must not cost more than one that
// is slow.
Burst::Mask send(Queue& queue, std::span<rte_mbuf*> frames, uint64_t bytes, PortCounters& counters,
                 unsigned tries = kTries);

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#include "ports/cable.h"

#include <rte_mbuf.h>
#include <rte_pause.h>

namespace relaysieve {

Burst::Mask send(Queue& queue, std::span<rte_mbuf*> frames, uint64_t bytes, PortCounters& counters,
                 unsigned tries) {
  const auto size = static_cast<uint16_t>(frames.size());
  Burst::Mask refused = 0;
  uint16_t gone = 0;
  for (uint16_t next = 0; next < size;) {
    const uint16_t sent = queue.transmit(&frames[next], static_cast<uint16_t>(size - next));
    next += sent;
    gone += sent;
    if (sent > 0) continue;
    if (tries > 0) {
      --tries;
      rte_pause();
      continue;
    }
    refused |= Burst::Mask{1} << next;
    bytes -= frames[next]->pkt_len;
    rte_pktmbuf_free(frames[next++]);
  }
  counters.tx_frames.add(gone);
  counters.tx_bytes.add(bytes);
  counters.refused.add(size - gone);
  return refused;
}

}  // namespace relaysieve

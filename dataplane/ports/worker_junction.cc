// SPDX-License-Identifier: Apache-2.0
//
// What a worker does besides where the routers' side has several cables.
#include <rte_mbuf.h>

#include "ports/frame_bytes.h"
#include "ports/worker.h"

namespace relaysieve {

// Learns where senders are, and takes out of the burst what has been here already.
void Worker::drop_looped(Wire& wire, const Cable& cable) {
  stamp();
  uint16_t kept = 0;
  for (uint16_t i = 0; i < in_.size; ++i) {
    rte_mbuf* frame = in_.frames[i];
    const Time now = in_.times[i];
    const auto heard = wire.junction->stations.find(source_of(frame), now);
    const bool known_behind = heard && *heard == wire.server.port;  // spares all others the hash
    if (known_behind && wire.junction->loops.came_round(bytes_of(frame), now)) {
      count(Reason::looped, 1);
      taps_.see({bytes_of(frame), now, number_ += stride_, cable.port},
                {.action = Action::drop, .reason = Reason::looped, .undo = {}}, frame->pkt_len);
      bytes_ -= frame->pkt_len;
      rte_pktmbuf_free(frame);
      continue;
    }
    wire.junction->stations.hear(source_of(frame), cable.port, now);
    in_.times[kept] = now;
    in_.frames[kept++] = frame;
  }
  in_.size = kept;
}

// Sends each frame of the server's side by the cable where its destination was heard last, or by all of them.
// Returns those that left by none.
Worker::Mask Worker::spread(Wire& wire) {
  constexpr int kAll = -1;
  stamp();
  std::array<int, Burst::kSize> target;  // port
  const auto cables = static_cast<int16_t>(wire.routers.size());
  for (uint16_t i = 0; i < in_.size; ++i) {
    rte_mbuf* frame = in_.frames[i];
    wire.junction->stations.hear(source_of(frame), wire.server.port, in_.times[i]);
    wire.junction->loops.sent(bytes_of(frame), in_.times[i]);
    const auto heard = wire.junction->stations.find(destination_of(frame), in_.times[i]);
    target[i] = heard && *heard != wire.server.port ? *heard : kAll;
    if (target[i] != kAll) continue;
    rte_pktmbuf_refcnt_update(frame, static_cast<int16_t>(cables - 1));
    counters_.extra.add(cables - 1);
  }

  Mask left_by_some = 0;
  for (const Cable& cable : wire.routers) {
    std::array<rte_mbuf*, Burst::kSize> frames;
    std::array<uint16_t, Burst::kSize> place;
    uint16_t size = 0;
    uint64_t bytes = 0;
    for (uint16_t i = 0; i < in_.size; ++i) {
      if (target[i] != kAll && target[i] != cable.port) continue;
      bytes += in_.frames[i]->pkt_len;
      frames[size] = in_.frames[i];
      place[size++] = i;
    }
    const Mask refused = send(cable, {frames.data(), size}, bytes);
    for (uint16_t n = 0; n < size; ++n)
      if ((refused >> n & 1) == 0) left_by_some |= Mask{1} << place[n];
  }
  const Mask all = in_.size == Burst::kSize ? ~Mask{0} : (Mask{1} << in_.size) - 1;
  return all & ~left_by_some;
}

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#include "carriers.h"

#include <immintrin.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <array>
#include <chrono>

namespace relaysieve::bench {
namespace {

// testpmd's own way: both addresses in one 16-byte word (app/test-pmd/macswap_sse.h).
void swap_addresses(rte_mbuf* frame) {
  const __m128i swapped = _mm_set_epi8(15, 14, 13, 12, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6);
  auto* header = rte_pktmbuf_mtod(frame, __m128i*);
  _mm_storeu_si128(header, _mm_shuffle_epi8(_mm_loadu_si128(header), swapped));
  frame->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
  frame->l2_len = sizeof(rte_ether_hdr);
  frame->l3_len = sizeof(rte_ipv4_hdr);
}

}  // namespace

void Timed::receive(Burst& burst) {
  behind_.receive(burst);
  if (burst.size == 0) return;
  [[maybe_unused]] volatile auto read = std::chrono::steady_clock::now().time_since_epoch().count();
  burst.timed = true;
  latest = times.front();
  burst.times.fill(latest);
  times.pop_front();
}

Ours::Ours(Side routers, Side server, const Filter& filter, Worker::Place place)
    : taps_(place.workers, 2),
      worker_(place, {Wire{{{routers.queue, 0}}, {server.queue, 1}, nullptr}}, filter.share(), feed_,
              counters_, census_, taps_) {}

Totals Ours::totals() const {
  Totals sum;
  sum.add(counters_);
  return sum;
}

template <bool kSwap>
size_t Plain<kSwap>::carry(uint16_t from, uint16_t to) {
  std::array<rte_mbuf*, kBurst> frames;
  const uint16_t came = rte_eth_rx_burst(from, 0, frames.data(), kBurst);
  if (came == 0) return 0;
  if constexpr (kSwap)
    for (uint16_t i = 0; i < came; ++i) swap_addresses(frames[i]);
  uint16_t sent = rte_eth_tx_burst(to, 0, frames.data(), came);
  for (; sent < came; ++sent) rte_pktmbuf_free(frames[sent]);
  return came;
}
template class Plain<false>;
template class Plain<true>;

}  // namespace relaysieve::bench

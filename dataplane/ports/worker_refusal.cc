// SPDX-License-Identifier: Apache-2.0
// What a worker does about frames that the server's port has no room for.
#include <rte_mbuf.h>

#include <algorithm>
#include <bit>

#include "ports/worker.h"

namespace relaysieve {

// What the server's port would not take has never been delivered: it leaves no trace in the memory, the latest
// undone first, and copies that were dropped in the same burst on its account are judged again. Returns those that
// are not dropped any more.
Worker::Mask Worker::take_back(const Cable& server, Mask refused) {
  // Numbers of first copies; of a frame that was forwarded in place of others that were held back, theirs too.
  std::array<uint64_t, 2 * Burst::kSize> gone;
  size_t count = 0;
  const auto forget = [&](uint16_t n) {
    filter_.undo(verdicts_[n]);
    gone[count++] = frames_[n].number;
    if (verdicts_[n].undo.what == Undo::What::record) gone[count++] = verdicts_[n].first_number;
    taps_.see_refused(frames_[n], verdicts_[n].reason);
  };
  counters_.refused.add(std::popcount(refused));
  for (uint16_t n = judged_; n-- > 0;)
    if (refused >> place_[n] & 1) forget(n);

  Mask spared = 0;
  for (uint16_t n = 0; n < judged_; ++n) {
    Verdict& verdict = verdicts_[n];
    if (!verdict.dropped() || !verdict.has_first) continue;
    if (std::find(gone.begin(), gone.begin() + count, verdict.first_number) == gone.begin() + count) continue;
    verdict = filter_.judge(frames_[n]);
    if (verdict.dropped()) continue;
    const Mask itself = Mask{1} << place_[n];
    spared |= itself;
    witness(itself);
    rte_mbuf*& frame = in_.frames[place_[n]];
    if (send(server, {&frame, 1}, frame->pkt_len, /*tries=*/0) == 0) {
      counters_.forwarded.add(1);
    } else {
      counters_.refused.add(1);
      forget(n);
    }
  }
  return spared;
}

}  // namespace relaysieve

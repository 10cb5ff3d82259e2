// SPDX-License-Identifier: Apache-2.0
#include "daemon/stall_watch.h"

#include <algorithm>

namespace relaysieve {

std::vector<StallWatch::Event> StallWatch::look(std::span<const uint64_t> rounds, Time now) {
  const Duration unseen = looked_ ? now - *looked_ : Duration::max();
  looked_ = now;
  std::vector<Event> events;
  for (unsigned i = 0; i < workers_.size(); ++i) {
    Worker& worker = workers_[i];
    const bool moves = rounds[i] != worker.rounds;
    worker.rounds = rounds[i];
    if (moves && worker.stalled) events.push_back({i, false, now - worker.moved});
    if (moves) worker.stalled = false;
    if (moves || (unseen > kLimit / 2 && !worker.stalled)) worker.moved = now;
    if (worker.stalled || now - worker.moved < kLimit) continue;
    worker.stalled = true;
    events.push_back({i, true, now - worker.moved});
  }
  return events;
}

bool StallWatch::any_stalled() const { return std::ranges::any_of(workers_, &Worker::stalled); }

}  // namespace relaysieve

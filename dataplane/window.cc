// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include <algorithm>

#include "glance.h"

namespace relaysieve {

Window::Window(size_t clients, Pages pages)
    : directories_(buckets_for(clients), pages), slots_(directories_.size() * kWays, pages) {}

size_t Window::count(Ways Directory::*kind, Time now, Duration horizon) const {
  constexpr size_t kBucketsCounted = 1 << 15;
  const size_t looked = std::min(directories_.size(), kBucketsCounted);
  size_t young = 0;
  for (size_t i = 0; i < looked; ++i) {
    const size_t at = i * directories_.size() / looked;
    if (glance(directories_[at].era) != era_.load(std::memory_order_relaxed)) continue;
    for (Ways left = glance(directories_[at].*kind); left != 0; left = but_first(left))
      young += now - glance(slots_[at * kWays + first_of(left)].line.start) <= horizon;
  }
  return young * directories_.size() / looked;
}

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include <algorithm>

#include "glance.h"

namespace relaysieve {

Window::Window(size_t clients, Pages pages)
    : directories_(buckets_for(clients), pages), slots_(directories_.size() * kWays, pages) {}

void Window::prefetch_line(uint64_t who) const {
  const size_t at = home(who);
  const Directory& directory = directories_[at];
  const auto* words = reinterpret_cast<const uint64_t*>(&directory.era);
  const __m128i tags[] = {_mm_set_epi64x(glance(words[1]), glance(words[0])),
                          _mm_set_epi64x(glance(words[3]), glance(words[2]))};
  Ways found = Directory::tagged(tags, who);
  if (found == 0) found = only(directory.order.glanced().oldest_but(glance(directory.latest)));
  for (; found != 0; found = but_first(found)) __builtin_prefetch(&slots_[at * kWays + first_of(found)], 1);
}

size_t Window::count(Ways Directory::*kind, Time now, Duration horizon) const {
  constexpr size_t kBucketsCounted = 1 << 15;
  const size_t looked = std::min(directories_.size(), kBucketsCounted);
  size_t young = 0;
  for (size_t i = 0; i < looked; ++i) {
    const size_t at = i * directories_.size() / looked;
    if (glance(directories_[at].era) != era_.load(std::memory_order_relaxed)) continue;
    for (Ways left = glance(directories_[at].*kind); left != 0; left = but_first(left))
      young += now - glance(slots_[at * kWays + first_of(left)].line.key.start) <= horizon;
  }
  return young * directories_.size() / looked;
}

}  // namespace relaysieve

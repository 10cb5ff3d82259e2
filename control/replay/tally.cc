// SPDX-License-Identifier: Apache-2.0
#include "replay/tally.h"

#include <algorithm>

namespace relaysieve {

void Tally::add(const Frame& frame, const Verdict& verdict) {
  ++(verdict.dropped() ? dropped_ : forwarded_);
  ++reasons_[static_cast<size_t>(verdict.reason)];
  of_v6_[static_cast<size_t>(verdict.reason)] += verdict.family == Family::v6;
  if (frames() == 1) first_ = last_ = frame.time;
  first_ = std::min(first_, frame.time);
  last_ = std::max(last_, frame.time);
  requests_ += verdict.request;
  census_.note(frame, verdict);
}

bool Tally::sums_agree(uint64_t frames_received) const {
  uint64_t forwards = 0;
  uint64_t drops = 0;
  for (size_t i = 0; i < kReasonCount; ++i) {
    (kReasons[i].action == Action::drop ? drops : forwards) += reasons_[i];
  }
  return frames_received == frames() && forwards == forwarded_ && drops == dropped_;
}

}  // namespace relaysieve

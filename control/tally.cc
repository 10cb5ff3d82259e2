// SPDX-License-Identifier: Apache-2.0
#include "tally.h"

#include <algorithm>

namespace relaysieve {

void Tally::add(const Frame& frame, const Verdict& verdict) {
  ++(verdict.dropped() ? dropped_ : forwarded_);
  ++reasons_[static_cast<size_t>(verdict.reason)];
  if (frames() == 1) first_ = last_ = frame.time;
  first_ = std::min(first_, frame.time);
  last_ = std::max(last_, frame.time);
  if (!verdict.request) return;
  ++requests_;
  if (relays_.size() < kRelays && !relays_.contains(verdict.router)) {
    relays_.emplace(verdict.router, relay_of(frame));
  }
  const bool echo = verdict.reason == Reason::echo || verdict.reason == Reason::would_drop_echo;
  if (verdict.has_first && !echo) add_pair(verdict);
}

void Tally::add_pair(const Verdict& verdict) {
  const uint64_t both = uint64_t{verdict.first_router} << 32 | verdict.router;
  auto at = pair_at_.find(both);
  if (at == pair_at_.end()) {
    const auto first = relays_.find(verdict.first_router);
    const auto second = relays_.find(verdict.router);
    if (pairs_.size() == kPairs || first == relays_.end() || second == relays_.end()) {
      ++other_pairs_;
      return;
    }
    at = pair_at_.emplace(both, pairs_.size()).first;
    pairs_.push_back({first->second, second->second, {}});
  }
  pairs_[at->second].lag.add(verdict.lag);
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

// SPDX-License-Identifier: Apache-2.0
#include "events/event_limit.h"

namespace relaysieve {

EventLimit::Account& EventLimit::account(Subject subject, Time now) {
  const auto found = accounts_.find(subject);
  if (found != accounts_.end() && (now - found->second.began < kPeriod || found->second.held > 0))
    return found->second;
  return accounts_.insert_or_assign(std::move(subject), Account{.began = now}).first->second;
}

bool EventLimit::admit(const Happening& happening, Time now) {
  const EventKind kind = info(happening.kind).ends;
  Account& own = account({kind, happening.about}, now);
  Account& all = account({kind, std::nullopt}, now);
  if (own.told < kAtOnce && all.told < kOfAKind) {
    ++own.told;
    ++all.told;
    return true;
  }
  Account& full = own.told < kAtOnce ? all : own;
  ++full.held;
  full.latest = happening;
  return false;
}

std::vector<EventLimit::Due> EventLimit::due(Time now) {
  std::vector<Due> due;
  for (auto at = accounts_.begin(); at != accounts_.end();) {
    Account& account = at->second;
    if (now - account.began < kPeriod) {
      ++at;
    } else if (account.held == 0) {
      at = accounts_.erase(at);
    } else {
      due.push_back({*std::move(account.latest), account.held - 1});
      account = {.began = now, .told = 1};
      ++at;
    }
  }
  return due;
}

}  // namespace relaysieve

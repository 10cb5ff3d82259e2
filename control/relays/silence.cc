// SPDX-License-Identifier: Apache-2.0
#include "relays/silence.h"

#include <map>
#include <utility>

namespace relaysieve {
namespace {

uint64_t brought_by(const CensusTotals::Relay& relay) {
  return relay.copies() - relay.count_either_mode(Reason::echo);
}

// Those that bring the same requests, both ways round.
std::vector<std::vector<size_t>> partners_of(const CensusTotals& totals) {
  std::map<std::pair<size_t, size_t>, uint64_t> shared;
  for (const CensusTotals::Pair& pair : totals.pairs)
    if (pair.first != pair.second) shared[std::minmax(pair.first, pair.second)] += pair.lag.count();
  std::vector<std::vector<size_t>> partners(totals.relays.size());
  for (const auto& [both, copies] : shared) {
    if (copies < Silence::kShared) continue;
    partners[both.first].push_back(both.second);
    partners[both.second].push_back(both.first);
  }
  return partners;
}

}  // namespace

std::vector<Silence::Event> Silence::look(const CensusTotals& totals, Time now) {
  std::vector<uint64_t> fresh;  // what each has brought since the last look
  for (const CensusTotals::Relay& relay : totals.relays) {
    uint64_t& known = relays_[relay.router].known;
    fresh.push_back(brought_by(relay) - known);
    known += fresh.back();
  }
  std::vector<Event> events;
  const auto partners = partners_of(totals);
  for (size_t i = 0; i < partners.size(); ++i) {
    if (partners[i].empty()) continue;
    const uint32_t router = totals.relays[i].router;
    Relay& relay = relays_[router];
    for (const size_t partner : partners[i]) relay.since += fresh[partner];
    if (fresh[i] != 0) {
      if (relay.silent) events.push_back({router, false, totals.relays[i].last_seen - relay.heard});
      relay.silent = false;
      relay.brought += fresh[i];
      relay.others += std::exchange(relay.since, 0);
      relay.heard = totals.relays[i].last_seen;
    }
    const bool usual = relay.since < kTimes || relay.since * relay.brought < kTimes * relay.others;
    if (usual || relay.silent || now - relay.heard < kLeast) continue;
    relay.silent = true;
    events.push_back({router, true, now - relay.heard});
  }
  return events;
}

bool Silence::silent(uint32_t router) const {
  const auto relay = relays_.find(router);
  return relay != relays_.end() && relay->second.silent;
}

}  // namespace relaysieve

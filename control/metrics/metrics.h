// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "census.h"
#include "events/event_list.h"
#include "snapshot/snapshot.h"

namespace relaysieve {

// Everything that is scraped.
struct Scraped {
  Snapshot snapshot;
  CensusTotals relays;
  std::function<bool(uint32_t router)> silent;  // see Silence
  EventCounts events{};
  uint64_t events_left_out = 0;
  Duration clock_began{};  // when the clock of the frames was 0, since 1970 (UTC)
};

// What Prometheus scrapes, in its text format. Everything is prefixed with relaysieve_; the labels are the ports, the
// workers, the reasons, the modes and the events: a number fixed at the start; and the relays: Census::kRelays and
// one more for all others.
std::string metrics_text(const Scraped& scraped);

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "census.h"
#include "ports/tap.h"

namespace relaysieve {

// One frame as a worker showed it. TapRecord::refused is set if that is known by then.
struct Sight {
  TapRecord record;
  std::vector<uint8_t> bytes;
};

// Routers by the bits that a verdict knows of a first copy's (Verdict::first_router): those that have been seen here, and those of the census, which is
// asked for others once a second at the most.
class RelayNames {
 public:
  explicit RelayNames(std::function<CensusTotals()> census) : census_(std::move(census)) {}

  void learn(const Sight& sight);
  std::optional<RelayName> find(uint32_t router, Time now);

 private:
  std::function<CensusTotals()> census_;
  std::map<uint32_t, RelayName> names_;
  std::optional<Time> asked_;
};

// The wall clock's time of frames. Live ports stamp them by the monotonic clock; a port whose clock is far ahead of that
// (net_pcap) stamps by the wall's. Between two steps of the wall clock, frames keep their distances.
class WallClock {
 public:
  Time of(Time time);

 private:
  std::optional<Duration> ahead_;  // of the monotonic clock
};

// Makes words of sights.
class Describer {
 public:
  Describer(std::vector<std::string> ports, std::function<CensusTotals()> census)
      : ports_(std::move(ports)), names_(std::move(census)) {}

  const std::vector<std::string>& ports() const { return ports_; }
  Time wall_time(const Sight& sight) { return clock_.of(sight.record.time); }
  // Who brought the first copy of what this is a copy of.
  std::optional<RelayName> first_relay(const Sight& sight);
  // One line of `trace` and `capture`; see sight.cc for what is in it.
  nlohmann::ordered_json line(const Sight& sight);
  // The same as a packet's comment; `first_packet`: where the first copy is in this capture, 0 = it is not.
  std::string comment(const Sight& sight, uint64_t first_packet);

 private:
  std::vector<std::string> ports_;
  RelayNames names_;
  WallClock clock_;
};

std::string print_time(Time wall);  // "2026-11-22T07:45:10.123456789Z"

}  // namespace relaysieve

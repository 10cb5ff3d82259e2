// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "census.h"
#include "events/event_limit.h"
#include "relays/silence.h"

namespace relaysieve {

// What an operator should hear of the relays: who is new, silent or back, whose copies come late, who rewrites
// options, and who seems to be in the wrong scope. It knows no clock.
class RelayWatch {
 public:
  static constexpr Duration kPeriod = Silence::kPeriod;

  // What has happened since the last look. `ports`: their names by Frame::port.
  std::vector<Happening> look(const CensusTotals& totals, std::span<const std::string> ports, Time now);
  bool silent(uint32_t router) const { return silence_.silent(router); }

 private:
  struct Pair {
    uint64_t rewritten = 0, twins = 0;
  };

  Silence silence_;
  std::map<uint32_t, uint64_t> late_;  // copies of each relay so far, by router
  uint64_t others_late_ = 0;
  std::map<std::pair<uint32_t, uint32_t>, Pair> pairs_;  // by both routers
};

}  // namespace relaysieve

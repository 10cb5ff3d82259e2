// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "census.h"

namespace relaysieve {

// Tells relays that have fallen silent. One sentence: a relay is silent when those that bring the same requests have
// brought twenty times as many since as they usually do between two of its own, and 10 s have passed.
//
// So it is measured in requests, not in time: nobody is silent while nobody boots. Those that bring the same requests
// are its partners: kShared copies at least lie in a pair of the two. A relay without a partner has nobody to be
// compared with, and one that was dead from the start is not known. Copies that the network made (echo) do not count.
// It knows no clock.
class Silence {
 public:
  static constexpr uint64_t kTimes = 20;
  static constexpr uint64_t kShared = 10;
  static constexpr Duration kLeast = std::chrono::seconds(10);
  // How often to look: a relay's own copies count as brought at the time of a look.
  static constexpr Duration kPeriod = std::chrono::seconds(1);

  struct Event {
    uint32_t router;   // CensusTotals::Relay::router
    bool silent;       // it begins, or has ended
    Duration unheard;  // for how long nothing has come, or had not
  };

  // What has begun or ended since the last look.
  std::vector<Event> look(const CensusTotals& totals, Time now);
  bool silent(uint32_t router) const;

 private:
  struct Relay {
    uint64_t known = 0;              // what it had brought at the last look
    uint64_t brought = 0;            // by it, since it has partners
    uint64_t others = 0, since = 0;  // by its partners: up to its own latest copy, and after that
    Time heard{};
    bool silent = false;
  };

  absl::flat_hash_map<uint32_t, Relay> relays_;  // by router; as many as a census holds
};

}  // namespace relaysieve

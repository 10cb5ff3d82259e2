// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ports/counters.h"
#include "relaysieve/filter.h"
#include "relaysieve/policy.h"
#include "snapshot/rates.h"

namespace relaysieve {

// Everything countable of a running daemon at one moment, as status and metrics show it.
struct Snapshot {
  struct Port {
    std::string name;
    std::string driver;
    bool server = false;  // the side it is on
    size_t wire = 1;
    bool link = false;
    bool held = false;  // down because the other side has no link (link_loss)
    Totals::Port counted;
    uint64_t missed = 0;
    uint64_t unfinished = 0;
  };
  struct Worker {
    uint64_t rounds = 0;
    uint64_t busy = 0;  // rounds in which frames came
    double busy_seconds = 0;
    uint64_t wakeups = 0;
    uint64_t stalls = 0;
    bool stalled = false;
  };

  Mode mode = Mode::enforce;
  double uptime = 0;           // s
  size_t capacity = 0;         // clients that can be remembered at once, and transmissions
  Occupancy held;              // what is, at most a second ago
  double false_positives = 0;  // see Filter::false_positives
  std::vector<Port> ports;
  std::vector<Worker> workers;
  size_t relays_heard = 0;  // relays that have brought a request
  Totals totals;
  Rates rates;
};

std::string word(Mode mode);  // as users write it
nlohmann::ordered_json to_json(const Snapshot& snapshot);

}  // namespace relaysieve

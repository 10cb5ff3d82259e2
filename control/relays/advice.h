// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "census.h"
#include "settings/settings.h"

namespace relaysieve {

// What a setting should be, from what has been seen.
struct Advice {
  std::string setting;
  std::string now,
      wanted;           // as users write them; equal = keep. Where there is too little evidence it is kept
  bool enough = true;   // there was evidence to go by
  uint64_t copies = 0;  // on which it rests
  std::vector<std::string> reasons = {};

  bool changes() const { return wanted != now; }
};

// Advice on window, echo_window, subnet_bits (or scope, relay_groups), match and turn_after. In doubt a setting is
// left as it is. Never an echo window of 200 ms or more, or one that is not below the window.
//
// What it cannot see: repetitions of clients that change xid or secs each time, which are new requests; copies more
// than 5 s late; routers that put one request into different VLANs, which makes two of it.
std::vector<Advice> advise(const Settings& settings, const CensusTotals& totals);

// Of each pair in `totals`, in their order, what would help it: one sentence with the setting, or "".
std::vector<std::string> pair_hints(const Settings& settings, const CensusTotals& totals);

// {"copies", "late_copies", "echoes", "repetitions", "advice": [{setting, now, wanted, change, enough, copies, reasons}], "command"}:
// `command` makes all of the changes; null = there are none.
nlohmann::ordered_json advice_json(const Settings& settings, const CensusTotals& totals);
// The same for people.
std::string advice_text(const nlohmann::ordered_json& advice);

}  // namespace relaysieve

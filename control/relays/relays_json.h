// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "census.h"

namespace relaysieve {

// Who brought what, as GET /v1/relays gives it and a replay's report holds it:
//   relays       [{port, mac, ip, family, giaddr, copies, first_copies, second_copies, turns, late_copies, reasons,
//                first_seen_s, last_seen_s, silent}]
//   others       the same of the relays beyond Census::kRelays
//   pairs        [{first, second, copies, lag_us, distribution, late, twins, rewritten, hint}], each direction by itself:
//                `first` brought the first copy; lag_us is null where there are no copies, hint only where there is one
//   other_pairs  copies of pairs that found no room
//   lag, echoes, repetitions   {copies, lag_us, distribution}
// family is v4 or v6; giaddr of DHCPv6 is the link-address. lag_us: {min, median, p90, p99, p999, max}; distribution: [[us, copies], ...], each with the longest lag that counts
// there (1/32 wide). first_seen_s and last_seen_s: so many seconds before `now`.
struct RelaysKnown {
  std::vector<std::string> ports = {};               // names by Frame::port; empty = numbers
  std::vector<std::string> hints = {};               // pair_hints; empty = none
  std::function<bool(uint32_t router)> silent = {};  // see Silence; empty = the field is left out
};
nlohmann::ordered_json relays_json(const CensusTotals& totals, Time now, const RelaysKnown& known);

}  // namespace relaysieve

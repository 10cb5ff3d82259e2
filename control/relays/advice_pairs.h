// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "census.h"
#include "relays/advice.h"
#include "settings/settings.h"

namespace relaysieve {

// The part of the advice that comes from who brings the same requests as whom.

uint64_t late_copies(const CensusTotals& totals);
// One sentence, where one relay brings most of the late copies; else "".
std::string who_is_late(const CensusTotals& totals);

// On match; and on subnet_bits, or scope or relay_groups instead, wherever twins are too many for chance.
//
// A pair is taken for relays of one subnet when at least half of what the lesser of the two began are twins. Fewer are
// two clients that happen to ask alike (a board with a constant xid, a host on two VLANs), which must not be joined.
std::vector<Advice> advise_on_pairs(const Settings& settings, const CensusTotals& totals);

}  // namespace relaysieve

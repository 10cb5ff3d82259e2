// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "relaysieve/time.h"

namespace relaysieve {

// How far apart copies come, for people. JSON as relays_json makes it.

double microseconds(Duration duration);
std::string short_time(double us);  // three digits and a unit: "114us", "6.62ms"
inline std::string short_time(Duration duration) { return short_time(microseconds(duration)); }

// {copies, lag_us, distribution}: one line of quantiles, and a bar for each half of a power of ten that lies between the
// shortest and the longest lag. At most 80 columns wide, 21 lines long. Nothing where there are no copies.
std::string distribution_text(const nlohmann::ordered_json& spread);

// "pairs": for each two relays who came first how often, what the lags of either direction are, and what would help.
// The busiest 50.
std::string pairs_text(const nlohmann::ordered_json& who);

}  // namespace relaysieve

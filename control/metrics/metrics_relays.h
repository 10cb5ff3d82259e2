// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics/metrics.h"
#include "metrics/scrape.h"

namespace relaysieve {

// The part of the metrics that the census knows: each relay, and how far apart copies came.
void relays(Scrape& out, const Scraped& scraped);

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "snapshot.h"

namespace relaysieve {

// What Prometheus scrapes, in its text format. Everything is prefixed with relaysieve_; the labels are the ports, the
// workers, the reasons and the modes: a number fixed at the start.
std::string metrics_text(const Snapshot& snapshot);

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "relaysieve/time.h"

// The times that frames come with are of this clock, which nobody sets.
namespace relaysieve {

inline Time monotonic() { return std::chrono::steady_clock::now().time_since_epoch(); }

inline double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace relaysieve

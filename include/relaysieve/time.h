// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace relaysieve {

using Duration = std::chrono::nanoseconds;

// Nanoseconds since an epoch that is the caller's: the monotonic clock on live ports, the capture's own
// time stamps in a replay. The filter only ever subtracts two of them, and never lets them run backwards.
using Time = std::chrono::nanoseconds;

}  // namespace relaysieve

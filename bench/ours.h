// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "stream.h"

namespace relaysieve::bench {

// Of our own memory, for so many live clients: buckets do not fill evenly, and with less room more
// than 1 % of the clients would have to go early.
inline size_t capacity(const Mix& mix) { return mix.clients + mix.clients / 2; }

}  // namespace relaysieve::bench

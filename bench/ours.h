// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "stream.h"

namespace relaysieve::bench {

// Of our own memory, for so many live clients. Hashes fill buckets unevenly: with as much room as clients 4.5 % of them
// would have to go early, with a quarter more 1.3 %, with a third more 0.8 % (Poisson's distribution). A client whose
// copies come from more than three relays takes two lines of its bucket.
inline size_t capacity(const Mix& mix) {
  return mix.relays > 3 ? 3 * mix.clients : mix.clients + mix.clients / 3;
}

}  // namespace relaysieve::bench

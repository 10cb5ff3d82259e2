// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

#include "relaysieve/reason.h"

namespace relaysieve::test {

inline uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value ? std::strtoull(value, nullptr, 0) : otherwise;
}

// ORACLE_STREAMS: how many streams the tests of the filter beside the oracle play.
inline constexpr uint64_t kStreams = 250;
inline uint64_t streams_asked_for() { return from_environment("ORACLE_STREAMS", kStreams); }

// A rewritten second copy is told from another by 16 bits of what it holds (RequestKey::content): one in 65,536 is not. It is
// dropped all the same.
inline bool may_be_called(Reason filter, Reason oracle) {
  using enum Reason;
  return (filter == second_copy && oracle == second_copy_rewritten) ||
         (filter == would_drop_second_copy && oracle == would_drop_second_copy_rewritten);
}
// So many copies may be called so, of `decisions` in all; a rewritten message may come several times.
inline uint64_t may_be_called_so(uint64_t decisions) { return 10 + decisions / 50'000; }

// ORACLE_SEED, or one that was never tried; printed, so that the run can be had again.
inline uint64_t first_seed() {
  const uint64_t seed = from_environment("ORACLE_SEED", std::random_device()());
  std::cout << "ORACLE_SEED=" << seed << "\n";
  return seed;
}

}  // namespace relaysieve::test

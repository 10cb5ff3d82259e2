// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace relaysieve::test {

inline uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value ? std::strtoull(value, nullptr, 0) : otherwise;
}

// ORACLE_STREAMS: how many streams the tests of the filter beside the oracle play.
inline constexpr uint64_t kStreams = 250;
inline uint64_t streams_asked_for() { return from_environment("ORACLE_STREAMS", kStreams); }

// ORACLE_SEED, or one that was never tried; printed, so that the run can be had again.
inline uint64_t first_seed() {
  const uint64_t seed = from_environment("ORACLE_SEED", std::random_device()());
  std::cout << "ORACLE_SEED=" << seed << "\n";
  return seed;
}

}  // namespace relaysieve::test

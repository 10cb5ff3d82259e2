// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "relaysieve/message.h"
#include "relaysieve/policy.h"
#include "relaysieve/request.h"

namespace relaysieve {

// Turns a message into the keyed hashes that the memory compares: what the client wrote, which server and
// which scope it is for, and who brought it. XXH3 under a secret of 192 random bytes drawn at start, so that
// nobody outside can aim at a collision or at a bucket. Holds a scratch buffer: one Fingerprint per thread.
class Fingerprint {
 public:
  explicit Fingerprint(uint64_t seed);  // 0 = a random secret; else a reproducible one, for tests

  Request of(const Message& message, uint16_t port, const Policy& policy);

 private:
  uint64_t hash(const void* bytes, size_t size) const;  // never 0
  template <size_t kSize>
  uint64_t hash(const std::array<uint8_t, kSize>& key) const;
  uint32_t options(const Message& message, bool only_identity);
  uint32_t scope(const Message& message, const Policy& policy) const;
  Relay relay(const Message& message, uint16_t port);

  std::array<uint8_t, 192> secret_;
  std::vector<uint8_t> scratch_;  // the canonical form of the options
};

}  // namespace relaysieve

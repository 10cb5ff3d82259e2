// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "fingerprint.h"
#include "relaysieve/message.h"
#include "relaysieve/policy.h"
#include "relaysieve/request.h"
#include "stream.h"

namespace relaysieve::bench {

inline const Policy kPolicy{};

// The requests of a batch, as the windows get them: ours and its peers the same.
class Requests {
 public:
  void read(const Batch& batch) {
    for (size_t i = 0; i < kBatch; ++i) {
      requests_[i] =
          fingerprint_.of(*parse_dhcp4(batch.frames[i].bytes).message, batch.frames[i].port, kPolicy);
      times_[i] = batch.frames[i].time;
      numbers_[i] = batch.frames[i].number;
    }
  }
  const Request& operator[](size_t i) const { return requests_[i]; }
  Time time(size_t i) const { return times_[i]; }
  uint64_t number(size_t i) const { return numbers_[i]; }

 private:
  Fingerprint fingerprint_{1};
  std::array<Request, kBatch> requests_;
  std::array<Time, kBatch> times_;
  std::array<uint64_t, kBatch> numbers_;
};

// One number for a transmission: what a peer that holds one key for each of them looks up.
inline uint64_t transmission_of(const Request& request) {
  const RequestKey& key = request.key;
  return request.who ^ (uint64_t{key.message} << 32 | key.options) ^ key.scope * 0x9e3779b97f4a7c15u;
}

}  // namespace relaysieve::bench

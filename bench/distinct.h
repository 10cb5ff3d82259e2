// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_set.h"
#include "stream.h"

namespace relaysieve::bench {

// Counts what a stage that decides nothing has told apart.
class Distinct {
 public:
  // What the stage makes of one batch: `of(i)` is its client and its transmission, as numbers.
  template <typename Of>
  void add(Of of) {
    size_t copies = 0;
    for (size_t i = 0; i < kBatch; ++i) {
      const auto [client, transmission] = of(i);
      clients_.insert(client);
      copies += !transmissions_.insert(transmission).second;
    }
    copies_ = static_cast<double>(copies) / kBatch;
  }

  size_t clients() const { return clients_.size(); }
  double copies() const { return copies_; }  // of the latest batch

 private:
  absl::flat_hash_set<uint64_t> clients_, transmissions_;
  double copies_ = 0;
};

}  // namespace relaysieve::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "relaysieve/frame.h"
#include "slab.h"

namespace relaysieve::bench {

// What no filter can go below: read the request's cache lines of each frame, and read and write one random line of
// a table that holds one line for each client. No parsing, no decision.
class Floor {
 public:
  explicit Floor(size_t clients) : table_(clients, Pages::resident) {}
  void touch(std::span<const Frame> burst);

 private:
  struct alignas(64) Line {
    uint64_t words[8];
  };
  Slab<Line> table_;
};

}  // namespace relaysieve::bench

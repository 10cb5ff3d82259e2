// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "relaysieve/time.h"

namespace relaysieve {

// Where the stations of a wire with several ports on its routers' side were heard last: source MAC to port, for
// all workers. 4,096 stations; a set that is full forgets who has been silent longest, and a station that is
// not known is reached by all ports. No locks: a line that two workers write at once may lose one of the two.
class Stations {
 public:
  static constexpr Duration kMemory = std::chrono::minutes(5);  // the ageing time of IEEE 802.1Q, 8.8.3

  Stations() : sets_(kSets) {}

  // `mac`: six bytes, in network byte order. Group addresses are nobody's.
  void hear(const uint8_t* mac, uint8_t port, Time now);
  // The port.
  std::optional<uint8_t> find(const uint8_t* mac, Time now) const;
  void forget(uint8_t port);  // all who are behind it: it has lost its link

  static bool group(const uint8_t* mac) { return mac[0] & 1; }

 private:
  static constexpr size_t kSets = 1024, kWays = 4;

  struct Station {
    std::atomic<uint64_t> who = 0;  // MAC << 16 | port << 1 | 1; 0 = nobody
    std::atomic<int64_t> when = 0;  // ns
  };
  struct alignas(64) Set {
    Station ways[kWays];
  };

  static uint64_t number_of(const uint8_t* mac);
  static size_t set_of(uint64_t number) { return number * 0x9e3779b97f4a7c15 >> 54; }  // Fibonacci hashing

  std::vector<Set> sets_;
};

}  // namespace relaysieve

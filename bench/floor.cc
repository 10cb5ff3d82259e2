// SPDX-License-Identifier: Apache-2.0
#include "floor.h"

#include <array>
#include <cstring>

#include "frames.h"

namespace relaysieve::bench {

void Floor::touch(std::span<const Frame> burst) {
  std::array<size_t, kBurst> lines;
  for (size_t i = 0; i < burst.size(); ++i) {
    const auto bytes = burst[i].bytes;
    uint64_t sum = 0;
    for (size_t at = 0; at + 8 <= bytes.size(); at += 64) {
      uint64_t word;
      std::memcpy(&word, &bytes[at], sizeof word);
      sum += word;
    }
    uint32_t client;  // chaddr of an untagged frame without IP options: 14 + 20 + 8 + 28
    std::memcpy(&client, &bytes[72], sizeof client);
    lines[i] = (client * 0x9e3779b97f4a7c15u >> 20) & (table_.size() - 1);
    __builtin_prefetch(&table_[lines[i]], 1);
  }
  for (size_t i = 0; i < burst.size(); ++i) ++table_[lines[i]].words[0];
}

}  // namespace relaysieve::bench

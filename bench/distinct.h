// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "relaysieve/message.h"
#include "relaysieve/message6.h"
#include "stream.h"
#include "wire.h"

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

  // A frame's client and its transmission, for who has read nothing else of it.
  static std::pair<uint64_t, uint64_t> of_frame(std::span<const uint8_t> frame) {
    const Parsed parsed = parse_dhcp4(frame);
    if (!parsed.message) return of_frame6(frame);
    uint64_t chaddr = 0, xid = 0;
    std::memcpy(&chaddr, &parsed.message->bootp[bootp::kChaddr], 6);
    std::memcpy(&xid, &parsed.message->bootp[bootp::kXid], 4);
    return {chaddr, chaddr * 0x9e3779b97f4a7c15u ^ (xid << 8 | parsed.message->type)};
  }

  static std::pair<uint64_t, uint64_t> of_frame6(std::span<const uint8_t> frame) {
    const Parsed6 parsed = parse_dhcp6(frame);
    if (!parsed.message || parsed.message->duid.size() < 8) return {0, 0};
    uint64_t client = 0;
    std::memcpy(&client, parsed.message->duid.data() + parsed.message->duid.size() - 8, 8);
    return {client, client * 0x9e3779b97f4a7c15u ^ load32(parsed.message->client.data())};
  }

  size_t clients() const { return clients_.size(); }
  double copies() const { return copies_; }  // of the latest batch

 private:
  absl::flat_hash_set<uint64_t> clients_, transmissions_;
  double copies_ = 0;
};

}  // namespace relaysieve::bench

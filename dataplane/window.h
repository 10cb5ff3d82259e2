// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "relaysieve/request.h"
#include "relaysieve/time.h"
#include "relaysieve/undo.h"

namespace relaysieve {

// One transmission of a client: what was asked, since when, and who has brought it so far.
struct Record {
  static constexpr size_t kRelays = 8;

  uint32_t scope = 0, options = 0, content = 0;  // see Request
  uint32_t transmission = 0;                     // the client's count of its transmissions, see Turns
  uint64_t number = 0;                           // the first copy's Frame::number
  uint8_t relay_count = 0;
  bool delivered = false;  // a copy has been forwarded: false while every copy was held back
  std::array<Relay, kRelays> relays;

  bool has(const Relay& relay) const;
  bool has_other_subnet_of(const Relay& relay) const;  // same router, another giaddr or link selection
  bool add(const Relay& relay);                        // false: no room
  void remove(const Relay& relay);
};

// The transmissions of the last seconds: a set-associative table, least recently started out first. A request
// finds its bucket by all but its options and scope, so that a rewritten request and a twin in another scope
// lie beside it. A copy matches a record if 64 + 32 + 32 bits of keyed hashes agree: for two requests that
// differ in client, xid or type that happens with a probability below 2^-64 a look-up; for two that differ
// only in their options, or only in their scope, 2^-32.
class Window {
 public:
  static constexpr size_t kWays = 8;
  // `records`: capacity, a power of two >= kWays. 144 bytes each.
  explicit Window(size_t records);

  void prefetch(const Request& request) const { __builtin_prefetch(&buckets_[home(request)]); }

  uint32_t find(const Request& request) const;  // the slot of its record, whatever its age, or kNowhere
  // A slot for a new record: a free one, else that of the bucket's oldest record, which is the caller's to
  // forget.
  uint32_t claim(const Request& request) const;
  bool used(uint32_t slot) const { return started(slot) != kFree; }

  Record& operator[](uint32_t slot) { return bucket(slot).records[slot % kWays]; }
  const Record& operator[](uint32_t slot) const { return bucket(slot).records[slot % kWays]; }
  Time started(uint32_t slot) const { return bucket(slot).started[slot % kWays]; }
  uint64_t message(uint32_t slot) const { return bucket(slot).messages[slot % kWays]; }

  // The record starts, or starts anew: age 0, brought by the request's relay alone.
  void start(uint32_t slot, const Request& request, Time now, uint64_t number);
  void erase(uint32_t slot);
  void clear();

  // Calls visit(slot) for every record of the same message, whatever its options and scope.
  template <typename Visit>
  void siblings(const Request& request, Visit visit) const {
    const size_t at = home(request);
    for (size_t way = 0; way < kWays; ++way) {
      const auto slot = static_cast<uint32_t>(at * kWays + way);
      if (message(slot) == request.message && used(slot)) visit(slot);
    }
  }

 private:
  static constexpr Time kFree = Time::min();

  struct alignas(64) Bucket {
    std::array<uint64_t, kWays> messages{};
    std::array<Time, kWays> started;  // also the order of replacement: nothing but a start moves a record up
    std::array<Record, kWays> records;
    Bucket() { started.fill(kFree); }
  };

  size_t home(const Request& request) const { return request.message & (buckets_.size() - 1); }
  Bucket& bucket(uint32_t slot) { return buckets_[slot / kWays]; }
  const Bucket& bucket(uint32_t slot) const { return buckets_[slot / kWays]; }

  std::vector<Bucket> buckets_;
};

}  // namespace relaysieve

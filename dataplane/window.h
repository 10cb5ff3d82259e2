// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "relaysieve/request.h"
#include "relaysieve/time.h"
#include "relaysieve/undo.h"
#include "slab.h"
#include "spin_lock.h"

namespace relaysieve {

// One transmission of a client: what was asked, since when, and who has brought it so far.
struct Record {
  static constexpr size_t kRelays = 8;

  uint32_t scope = 0, options = 0, content = 0;  // see Request
  uint32_t transmission = 0;                     // the client's count of its transmissions, see Turns
  uint64_t number = 0;                           // the first copy's Frame::number
  uint8_t relay_count = 0;
  bool delivered = false;  // a copy has been forwarded: false while every copy was held back
  std::array<Relay, kRelays> relays{};

  bool has(const Relay& relay) const;
  bool has_other_subnet_of(const Relay& relay) const;  // same router, another giaddr or link selection
  bool add(const Relay& relay);                        // false: no room
  void remove(const Relay& relay);
};

// The transmissions of the last seconds: a set-associative table, least recently started out first. A request
// finds its bucket by all but its options and scope, so that a rewritten request and a twin in another scope
// lie beside it. A copy matches a record if 64 + 32 + 32 bits of keyed hashes agree. For two requests that
// differ in client, xid or type, both in one bucket, that happens with a probability of at most 2^-48 even
// where options and scope are equal; for two that differ only in their options, or only in their scope,
// 2^-32.
//
// Many cores, one table: each bucket has a lock, and a decision is made while it is held. The alternative,
// handing every request to the core that owns its client, costs a ring and a wake-up per request where this
// costs one exchange on a cache line that the look-up needs anyway (about 20 cycles uncontended); and copies
// of one request, the only ones that meet in a bucket by more than chance, are the ones that must wait for
// each other.
class Window {
 public:
  // Seven records and a lock: the lock and the tags share a cache line.
  static constexpr size_t kWays = 7, kStride = 8;
  // `records`: capacity, rounded up to a power of two of buckets; 147 bytes each.
  Window(size_t records, Pages pages);

  void prefetch(const Request& request) const { __builtin_prefetch(&buckets_[home(request)], 1); }

  // To be held around everything below.
  SpinLock& lock(const Request& request) { return buckets_[home(request)].lock; }
  SpinLock& lock(uint32_t slot) { return bucket(slot).lock; }

  uint32_t find(const Request& request) const;  // the slot of its record, whatever its age, or kNowhere
  // A slot for a new record: a free one, else that of the bucket's oldest record. If that one's window has not
  // ended yet (it is then the caller's to remember elsewhere) and most of the bucket came first through the
  // router that brings the new one, it is the oldest of these: a flood through one router evicts its own.
  uint32_t claim(const Request& request, Time now, Duration window) const;
  bool used(uint32_t slot) const { return message(slot) != 0; }

  Record& operator[](uint32_t slot) { return bucket(slot).records[slot % kStride]; }
  const Record& operator[](uint32_t slot) const { return bucket(slot).records[slot % kStride]; }
  Time started(uint32_t slot) const { return bucket(slot).started[slot % kStride]; }
  uint64_t message(uint32_t slot) const { return bucket(slot).messages[slot % kStride]; }

  // The record starts, or starts anew: age 0, brought by the request's relay alone.
  void start(uint32_t slot, const Request& request, Time now, uint64_t number);
  void erase(uint32_t slot) { bucket(slot).messages[slot % kStride] = 0; }
  void clear();  // takes the locks itself

  // Calls visit(slot) for every record of the same message, whatever its options and scope.
  template <typename Visit>
  void siblings(const Request& request, Visit visit) const {
    const size_t at = home(request);
    for (size_t way = 0; way < kWays; ++way)
      if (buckets_[at].messages[way] == request.message) visit(static_cast<uint32_t>(at * kStride + way));
  }

 private:
  size_t oldest_of(uint32_t router, size_t at, size_t oldest) const;

  struct alignas(64) Bucket {
    SpinLock lock;
    std::array<uint64_t, kWays> messages;  // 0 = free
    std::array<Time, kWays> started;       // also the order of replacement: only a start moves a record up
    std::array<Record, kWays> records;
  };

  size_t home(const Request& request) const { return request.message & (buckets_.size() - 1); }
  Bucket& bucket(uint32_t slot) { return buckets_[slot / kStride]; }
  const Bucket& bucket(uint32_t slot) const { return buckets_[slot / kStride]; }

  Slab<Bucket> buckets_;
};

}  // namespace relaysieve

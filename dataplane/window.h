// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "relaysieve/request.h"
#include "relaysieve/time.h"
#include "relaysieve/undo.h"
#include "slab.h"
#include "spin_lock.h"
#include "ways.h"

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
  uint32_t subnet = 0;  // the first copy's Request::subnet

  bool has(const Relay& relay) const;
  bool has_other_subnet_of(const Relay& relay) const;  // same router, another giaddr or link selection
  bool add(const Relay& relay);                        // false: no room
  void remove(const Relay& relay);
};

// The transmissions of the last seconds: a set-associative table, least recently started out first. A request
// finds its bucket by all but its options and scope, so that a rewritten request and a twin in another scope
// lie beside it.
//
// A copy matches a record if 64 + 32 + 32 bits of keyed hashes agree. Two requests that differ in client, xid,
// secs or type share the first 64 with probability 2^-64: a new request is taken for one of 16 Mi others, even
// where all have equal options and one scope, with 2^-40, and any two among them are with 2^-17 (2^47 pairs:
// the birthday bound); of the default capacity 2^-46 and 2^-29. Two that differ only in their options, or only
// in their scope, are taken for one with 2^-32.
class Window {
 public:
  // `records`: capacity; 256 bytes each.
  Window(size_t records, Pages pages);

  void prefetch(const Request& request) const { __builtin_prefetch(&buckets_[home(request)], 1); }

  // To be held around everything below.
  SpinLock& lock(const Request& request) { return buckets_[home(request)].lock; }
  SpinLock& lock(uint32_t slot) { return bucket(slot).lock; }

  uint32_t find(const Request& request) const;  // the slot of its record, whatever its age, or kNowhere
  // A slot for a new record: a free one, else the oldest record's. If that one's window has not ended yet, it is
  // Recency's victim, and the caller's to remember elsewhere.
  uint32_t claim(const Request& request, Time now, Duration window) const;
  bool used(uint32_t slot) const { return message(slot) != 0; }

  Record& operator[](uint32_t slot) { return bucket(slot).records[slot % kSlots]; }
  const Record& operator[](uint32_t slot) const { return bucket(slot).records[slot % kSlots]; }
  Time started(uint32_t slot) const { return bucket(slot).started[slot % kSlots]; }
  uint64_t message(uint32_t slot) const { return bucket(slot).messages[slot % kSlots]; }

  // The record starts, or starts anew: age 0, brought by the request's relay alone.
  void start(uint32_t slot, const Request& request, Time now, uint64_t number);
  void erase(uint32_t slot);
  void clear();  // takes the locks itself
  // Records at most `horizon` old. For any thread, without a lock; see count_young.
  size_t count(Time now, Duration horizon) const;

  // Calls visit(slot) for every record of the same message, whatever its options and scope.
  template <typename Visit>
  void siblings(const Request& request, Visit visit) const {
    const size_t at = home(request);
    for (unsigned way = 0; way < kWays; ++way)
      if (buckets_[at].messages[way] == request.message) visit(static_cast<uint32_t>(at * kSlots + way));
  }

 private:
  struct alignas(64) Bucket {
    SpinLock lock;
    Recency order;                         // of the starts: nothing else moves a record up
    std::array<uint64_t, kWays> messages;  // 0 = free; in one cache line with the lock
    std::array<Time, kWays> started;
    std::array<Record, kWays> records;
  };

  size_t home(const Request& request) const { return bucket_of(request.message, buckets_.size()); }
  Bucket& bucket(uint32_t slot) { return buckets_[slot / kSlots]; }
  const Bucket& bucket(uint32_t slot) const { return buckets_[slot / kSlots]; }

  Slab<Bucket> buckets_;
};

}  // namespace relaysieve

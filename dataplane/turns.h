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

// What a client asks for, since when, through whom it came, and whose copies were forwarded. Sets of relays
// are bits over `relays`. A client with more than eight relays at once: those beyond have no bit, and no
// turn.
struct Client {
  Time began{};               // when it began to ask for this type of message
  uint32_t transmission = 0;  // counts up by one with each transmission, by two where it begins to ask anew
  uint8_t type = 0;           // the message type it asks with
  uint8_t won = 0;            // relays of which a copy was forwarded
  uint8_t latest = 0;         // relays that brought its latest transmission
  uint8_t previous = 0;       // relays that brought the one before
  uint32_t router = 0;        // who brought it first, see Relay
  std::array<uint32_t, 8> relays{};
};

// Trap 10: where the relay whose copy always wins has a dead way back, the client never boots. So a client
// that still asks for the same thing `turn_after` after it began gets its next transmission through another
// relay. A set-associative table of clients, least recently heard out first. A client is taken for one of 16 Mi
// others with probability 2^-40.
class Turns {
 public:
  // `clients`: capacity; 128 bytes each.
  Turns(size_t clients, Pages pages);

  void prefetch(const Request& request) const { __builtin_prefetch(&buckets_[home(request)], 1); }

  // To be held around everything below, and taken only by one who holds no other client's.
  SpinLock& lock(const Request& request) { return buckets_[home(request)].lock; }
  SpinLock& lock(uint32_t slot) { return buckets_[slot / kSlots].lock; }

  uint32_t find(const Request& request) const;
  // A transmission begins, brought by the request's relay. Returns the client's slot; `before` is how it
  // stood.
  uint32_t begin(const Request& request, Time now, ClientBefore& before);
  // Another relay brings a transmission that began earlier.
  void brought(uint32_t client, uint32_t transmission, const Relay& relay);
  // Whether this relay's copy is to be held back for another relay's.
  bool must_wait(uint32_t client, const Relay& relay, Time now, Duration turn_after) const;
  // A copy of this relay is forwarded.
  void wins(uint32_t client, const Relay& relay, Time now, Duration turn_after);

  Client& operator[](uint32_t slot) { return buckets_[slot / kSlots].clients[slot % kSlots]; }
  const Client& operator[](uint32_t slot) const { return buckets_[slot / kSlots].clients[slot % kSlots]; }
  ClientBefore standing(uint32_t slot) const;
  void restore(uint32_t slot, const ClientBefore& before);
  void clear();  // takes the locks itself
  // Clients heard in the last `horizon`. For any thread, without a lock; see count_young.
  size_t count(Time now, Duration horizon) const;

 private:
  struct alignas(64) Bucket {
    SpinLock lock;
    Recency order;                    // in which they were heard
    std::array<uint64_t, kWays> ids;  // 0 = free; in one cache line with the lock
    std::array<Time, kWays> heard;    // when its latest transmission began
    std::array<Client, kWays> clients;
  };

  size_t home(const Request& request) const { return bucket_of(request.client, buckets_.size()); }
  uint32_t claim(const Request& request, Time now);

  Slab<Bucket> buckets_;
};

}  // namespace relaysieve

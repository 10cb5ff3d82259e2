// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "bucket.h"
#include "relaysieve/time.h"
#include "slab.h"

namespace relaysieve {

// The clients of the last minute and their transmissions of the last seconds: a set-associative table, least recently
// asked out first. A client has a line for its latest transmission, and further ones for earlier ones of the last
// seconds; all of a client's lie in one bucket, whatever its scope, so that a copy finds its twins and its rewritten
// like beside it.
//
// A decision touches two cache lines: the directory of its bucket, some 5 bytes a client, and the client's line.
//
// A copy belongs to a transmission if the tag, the bucket and four fields of RequestKey agree. Two requests that differ
// in client, xid, secs, ciaddr or type are taken for one with probability 2^-64 and less; two of one client that differ
// in their options only with 2^-32; scopes are compared as they are. A client is taken for one of 262,144 others with
// 2^-28: then they share their turns.
class Window {
 public:
  Window(size_t clients, Pages pages);

  // The bucket of a client, or of a slot that a bucket named; not to be touched before it is held.
  Bucket bucket(uint64_t who) { return at(home(who)); }
  Bucket bucket_at(uint32_t slot) { return at(slot / kWays); }
  Bucket::Hold hold(const Bucket& bucket) const { return {bucket, era_.load(std::memory_order_relaxed)}; }

  // To be called for all requests of a burst, one after the other, before the first is decided on.
  void prefetch(uint64_t who) const { __builtin_prefetch(&directories_[home(who)], 1); }
  void prefetch_line(uint64_t who) const {
    const size_t at = home(who);
    Ways likely = directories_[at].glance_at(who);
    for (; likely != 0; likely = but_first(likely))
      __builtin_prefetch(&slots_[at * kWays + first_of(likely)], 1);
  }

  // Nothing is held any more: takes no lock, and no time.
  void clear() { era_.fetch_add(1, std::memory_order_relaxed); }

  // Transmissions and clients at most `horizon` old. For any thread, without a lock: of large tables by sample.
  size_t transmissions(Time now, Duration horizon) const { return count(&Directory::records, now, horizon); }
  size_t clients(Time now, Duration horizon) const { return count(&Directory::latest, now, horizon); }
  size_t bytes() const { return directories_.size() * (sizeof(Directory) + kWays * sizeof(Slot)); }

 private:
  Bucket at(size_t number) {
    const auto first_slot = static_cast<uint32_t>(number * kWays);
    return {directories_[number], &slots_[first_slot], first_slot};
  }
  size_t home(uint64_t who) const { return bucket_of(who, directories_.size()); }
  size_t count(Ways Directory::*kind, Time now, Duration horizon) const;

  std::atomic<uint32_t> era_{0};
  Slab<Directory> directories_;
  Slab<Slot> slots_;
};

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "glance.h"
#include "line.h"
#include "relay_list.h"
#include "relaysieve/request.h"
#include "relaysieve/time.h"
#include "slab.h"
#include "spin_lock.h"
#include "ways.h"

namespace relaysieve {

// A line of the table is one of two.
union Slot {
  Line line;
  MoreRelays more;
};

// The clients of the last minute and their transmissions of the last seconds: a set-associative table, least recently
// asked out first. A client has a line for its latest transmission, and further ones for earlier ones of the last
// seconds; all of a client's lie in one bucket, whatever its scope, so that a copy finds its twins and its rewritten
// like beside it.
//
// A decision touches two cache lines: the directory of its bucket, some 5 bytes a client, and the client's line.
//
// A copy belongs to a transmission if the tag, the bucket and four fields of LineKey agree. Two requests that differ
// in client, xid, secs, ciaddr or type are taken for one with probability 2^-64 and less; two of one client that differ
// in their options only with 2^-32; scopes are compared as they are. A client is taken for one of 262,144 others with
// 2^-28: then they share their turns.
class Window {
 public:
  // A bucket's ways at a glance; its lock and its line are the decision's alone while it is held.
  struct alignas(64) Directory {
    SpinLock lock;
    Ways latest = 0;   // ways that hold the line of a client's latest transmission: how it stands
    Ways records = 0;  // ways that hold a transmission
    Ways more = 0;     // ways that hold MoreRelays
    Recency order;     // in which they came to be used
    uint32_t era = 0;  // what bears another one than the window's is empty
    std::array<uint16_t, kWays> tags{};    // 16 bits of Request::who; 0 = free
    std::array<uint8_t, kWays> routers{};  // who brought it first: 8 bits of Relay::router
  };
  static_assert(sizeof(Directory) == 64);

  // The bucket of one request, locked.
  class Bucket {
   public:
    Bucket(Window& window, uint64_t who);
    Bucket(Window& window, uint32_t slot);
    ~Bucket() { directory_.lock.unlock(); }
    Bucket(const Bucket&) = delete;
    Bucket& operator=(const Bucket&) = delete;

    Ways latest() const { return directory_.latest; }
    Ways records() const { return directory_.records; }
    Ways more() const { return directory_.more; }
    Line& operator[](unsigned way) { return lines_[way].line; }
    MoreRelays& more_relays(unsigned way) { return lines_[way].more; }
    RelayList relays(unsigned way);
    unsigned more_of(unsigned way) const;  // the way of its second line, or kWays
    uint32_t slot(unsigned way) const { return first_slot_ + way; }
    unsigned way(uint32_t slot) const { return slot - first_slot_; }
    size_t number() const { return first_slot_ / kWays; }
    uint16_t tag(unsigned way) const { return directory_.tags[way]; }

    // The ways that hold lines of this client, or of one of the same tag, whatever the scope.
    Ways tagged(uint64_t who) const;

    // Whose place a newcomer takes: the oldest of those that hold no client's standing, if its window has ended; else
    // the oldest, or if most of the bucket came through the newcomer's own router, the oldest of those: a flood
    // through one router evicts its own.
    unsigned victim(const Relay& newcomer, Time now, Duration window) const;
    // From now on the way is the request's, and the newest: for the client's latest transmission, or for more relays.
    void take_for_line(unsigned way, const Request& request);
    void take_for_more(unsigned way, const Request& request);
    void supersede(unsigned way);  // it no longer says how the client stands,
    void reinstate(unsigned way) { set(directory_.latest, way, true); }  // and does again
    void forget_record(unsigned way) {
      set(directory_.records, way, false);
    }  // but not how the client stands
    void free(unsigned way);

   private:
    void lock(const Window& window);
    void take(unsigned way, const Request& request);
    static void set(Ways& ways, unsigned way, bool is) {
      put(ways, static_cast<Ways>(is ? ways | only(way) : ways & ~only(way)));
    }

    Directory& directory_;
    Slot* lines_;
    uint32_t first_slot_;
  };

  Window(size_t clients, Pages pages);

  static uint16_t tag_of(uint64_t who) { return std::max<uint16_t>(static_cast<uint16_t>(who), 1); }

  // To be called for all requests of a burst, one after the other, before the first is decided on.
  void prefetch(uint64_t who) const { __builtin_prefetch(&directories_[home(who)], 1); }
  void prefetch_line(uint64_t who) const;

  // Nothing is held any more: takes no lock, and no time.
  void clear() { era_.fetch_add(1, std::memory_order_relaxed); }

  // Transmissions and clients at most `horizon` old. For any thread, without a lock: of large tables by sample.
  size_t transmissions(Time now, Duration horizon) const { return count(&Directory::records, now, horizon); }
  size_t clients(Time now, Duration horizon) const { return count(&Directory::latest, now, horizon); }
  size_t bytes() const { return directories_.size() * (sizeof(Directory) + kWays * sizeof(Slot)); }

 private:
  size_t home(uint64_t who) const { return bucket_of(who, directories_.size()); }
  size_t count(Ways Directory::*kind, Time now, Duration horizon) const;

  std::atomic<uint32_t> era_{0};
  Slab<Directory> directories_;
  Slab<Slot> slots_;
};

}  // namespace relaysieve

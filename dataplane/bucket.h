// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "glance.h"
#include "line.h"
#include "relay_list.h"
#include "relaysieve/policy.h"
#include "spin_lock.h"
#include "ways.h"

namespace relaysieve {

// A bucket's ways at a glance; which is one thread's alone, with its lines, while the lock is held.
struct alignas(64) Directory {
  SpinLock lock;
  Ways latest = 0;   // ways that hold the line of a client's latest transmission: how it stands
  Ways records = 0;  // ways that hold a transmission
  Ways more = 0;     // ways that hold MoreRelays
  Recency order;     // in which they came to be used
  uint32_t era = 0;  // what bears another one than the window's is empty
  std::array<uint16_t, kWays> tags{};    // 16 bits of Request::who; 0 = free
  std::array<uint8_t, kWays> routers{};  // who brought it first: 8 bits of Request::router
  uint16_t evicted = 0;  // Forgotten's mark of the latest record that had to go early; 0 = none

  static uint16_t tag_of(uint64_t who) { return std::max<uint16_t>(static_cast<uint16_t>(who), 1); }

  // The ways whose tag it is. `words`: a directory's era and tags, 32 bytes.
  static Ways tagged(const __m128i (&words)[2], uint64_t who) {
    const __m128i tag = _mm_set1_epi16(static_cast<short>(tag_of(who)));
    const __m128i equal = _mm_packs_epi16(_mm_cmpeq_epi16(words[0], tag), _mm_cmpeq_epi16(words[1], tag));
    return static_cast<Ways>(_mm_movemask_epi8(equal) >> 2);  // two lanes are the era's
  }

  // Without the lock: the ways that a request's decision will most likely touch.
  Ways glance_at(uint64_t who) const {
    const auto* words = reinterpret_cast<const uint64_t*>(&era);
    const __m128i glanced[] = {_mm_set_epi64x(glance(words[1]), glance(words[0])),
                               _mm_set_epi64x(glance(words[3]), glance(words[2]))};
    const Ways found = tagged(glanced, who);
    return found != 0 ? found : only(order.glanced().oldest_but(glance(latest)));
  }
};
static_assert(sizeof(Directory) == 64);

// A line of the table is one of two.
union Slot {
  Line line;
  MoreRelays more;
};

// A bucket's directory and lines. What every decision does is inline.
class Bucket {
 public:
  Bucket(Directory& directory, Slot* lines, uint32_t first_slot)
      : directory_(directory), lines_(lines), first_slot_(first_slot) {}

  // The bucket is one thread's alone as long as one lives.
  class Hold {
   public:
    Hold(const Bucket& bucket, uint32_t era) : directory_(bucket.directory_) {
      directory_.lock.lock();
      if (directory_.era != era) [[unlikely]]
        Bucket::clear(directory_, era);
    }
    ~Hold() { directory_.lock.unlock(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Directory& directory_;
  };

  Ways latest() const { return directory_.latest; }
  Ways records() const { return directory_.records; }
  Ways more() const { return directory_.more; }
  Line& operator[](unsigned way) { return lines_[way].line; }
  MoreRelays& more_relays(unsigned way) { return lines_[way].more; }
  RelayList relays(unsigned way) {
    Line& line = lines_[way].line;
    const unsigned more = line.has_more() ? more_of(way) : kWays;
    return {line, more != kWays ? &lines_[more].more : nullptr};
  }
  unsigned more_of(unsigned way) const;  // the way of its second line, or kWays
  bool has_second_line(unsigned way) const {
    return ((directory_.latest | directory_.records) & only(way)) != 0 && lines_[way].line.has_more();
  }
  uint32_t slot(unsigned way) const { return first_slot_ + way; }
  unsigned way(uint32_t slot) const { return slot - first_slot_; }
  uint32_t number() const { return first_slot_ / kWays; }
  uint16_t tag(unsigned way) const { return directory_.tags[way]; }
  uint16_t& evicted() { return directory_.evicted; }

  // The ways that hold lines of this client, or of one of the same tag, whatever the scope.
  Ways tagged(uint64_t who) const {
    const auto* words = reinterpret_cast<const __m128i*>(&directory_.era);
    return Directory::tagged({_mm_load_si128(words), _mm_load_si128(words + 1)}, who);
  }

  // A way that nobody misses: free, or the oldest of those that hold no client's standing, if its window has ended; or the
  // oldest of all, if its client is forgotten; or kWays.
  unsigned dispensable(Time now, Duration window) const {
    const unsigned way = directory_.order.oldest_but(directory_.latest);
    if ((directory_.latest & only(way)) == 0 &&
        (directory_.tags[way] == 0 || now - lines_[way].line.start > window))
      return way;
    const unsigned oldest = directory_.order.oldest();
    return now - lines_[oldest].line.start > kClientHorizon ? oldest : kWays;
  }
  // Whose place a newcomer takes where there is none: the oldest; or, where most of the bucket came through the newcomer's
  // own router, the oldest of those: a flood through one router evicts its own. What still counts goes for what does not
  // only where nearly all of the bucket came that way: two routers that win in turn are no flood.
  unsigned victim(uint32_t newcomer, Time now, Duration window) const;

  // From now on the way is the request's, and the newest: for the client's latest transmission,
  void take_for_line(unsigned way, const Request& request) {
    take(way, request);
    put(directory_.latest, directory_.latest | only(way));
    put(directory_.records, directory_.records | only(way));
    directory_.more &= static_cast<Ways>(~only(way));
  }
  // for the latest transmission of the client who has it,
  void use_again(unsigned way, const Request& request) {
    directory_.routers[way] = static_cast<uint8_t>(request.router);
    directory_.order.use(way);
  }
  void take_for_more(unsigned way, const Request& request);  // or for more relays
  void supersede(unsigned way) {                             // it no longer says how the client stands,
    put(directory_.latest, static_cast<Ways>(directory_.latest & ~only(way)));
    if ((directory_.records & only(way)) == 0) free(way);
  }
  void reinstate(unsigned way);      // and does again
  void forget_record(unsigned way);  // but not how the client stands
  void free(unsigned way);

 private:
  static void clear(Directory& directory, uint32_t era);
  void take(unsigned way, const Request& request) {
    put(directory_.tags[way], Directory::tag_of(request.who));
    directory_.routers[way] = static_cast<uint8_t>(request.router);
    directory_.order.use(way);
  }

  Directory& directory_;
  Slot* lines_;
  uint32_t first_slot_;
};

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "relaysieve/time.h"
#include "slab.h"
#include "spin_lock.h"

namespace relaysieve {

// What had to be evicted from the window before its time: a sliding-window Bloom filter in generations of a
// quarter of the window. An item goes into the generation in which its window ends; in that last quarter it may
// have ended already, so that the answer is a doubt. Blocked: all bits of an item lie in one cache line, one in each of its
// seven words (Putze, Sanders, Singler 2007); the line also says whose generation its bits are, so that a
// generation is emptied line by line as it fills, and none is ever wiped at once.
//
// A line with n items takes an unknown key for one of them with probability (1 - (63/64)^n)^7, and takes no
// more than 24. Four generations may say yes, so a first copy is dropped with a probability of
//   0.0008 while as many are evicted in a window as the capacity (on average 20 items a line),
//   0.0013 at most, whatever comes: what finds its line full is not remembered, and forwarded in doubt.
class Forgotten {
 public:
  // A generation's, 9 bytes a client in all: for nearly as many requests evicted in a window as the capacity, each
  // remembered as a transmission and as one that a relay brought.
  static constexpr size_t lines_for(size_t clients) {
    return std::max<size_t>(clients * 9 / (kGenerations * 64), 1);
  }
  Forgotten(size_t clients, Duration window, Pages pages);

  bool empty(Time now) const { return now.count() > last_end_.load(std::memory_order_relaxed); }

  // The time in quarters, under the window that is valid now. What belongs together is asked and remembered at
  // one moment, so that a change of the window takes all of it or nothing.
  class Moment {
    friend class Forgotten;
    Moment(uint64_t calendar, Time now)
        : length(static_cast<uint32_t>(calendar)),
          era(static_cast<uint32_t>(calendar >> 32)),
          number(number_of(now)) {}
    // Since the earliest time there is: 64 bits do not wrap.
    uint64_t number_of(Time t) const {
      return (static_cast<uint64_t>(t.count()) ^ uint64_t{1} << 63) / length;
    }

   public:
    // 16 bits, never 0, that say until when something that ends at `end` is remembered; a quarter more, at most.
    uint16_t mark(Time end) const { return static_cast<uint16_t>(number_of(end) | 1); }
    // False: what bears this mark is forgotten by now. True by mistake for a mark that is hours old.
    bool in_force(uint16_t mark) const {
      return static_cast<int16_t>(mark - static_cast<uint16_t>(number)) >= 0;
    }
    // Of a mark (0 = none) and that of `end`, which lasts longer.
    uint16_t longer(uint16_t mark, Time end) const {
      const uint16_t other = this->mark(end);
      return mark != 0 && in_force(mark) && static_cast<int16_t>(mark - other) > 0 ? mark : other;
    }

   private:
    uint32_t length, era;
    uint64_t number;
  };
  Moment at(Time now) const { return {calendar_.load(std::memory_order_relaxed), now}; }

  // Remembers `key` (a keyed hash) until `end`, at most a window from now. False: there is no room.
  bool add(const Moment& now, uint64_t key, Time end);

  enum class Answer : uint8_t { no, yes, perhaps };  // perhaps: it may have ended, or have found no room
  Answer knows(const Moment& now, uint64_t key);

  // The probability that a key that was never added is known for certain now, from the lines' own bits: a sample. Takes no lock.
  double false_positives(Time now) const;

  size_t bytes() const { return lines_.size() * sizeof(Line); }

  void clear(Duration window);
  // For another window: what was remembered for the old one is let go of.
  void retune(Duration window) {
    if (length_of(window) != static_cast<uint32_t>(calendar_.load(std::memory_order_relaxed))) clear(window);
  }

 private:
  static constexpr unsigned kAhead = 4;                 // quarters of a window
  static constexpr unsigned kGenerations = kAhead + 2;  // the current one, those ahead, and one between
  static constexpr unsigned kWords = 7, kItemsOfLine = 24;

  struct alignas(64) Line {
    SpinLock lock;
    uint8_t items;
    uint32_t tag;  // whose generation's they are
    std::array<uint64_t, kWords> bits;

    bool has(uint64_t key) const;
  };

  static uint32_t length_of(Duration window);
  // Lines that bear the tag of another quarter or another era are empty. The tags wrap after 2^32 quarters, but
  // then fall to other generations' lines; only after 3 * 2^32 (a year, with the shortest window) would a line
  // that has lain untouched since be taken for a new one, for a quarter.
  static uint32_t tag_of(const Moment& moment, uint64_t number) {
    return static_cast<uint32_t>(number) + moment.era * 0x9e3779b1u;
  }
  size_t line(uint64_t number, size_t at) const {
    return number % kGenerations * lines_.size() / kGenerations + at;
  }
  Line& line_of(uint64_t key, uint64_t number);

  std::atomic<uint64_t> calendar_{0};  // era << 32 | length of a quarter, ns: an era ends with each clear()
  std::atomic<int64_t> last_end_;
  Slab<Line> lines_;
};

}  // namespace relaysieve

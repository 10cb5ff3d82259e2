// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "counter.h"
#include "histogram.h"
#include "relaysieve/filter.h"
#include "slab.h"

namespace relaysieve {

// Who brought what: the copies of each router by reason, and for each pair of routers how far apart their copies
// came. One thread notes, any thread reads, and none waits. Its memory is bounded: whoever comes after the first kRelays
// routers counts among the others. Lag is what Verdict says: time since the transmission's first copy.
class Census {
 public:
  static constexpr size_t kRelays = 1024;
  static constexpr size_t kPairs = 1024;
  static constexpr size_t kExamples = 8;

  struct Relay {
    uint32_t router;  // Verdict::router
    RelayName name;   // as it was first seen
    std::array<Counter, kReasonCount> reasons;
    Counter first_seen;  // Frame::time, ns
    Counter last_seen;
  };

  // Two routers, and what the second brought of transmissions whose first copy came from the first. Of that one a
  // verdict knows Verdict::kFirstRouter's bits: of 1,024 relays, one in 4,000 has them in common with another.
  struct Pair {
    uint32_t first;     // those bits; another thread may note its copies
    uint32_t second;    // Verdict::router
    Histogram lag;      // of later copies, also late ones, but no echoes
    Counter rewritten;  // the same request with other options
    Counter late;       // copies after the window
    Counter twins;  // the same request in another scope (twin_other_scope); where both scopes are networks,
    std::array<Counter, 33> twin_bits;       // by how many leading bits they have in common,
    std::array<Counter, kExamples> twin_of;  // and which they were: the first few, each once; the first one's
                                             // address << 32 | the second's; 0 = none
  };

  Census();

  // A frame of the routers' side and its final verdict; does nothing unless that is about a relayed request.
  void note(const Frame& frame, const Verdict& verdict);

 private:
  friend class CensusTotals;
  friend size_t relays_heard(std::span<const Census* const> threads);

  struct Latest {
    uint64_t key = ~uint64_t{0};  // nobody's
    uint32_t place = 0;
  };

  Latest& latest_of(uint64_t key) { return latest_[key * 0x9e3779b97f4a7c15u >> 56]; }
  void meet(const Frame& frame, const Verdict& verdict);
  uint32_t place_of(const Frame& frame, uint32_t router);   // kRelays: among the others
  uint32_t place_of_pair(uint32_t first, uint32_t second);  // kPairs: there is no room
  void note_pair(const Verdict& verdict);
  static void note_twin(Pair& pair, const Verdict& verdict);

  Slab<Relay> relays_;  // one more than kRelays: the others
  Slab<Pair> pairs_;
  std::atomic<uint32_t> relay_count_ = 0;  // those before it can be read
  std::atomic<uint32_t> pair_count_ = 0;
  Counter other_pairs_;  // later copies of pairs that found no room
  Histogram lag_;        // of all pairs, the others included
  Histogram echo_;       // of copies that the network made
  Histogram repeat_;  // of repetitions by a relay that was heard up to 5 s before: how soon clients ask again

  // These are the noting thread's: the places by router and by pair, and before the maps those of the latest ones.
  absl::flat_hash_map<uint32_t, uint32_t> relay_at_;
  absl::flat_hash_map<uint64_t, uint32_t> pair_at_;
  std::array<Latest, 256> latest_;
};

// How many routers have brought a request; up to Census::kRelays of each thread's. Quicker than the totals.
size_t relays_heard(std::span<const Census* const> threads);

// What all threads have noted, as plain numbers.
class CensusTotals {
 public:
  struct Relay {
    uint32_t router = 0;
    RelayName name;
    std::array<uint64_t, kReasonCount> reasons{};
    Time first_seen{}, last_seen{};

    uint64_t count(Reason reason) const { return reasons[static_cast<size_t>(reason)]; }
    // A drop, or what monitor mode forwards in its place.
    uint64_t count_either_mode(Reason drop) const { return count(drop) + count(as_monitored(drop)); }
    uint64_t copies() const;
  };
  struct Pair {
    size_t first = 0, second = 0;  // in `relays`
    Histogram lag;
    uint64_t twins = 0, rewritten = 0, late = 0;
    std::array<uint64_t, 33> twin_bits{};
    std::vector<std::pair<uint32_t, uint32_t>> twin_of;  // subnets, the first one's and the second's
  };

  CensusTotals() = default;
  explicit CensusTotals(std::span<const Census* const> threads);

  std::vector<Relay> relays;
  std::vector<Pair> pairs;
  Relay others;                 // the relays beyond Census::kRelays, counted together; its name says nothing
  uint64_t other_pairs = 0;     // later copies of pairs that found no room
  Histogram lag, echo, repeat;  // see Census

 private:
  void add_relays(const Census& thread);
  void add_pairs(const Census& thread);
  Relay& sum_of(const Census::Relay& relay);

  absl::flat_hash_map<uint32_t, size_t> relay_at_;
  absl::flat_hash_map<uint32_t, size_t> first_at_;  // by Verdict::kFirstRouter
  absl::flat_hash_map<uint64_t, size_t> pair_at_;
};

}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "peers/huge_allocator.h"
#include "peers/record.h"
#include "requests.h"
#include "slab.h"

namespace relaysieve::bench {

// A window on absl::flat_hash_map with a list in the order of the transmissions' begin, the way an LRU cache is written
// by hand: a key leads to an entry of the list. It holds one transmission for each client: where one begins, the one at
// the list's end goes. Both lie in huge pages, and the map's lines are fetched for a whole burst.
//
// Left out: turns, twins and rewritten requests, undo; any other thread.
class FlatHashWindow {
 public:
  static constexpr bool kRemembers = true;

  FlatHashWindow(const FrameMaker&, const Mix& mix);

  void prepare(const Batch& batch) { requests_.read(batch); }
  uint64_t decide(size_t at);
  void settle(const Batch&) {}
  size_t clients(Time) const { return places_.size(); }

 private:
  struct Entry {
    PeerRecord record;
    uint32_t newer, older;
  };
  struct Same {
    size_t operator()(uint64_t key) const { return key; }  // it is a hash
  };
  using Places = absl::flat_hash_map<uint64_t, uint32_t, Same, std::equal_to<uint64_t>,
                                     HugeAllocator<std::pair<const uint64_t, uint32_t>>>;

  uint32_t take_oldest();
  void put_newest(uint32_t entry);

  static constexpr uint32_t kEnds = 0;  // the entry between the newest and the oldest

  Requests requests_;
  Places places_;
  Slab<Entry> entries_;
};

}  // namespace relaysieve::bench

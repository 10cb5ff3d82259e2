// SPDX-License-Identifier: Apache-2.0
// Request to verdict, test-and-set: the memory alone, beside windows on the tables of others.
#include <array>

#include "measure.h"
#include "memory.h"
#include "ours.h"
#include "peers/flat_hash_window.h"
#include "peers/rte_hash_window.h"
#include "peers/rte_member_window.h"
#include "requests.h"
#include "rows.h"

namespace relaysieve::bench {
namespace {

class Ours {
 public:
  static constexpr bool kRemembers = true;

  Ours(const FrameMaker&, const Mix& mix) : memory_(capacity(mix), kPolicy.window, Pages::resident) {}

  void prepare(const Batch& batch) { requests_.read(batch); }

  uint64_t decide(size_t at) {
    for (size_t i = at; i < at + kBurst; ++i) memory_.prefetch(requests_[i]);
    for (size_t i = at; i < at + kBurst; ++i) memory_.prefetch_line(requests_[i]);
    uint64_t drops = 0;
    for (size_t i = at; i < at + kBurst; ++i) {
      Verdict& verdict = verdicts_[i - at];
      memory_.observe(requests_[i], requests_.time(i), requests_.number(i), kPolicy, verdict);
      drops += action_of(verdict.reason) == Action::drop;
    }
    return drops;
  }

  void settle(const Batch&) {}
  size_t clients(Time now) const { return memory_.clients(now); }

 private:
  Requests requests_;
  Memory memory_;
  std::array<Verdict, kBurst> verdicts_;
};

}  // namespace

void add_window_rows() {
  for (const size_t clients : {1 << 10, 1 << 16, 1 << 20})
    for (const size_t relays : {1, 2, 4}) {
      const Mix mix{clients, relays, Frames::warm};  // requests: the frames are not looked at any more
      add_row<Ours>("window/ours", mix);
      add_row<RteHashWindow>("window/rte_hash", mix);
      add_row<RteMemberWindow>("window/rte_member", mix);
      add_row<FlatHashWindow>("window/flat_hash_map", mix);
    }
}

}  // namespace relaysieve::bench

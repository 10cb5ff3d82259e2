// SPDX-License-Identifier: Apache-2.0
// Frames to verdicts: the whole rule.
#include <array>
#include <memory>

#include "measure.h"
#include "ours.h"
#include "peers/xdp_filter.h"
#include "relaysieve/filter.h"
#include "rows.h"

namespace relaysieve::bench {
namespace {

class Ours {
 public:
  static constexpr bool kRemembers = true;

  Ours(const FrameMaker&, const Mix& mix) : Ours(capacity(mix)) {}
  explicit Ours(size_t capacity)
      : filter_(std::make_shared<Policy>(), {.clients = capacity, .seed = 1, .resident = true}) {}

  void prepare(const Batch& batch) { batch_ = &batch; }

  uint64_t decide(size_t at) {
    filter_.judge(batch_->burst(at), verdicts_);
    uint64_t drops = 0;
    for (const Verdict& verdict : verdicts_) drops += verdict.dropped();
    return drops;
  }

  void settle(const Batch&) {}
  size_t clients(Time now) const { return filter_.occupancy(now).clients; }

 private:
  Filter filter_;
  const Batch* batch_ = nullptr;
  std::array<Verdict, kBurst> verdicts_;
};

// As many clients as the table was made for, which is what a user asks for: 4.5 % find their bucket full (ours.h).
class Full : public Ours {
 public:
  static constexpr double kFewer = 0.05;

  Full(const FrameMaker&, const Mix& mix) : Ours(mix.clients) {}
};

}  // namespace

void add_filter_rows() {
  add_rows<Ours>("filter/ours");
  // Of 1,024 clients the luck of the hashes may leave out more than 1 % where there is just room enough (ours.h).
  add_row<Ours>("filter/ours", {1 << 10, 4, Frames::warm, Family::v6});
  for (const size_t clients : {1 << 16, 1 << 20})
    for (const size_t relays : {1, 2, 4})
      add_row<Ours>("filter/ours", {clients, relays, Frames::warm, Family::v6});
  for (const size_t clients : {1 << 10, 1 << 16, 1 << 20})
    add_row<Full>("filter/full", {clients, 1, Frames::warm});
  for (const size_t clients : {1 << 10, 1 << 16, 1 << 20})
    for (const size_t relays : {1, 2, 4}) add_row<XdpFilter>("filter/xdp", {clients, relays, Frames::warm});
}

}  // namespace relaysieve::bench

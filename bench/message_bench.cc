// SPDX-License-Identifier: Apache-2.0
// Frame to message: the parser alone.

#include "distinct.h"
#include "measure.h"
#include "relaysieve/message.h"
#include "relaysieve/message6.h"
#include "rows.h"

namespace relaysieve::bench {
namespace {

template <auto parse>
class Parser {
 public:
  static constexpr bool kRemembers = false;

  Parser(const FrameMaker&, const Mix&) {}
  void prepare(const Batch& batch) { batch_ = &batch; }

  uint64_t decide(size_t at) {
    for (const Frame& frame : batch_->burst(at)) {
      auto parsed = parse(frame.bytes);
      benchmark::DoNotOptimize(parsed);
    }
    return 0;
  }

  void settle(const Batch& batch) {
    distinct_.add([&](size_t i) { return Distinct::of_frame(batch.frames[i].bytes); });
  }
  size_t clients(Time) const { return distinct_.clients(); }
  double copies() const { return distinct_.copies(); }

 private:
  const Batch* batch_ = nullptr;
  Distinct distinct_;
};

}  // namespace

void add_message_rows() {
  add_rows<Parser<parse_dhcp4>>("message/ours");
  for (const size_t clients : {1 << 10, 1 << 16})
    add_row<Parser<parse_dhcp6>>("message/ours", {clients, 2, Frames::warm, Family::v6});
}

}  // namespace relaysieve::bench

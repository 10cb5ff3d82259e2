// SPDX-License-Identifier: Apache-2.0
// What no filter can go below: read the cache lines of each frame that a request lies in, and read and write one
// random line of a table that holds one line for each client. No parsing, no decision.
#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "measure.h"
#include "relaysieve/message.h"
#include "rows.h"
#include "slab.h"
#include "wire.h"

namespace relaysieve::bench {
namespace {

class Floor {
 public:
  static constexpr bool kRemembers = true;

  Floor(const FrameMaker&, const Mix& mix) : table_(mix.clients, Pages::resident) {}

  // From Ethernet's first byte to End: the padding behind it need not be touched.
  void prepare(const Batch& batch) {
    for (size_t i = 0; i < kBatch; ++i) {
      const auto bytes = batch.frames[i].bytes;
      const Parsed parsed = parse_dhcp4(bytes);
      const uint8_t* end = parsed.message->options.data() + parsed.message->options.size() + 1;
      requests_[i] = bytes.first(std::min<size_t>(bytes.size(), end - bytes.data()));
    }
  }

  uint64_t decide(size_t at) {
    std::array<uint64_t*, kBurst> lines;
    std::array<uint64_t, kBurst> asked;
    uint64_t sum = 0;
    for (size_t i = 0; i < kBurst; ++i) {
      const auto bytes = requests_[at + i];
      for (size_t line = 0; line < bytes.size(); line += 64) sum += bytes[line];
      uint32_t client, xid;
      std::memcpy(&client, &bytes[kChaddr + 2], sizeof client);
      std::memcpy(&xid, &bytes[kXid], sizeof xid);
      asked[i] = uint64_t{bytes[kType]} << 32 | xid;
      // An odd factor permutes a power of two: each client has a line of its own.
      lines[i] = &table_[client * 0x9e3779b97f4a7c15u & (table_.size() - 1)].asked;
      __builtin_prefetch(lines[i], 1);
    }
    benchmark::DoNotOptimize(sum);
    uint64_t copies = 0;
    for (size_t i = 0; i < kBurst; ++i) copies += std::exchange(*lines[i], asked[i]) == asked[i];
    return copies;
  }

  void settle(const Batch&) {}
  size_t clients(Time) {
    return static_cast<size_t>(
        std::count_if(table_.begin(), table_.end(), [](const Line& line) { return line.asked != 0; }));
  }

 private:
  static constexpr size_t kXid = FrameMaker::kBootp + bootp::kXid,
                          kChaddr = FrameMaker::kBootp + bootp::kChaddr;
  static constexpr size_t kType =
      FrameMaker::kBootp + bootp::kFixedSize + 4 + 2;  // option 53 is the first of all

  struct alignas(64) Line {
    uint64_t asked;
  };
  Slab<Line> table_;
  std::array<std::span<const uint8_t>, kBatch> requests_;
};

}  // namespace

void add_floor_rows() { add_rows<Floor>("floor/memory"); }

}  // namespace relaysieve::bench

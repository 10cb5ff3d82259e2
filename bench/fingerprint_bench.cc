// SPDX-License-Identifier: Apache-2.0
// Message to request: the keyed hashes alone; and frame to request, as the filter reads a burst.
#include <array>
#include <utility>

#include "distinct.h"
#include "fingerprint.h"
#include "measure.h"
#include "relaysieve/message.h"
#include "requests.h"
#include "rows.h"

namespace relaysieve::bench {
namespace {

class Hasher {
 public:
  static constexpr bool kRemembers = false;

  Hasher(const FrameMaker&, const Mix&) {}

  // Parsed already; so of cold frames only what the parser does not look at is still cold.
  void prepare(const Batch& batch) {
    for (size_t i = 0; i < kBatch; ++i) messages_[i] = *parse_dhcp4(batch.frames[i].bytes).message;
  }

  uint64_t decide(size_t at) {
    for (size_t i = at; i < at + kBurst; ++i) {
      Request request = fingerprint_.of(messages_[i], 0, kPolicy);
      benchmark::DoNotOptimize(request);
    }
    return 0;
  }

  void settle(const Batch&) {
    distinct_.add([&](size_t i) {
      const Request request = fingerprint_.of(messages_[i], 0, kPolicy);
      return std::pair(request.who, transmission_of(request));
    });
  }
  size_t clients(Time) const { return distinct_.clients(); }
  double copies() const { return distinct_.copies(); }

 private:
  Fingerprint fingerprint_{1};
  std::array<Message, kBatch> messages_;
  Distinct distinct_;
};

class Reader {
 public:
  static constexpr bool kRemembers = false;

  Reader(const FrameMaker&, const Mix&) {}
  void prepare(const Batch& batch) { batch_ = &batch; }

  uint64_t decide(size_t at) {
    read(at);
    benchmark::DoNotOptimize(requests_);
    return 0;
  }

  void settle(const Batch&) {
    distinct_.add([&](size_t i) {
      if (i % kBurst == 0) read(i);
      const Request& request = requests_[i % kBurst];
      return std::pair(request.who, transmission_of(request));
    });
  }
  size_t clients(Time) const { return distinct_.clients(); }
  double copies() const { return distinct_.copies(); }

 private:
  void read(size_t at) {
    std::array<Fingerprint::Passed, kBurst> passed;
    fingerprint_.read(batch_->burst(at), kPolicy, requests_.data(), passed.data());
  }

  Fingerprint fingerprint_{1};
  const Batch* batch_ = nullptr;
  std::array<Request, kBurst> requests_;
  Distinct distinct_;
};

}  // namespace

void add_fingerprint_rows() {
  add_rows<Hasher>("fingerprint/ours");
  add_rows<Reader>("reading/ours");
  for (const size_t clients : {1 << 10, 1 << 16})
    add_row<Reader>("reading/ours", {clients, 2, Frames::warm, Family::v6});
}

}  // namespace relaysieve::bench

// SPDX-License-Identifier: Apache-2.0
#include "oracle_counts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "census.h"

namespace relaysieve::test {

struct Counts::Product {
  Census census;
};

Counts::Counts() : product_(std::make_unique<Product>()) {}
Counts::~Counts() = default;

void Counts::note(const Frame& frame, const Verdict& verdict, const Reading& reading, Reason expected) {
  product_->census.note(frame, verdict);
  if (reading.passes) {
    ++no_requests_;
    return;
  }
  const auto& [port, mac, ip, behind] = std::get<0>(reading.relay);
  ++expected_[{port, mac, ip}].at(static_cast<size_t>(expected));
}

void Counts::hold(size_t frames_sent) const {
  const std::array<const Census*, 1> threads = {&product_->census};
  const CensusTotals totals(threads);
  std::map<Router, ByReason> counted;
  uint64_t requests = 0, dropped = 0, forwarded = 0;
  for (const CensusTotals::Relay& relay : totals.relays) {
    Mac mac;
    std::ranges::copy(relay.name.mac, mac.begin());
    ByReason& sums = counted[{relay.name.port, mac, relay.name.ip}];
    for (size_t i = 0; i < kReasonCount; ++i) {
      sums[i] += relay.reasons[i];
      (kReasons[i].action == Action::drop ? dropped : forwarded) += relay.reasons[i];
    }
    requests += relay.copies();
  }
  ASSERT_EQ(requests, forwarded + dropped);
  ASSERT_EQ(frames_sent, requests + no_requests_) << "counted by the census, and none of the rule's";
  ASSERT_EQ(counted.size(), expected_.size()) << "routers";
  for (const auto& [router, sums] : expected_)
    for (size_t i = 0; i < kReasonCount; ++i)
      ASSERT_EQ(counted[router][i], sums[i]) << kReasons[i].name << ", router " << std::get<2>(router).low;
}

}  // namespace relaysieve::test

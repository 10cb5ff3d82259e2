// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "relaysieve/filter.h"
#include "support/reading.h"

namespace relaysieve::test {

// What the product itself counts of the verdicts on a stream, beside what the oracle says that they had to be. Nothing
// of dataplane/ is named here: whoever includes the oracle knows nothing of the core.
class Counts {
 public:
  Counts();
  ~Counts();

  // A frame as it was judged, and how it had to be judged.
  void note(const Frame& frame, const Verdict& verdict, const Reading& reading, Reason expected);
  // Fails unless the census has counted each router's requests by their reasons as the oracle did, and all of them: with
  // the frames that are no requests they are as many as were sent.
  void hold(size_t frames_sent) const;

 private:
  using Router = std::tuple<uint16_t, Mac, Address>;  // ingress port, source MAC and IP
  using ByReason = std::array<uint64_t, kReasonCount>;
  struct Product;

  std::unique_ptr<Product> product_;
  std::map<Router, ByReason> expected_;
  size_t no_requests_ = 0;
};

}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
#include "replay/tally.h"

#include <gtest/gtest.h>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

Frame at(Time time) {
  Frame frame;
  frame.time = time;
  return frame;
}

Verdict verdict(Action action, Reason reason) {
  Verdict verdict;
  verdict.action = action;
  verdict.reason = reason;
  return verdict;
}

Verdict first_copy(uint32_t router) {
  Verdict first = verdict(Action::forward, Reason::first_copy);
  first.request = true;
  first.router = first.first_router = router;
  return first;
}

// Brought by `router` after `first_router` brought the first.
Verdict second_copy(uint32_t first_router, uint32_t router, Duration lag) {
  Verdict second = verdict(Action::drop, Reason::second_copy);
  second.request = second.has_first = true;
  second.lag = lag;
  second.router = router;
  second.first_router = first_router;
  return second;
}

TEST(Tally, CountsByReasonAndSumsAgree) {
  Tally tally;
  tally.add(at(10s), first_copy(1));
  tally.add(at(9s), first_copy(2));
  tally.add(at(12s), second_copy(1, 2, 1ms));
  tally.add(at(11s), verdict(Action::forward, Reason::reply));
  EXPECT_EQ(tally.forwarded(), 3u);
  EXPECT_EQ(tally.dropped(), 1u);
  EXPECT_EQ(tally.requests(), 3u);
  EXPECT_EQ(tally.count(Reason::first_copy), 2u);
  EXPECT_EQ(tally.span(), 3s);
  EXPECT_TRUE(tally.sums_agree(4));
  EXPECT_FALSE(tally.sums_agree(5)) << "a frame was lost";
}

TEST(Tally, SumsDisagreeWhereAReasonContradictsWhatWasDone) {
  Tally tally;
  tally.add(at(0s), verdict(Action::forward, Reason::second_copy));
  EXPECT_FALSE(tally.sums_agree(1));
}

TEST(Tally, KnowsWhoBroughtWhat) {
  Tally tally;
  tally.add(at(1s), first_copy(1));
  tally.add(at(2s), second_copy(1, 2, 3ms));
  tally.add(at(3s), verdict(Action::forward, Reason::reply));
  const CensusTotals relays = tally.relays();
  ASSERT_EQ(relays.relays.size(), 2u);
  ASSERT_EQ(relays.pairs.size(), 1u);
  EXPECT_EQ(relays.pairs[0].lag.max(), 3ms);
  EXPECT_EQ(tally.last(), 3s);
}

}  // namespace
}  // namespace relaysieve

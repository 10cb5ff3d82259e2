// SPDX-License-Identifier: Apache-2.0
#include "tally.h"

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

TEST(Tally, APairIsWhoCameFirstAndWhoCameThen) {
  Tally tally;
  tally.add(at(0s), first_copy(1));
  tally.add(at(0s), second_copy(1, 2, 3ms));
  tally.add(at(0s), second_copy(1, 2, 5ms));
  tally.add(at(0s), second_copy(2, 1, 7ms));
  ASSERT_EQ(tally.pairs().size(), 2u);
  EXPECT_EQ(tally.pairs()[0].lag.count(), 2u);
  EXPECT_EQ(tally.pairs()[0].lag.max(), 5ms);
  EXPECT_EQ(tally.pairs()[1].lag.count(), 1u);
}

TEST(Tally, AnEchoIsNoPair) {
  Tally tally;
  tally.add(at(0s), first_copy(1));
  Verdict echo = second_copy(1, 1, 1ms);
  echo.reason = Reason::echo;
  tally.add(at(0s), echo);
  EXPECT_TRUE(tally.pairs().empty());
}

// Whoever forges router after router costs no memory beyond the bound, and no copy goes uncounted.
TEST(Tally, PairsBeyondTheBoundAreFolded) {
  Tally tally;
  constexpr uint32_t kRouters = 5000;
  for (uint32_t router = 1; router <= kRouters; ++router) {
    tally.add(at(0s), first_copy(router));
    tally.add(at(0s), second_copy(router, router + 1, 1ms));
  }
  EXPECT_EQ(tally.pairs().size(), 256u);
  EXPECT_EQ(tally.pairs().size() + tally.other_pairs(), kRouters);
  EXPECT_TRUE(tally.sums_agree(2 * kRouters));
}

}  // namespace
}  // namespace relaysieve

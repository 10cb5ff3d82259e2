// SPDX-License-Identifier: Apache-2.0
#include "census.h"

#include <gtest/gtest.h>

#include <array>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

// What `router` brings; `first_router` brought the first copy `lag` ago.
void note(Census& census, uint32_t router, Reason reason, uint32_t first_router, Duration lag, Time now) {
  Frame frame;
  frame.time = now;
  Verdict verdict;
  verdict.action = info(reason).action;
  verdict.reason = reason;
  verdict.request = true;
  verdict.router = router;
  verdict.first_router = first_router;
  verdict.lag = lag;
  verdict.has_first = lag > 0ns && reason != Reason::retransmission;
  census.note(frame, verdict);
}
void note_first(Census& census, uint32_t router, Time now) {
  note(census, router, Reason::first_copy, router, 0ns, now);
}

CensusTotals totals(const Census& one) { return CensusTotals(std::array{&one}); }

TEST(Census, CountsCopiesByRelayAndReason) {
  Census census;
  note_first(census, 7, 1s);
  note(census, 8, Reason::second_copy, 7, 2ms, 2s);
  note(census, 8, Reason::would_drop_second_copy, 7, 4ms, 3s);
  const CensusTotals sum = totals(census);
  ASSERT_EQ(sum.relays.size(), 2u);
  EXPECT_EQ(sum.relays[0].count(Reason::first_copy), 1u);
  EXPECT_EQ(sum.relays[1].count_either_mode(Reason::second_copy), 2u);
  EXPECT_EQ(sum.relays[1].copies(), 2u);
  EXPECT_EQ(sum.relays[1].first_seen, 2s);
  EXPECT_EQ(sum.relays[1].last_seen, 3s);
  ASSERT_EQ(sum.pairs.size(), 1u);
  EXPECT_EQ(sum.pairs[0].first, 0u);
  EXPECT_EQ(sum.pairs[0].second, 1u);
  EXPECT_EQ(sum.pairs[0].lag.max(), 4ms);
  EXPECT_EQ(sum.lag.count(), 2u);
}

TEST(Census, WhatIsNoRelayedRequestIsNotCounted) {
  Census census;
  census.note({}, {.reason = Reason::reply, .undo = {}});
  EXPECT_TRUE(totals(census).relays.empty());
}

TEST(Census, EchoesAndRepetitionsAreNobodysLag) {
  Census census;
  note(census, 7, Reason::echo, 7, 3ms, 1s);
  note(census, 8, Reason::would_drop_echo, 7, 4ms, 1s);
  note(census, 7, Reason::retransmission, 7, 250ms, 1s);
  const CensusTotals sum = totals(census);
  EXPECT_EQ(sum.lag.count(), 0u);
  EXPECT_TRUE(sum.pairs.empty());
  EXPECT_EQ(sum.echo.max(), 4ms);
  EXPECT_EQ(sum.repeat.min(), 250ms);
}

TEST(Census, TwinsAndRewritersAreToldByPair) {
  Census census;
  note_first(census, 7, 1s);
  note(census, 8, Reason::twin_other_scope, 7, 0ns, 1s);
  note(census, 8, Reason::rewritten, 7, 0ns, 1s);
  note(census, 8, Reason::second_copy_rewritten, 7, 1ms, 1s);
  note(census, 8, Reason::late_copy, 7, 1200ms, 1s);
  const CensusTotals sum = totals(census);
  ASSERT_EQ(sum.pairs.size(), 1u);
  EXPECT_EQ(sum.pairs[0].twins, 1u);
  EXPECT_EQ(sum.pairs[0].rewritten, 2u);
  EXPECT_EQ(sum.pairs[0].late, 1u);
  EXPECT_EQ(sum.pairs[0].lag.count(), 2u) << "of the two whose first copy is known";
}

TEST(Census, TwinsAreToldByWhatTheirSubnetsHaveInCommon) {
  Census one, other;
  const auto twin = [](Census& census, uint32_t first, uint32_t second) {
    Verdict verdict;
    verdict.reason = Reason::twin_other_scope;
    verdict.request = true;
    verdict.router = 8;
    verdict.first_router = 7;
    verdict.first_subnet = first;
    verdict.subnet = second;
    census.note({}, verdict);
  };
  note_first(one, 7, 1s);
  for (int i = 0; i < 3; ++i) twin(one, 0x0a140001, 0x0a140102);
  twin(other, 0x0a140001, 0x0a140102);
  twin(other, 0x0a140001, 0x0a140001);  // two VRFs
  const CensusTotals sum(std::array<const Census*, 2>{&one, &other});
  ASSERT_EQ(sum.pairs.size(), 1u);
  EXPECT_EQ(sum.pairs[0].twins, 5u);
  EXPECT_EQ(sum.pairs[0].twin_bits[23], 4u);
  EXPECT_EQ(sum.pairs[0].twin_bits[32], 1u);
  ASSERT_EQ(sum.pairs[0].twin_of.size(), 2u);
  EXPECT_EQ(sum.pairs[0].twin_of[0], std::pair(0x0a140001u, 0x0a140102u));
}

// A group's scope, or a VRF's, is no network.
TEST(Census, TwinsWithoutAnAddressAreCountedAndAreNoExample) {
  Census census;
  note_first(census, 7, 1s);
  for (const auto& [first, second] : {std::pair(0u, 0x0a140100u), {0x0a140000u, 0u}, {0u, 0u}})
    census.note({}, {.reason = Reason::twin_other_scope,
                     .request = true,
                     .router = 8,
                     .first_router = 7,
                     .subnet = second,
                     .first_subnet = first,
                     .undo = {}});
  const CensusTotals sum = totals(census);
  ASSERT_EQ(sum.pairs.size(), 1u);
  EXPECT_EQ(sum.pairs[0].twins, 3u);
  EXPECT_EQ(sum.pairs[0].twin_bits, (std::array<uint64_t, 33>{}));
  EXPECT_TRUE(sum.pairs[0].twin_of.empty());
}

// The table has room for some bits of the first copy's router.
TEST(Census, TheFirstOfAPairIsKnownByItsLowBits) {
  constexpr uint32_t kFirst = 0xabc00007, kSecond = 0xdef00008, kBits = Verdict::kFirstRouter;
  Census one, other;
  note(one, kFirst, Reason::first_copy, kFirst & kBits, 0ns, 1s);
  note(other, kSecond, Reason::second_copy, kFirst & kBits, 2ms, 2s);
  note(other, kSecond, Reason::second_copy, kFirst, 2ms, 2s);
  note(other, kSecond, Reason::evicted_retry, kSecond & kBits, 0ns, 2s);  // nobody's second copy
  const CensusTotals sum(std::array<const Census*, 2>{&one, &other});
  ASSERT_EQ(sum.pairs.size(), 1u);
  EXPECT_EQ(sum.relays[sum.pairs[0].first].router, kFirst);
  EXPECT_EQ(sum.relays[sum.pairs[0].second].router, kSecond);
  EXPECT_EQ(sum.pairs[0].lag.count(), 2u);
}

// More of them in turn than have a place among the latest.
TEST(Census, RelaysAndPairsInTurnAreEachTheirOwn) {
  constexpr uint32_t kRelays = 700, kRounds = 5;
  Census census;
  for (uint32_t round = 0; round < kRounds; ++round)
    for (uint32_t router = 1; router <= kRelays; ++router) {
      note_first(census, router, 1s);
      note(census, router % kRelays + 1, Reason::second_copy, router, 1ms, 1s);
    }
  const CensusTotals sum = totals(census);
  ASSERT_EQ(sum.relays.size(), kRelays);
  ASSERT_EQ(sum.pairs.size(), kRelays);
  for (const auto& relay : sum.relays) {
    EXPECT_EQ(relay.count(Reason::first_copy), kRounds) << relay.router;
    EXPECT_EQ(relay.count(Reason::second_copy), kRounds) << relay.router;
  }
  for (const auto& pair : sum.pairs) {
    EXPECT_EQ(pair.lag.count(), kRounds);
    EXPECT_EQ(sum.relays[pair.second].router, sum.relays[pair.first].router % kRelays + 1);
  }
}

// A NIC spreads relays over queues: the first copies are one thread's, the second copies another's.
TEST(Census, ThreadsAddUp) {
  Census one, other;
  note_first(one, 7, 5s);
  note(one, 9, Reason::first_copy, 9, 0ns, 1s);
  note(other, 8, Reason::second_copy, 7, 2ms, 6s);
  note_first(other, 9, 9s);
  const CensusTotals sum(std::array<const Census*, 2>{&one, &other});
  ASSERT_EQ(sum.relays.size(), 3u);
  ASSERT_EQ(sum.pairs.size(), 1u);
  EXPECT_EQ(sum.relays[sum.pairs[0].first].router, 7u);
  EXPECT_EQ(sum.relays[sum.pairs[0].second].router, 8u);
  EXPECT_EQ(sum.relays[1].router, 9u);
  EXPECT_EQ(sum.relays[1].copies(), 2u);
  EXPECT_EQ(sum.relays[1].first_seen, 1s);
  EXPECT_EQ(sum.relays[1].last_seen, 9s);
}

TEST(Census, BeyondItsLimitRelaysFoldAndNothingIsLost) {
  constexpr uint32_t kMany = Census::kRelays + 500;
  Census one, other;
  for (uint32_t router = 1; router <= kMany; ++router) note_first(one, router, 1s);
  for (uint32_t router = kMany; router >= 1; --router)
    note(other, router, Reason::second_copy, router % kMany + 1, 1ms, 2s);
  for (const Census* census : {&one, &other}) {
    const CensusTotals sum = totals(*census);
    EXPECT_EQ(sum.relays.size(), Census::kRelays);
    EXPECT_EQ(sum.others.copies(), kMany - Census::kRelays);
  }
  const CensusTotals sum(std::array<const Census*, 2>{&one, &other});
  ASSERT_EQ(sum.relays.size(), Census::kRelays);
  uint64_t copies = sum.others.copies(), lags = sum.other_pairs;
  for (const auto& relay : sum.relays) copies += relay.copies();
  for (const auto& pair : sum.pairs) lags += pair.lag.count();
  EXPECT_EQ(copies, 2 * kMany);
  EXPECT_EQ(lags, kMany);
  EXPECT_EQ(sum.lag.count(), kMany);
  EXPECT_LE(sum.pairs.size(), Census::kPairs);
}

}  // namespace
}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
// What had to be evicted before its window ended is still known for that long, and what was never seen is not.
#include "forgotten.h"

#include <random>

#include "support/scenario.h"

namespace relaysieve::test {
namespace {

TEST(ForgottenItems, AreKnownUntilTheirEndAndAtMostAQuarterLonger) {
  for (Time start : {Time(0), Time(17ms), Time(1'700'000'000s)}) {
    Forgotten forgotten(1000, 1s, Pages::lazy);
    ASSERT_TRUE(forgotten.empty(start));
    for (uint64_t key = 1; key <= 100; ++key)
      ASSERT_TRUE(forgotten.add(key * 0x9e3779b97f4a7c15, start + 1s));
    for (Duration age = 0ms; age <= 1s; age += 50ms) {
      EXPECT_FALSE(forgotten.empty(start + age));
      for (uint64_t key = 1; key <= 100; ++key)
        EXPECT_TRUE(forgotten.contains(key * 0x9e3779b97f4a7c15, start + age));
    }
    for (Duration age = 1250ms + 1ns; age <= 10s; age += 50ms) {
      for (uint64_t key = 1; key <= 100; ++key)
        EXPECT_FALSE(forgotten.contains(key * 0x9e3779b97f4a7c15, start + age));
    }
  }
}

TEST(ForgottenItems, NoMoreThanAGenerationHolds) {
  Forgotten forgotten(64, 1s, Pages::lazy);
  for (uint64_t key = 1; key <= 64; ++key) {
    EXPECT_FALSE(forgotten.full(0s));
    EXPECT_TRUE(forgotten.add(key, 1s));
  }
  EXPECT_TRUE(forgotten.full(0s));
  EXPECT_FALSE(forgotten.add(65, 1s));
  EXPECT_TRUE(forgotten.add(66, 1250ms)) << "another quarter is another generation";
}

TEST(ForgottenItems, AFullMemoryIsSeldomWrong) {  // 16 bits an item, six probes in one line: below 1 in 1,000
  constexpr size_t kItems = 50'000, kAsked = 1'000'000;
  Forgotten forgotten(kItems, 1s, Pages::lazy);
  std::mt19937_64 random(1);
  for (size_t i = 0; i < kItems; ++i) ASSERT_TRUE(forgotten.add(random(), 1s));
  size_t wrong = 0;
  for (size_t i = 0; i < kAsked; ++i) wrong += forgotten.contains(random(), 500ms);
  EXPECT_LT(wrong, kAsked / 1000);
}

TEST(ForgottenItems, AClearedMemoryKnowsNothing) {
  Forgotten forgotten(64, 1s, Pages::lazy);
  ASSERT_TRUE(forgotten.add(7, 1s));
  forgotten.clear(2s);
  EXPECT_TRUE(forgotten.empty(0s));
  EXPECT_FALSE(forgotten.contains(7, 0s));
}

TEST(ForgottenItems, AnotherWindowHasOtherQuarters) {
  Forgotten forgotten(64, 1s, Pages::lazy);
  ASSERT_TRUE(forgotten.add(7, 1001s));
  forgotten.retune(1s);
  EXPECT_TRUE(forgotten.contains(7, 1000s));
  forgotten.retune(40ms);
  EXPECT_FALSE(forgotten.contains(7, 1000s));
  ASSERT_TRUE(forgotten.add(8, 1000s + 40ms));
  EXPECT_TRUE(forgotten.contains(8, 1000s + 40ms));
  EXPECT_FALSE(forgotten.contains(8, 1000s + 50ms + 1ns));
}

// Through the filter: clients ask, then so many others that most of the first are evicted.
class Flood : public Scenario {
 protected:
  static constexpr uint16_t kVictims = 200, kOthers = 8000;

  static Transmission sent_by(uint8_t kind, uint16_t n) {
    return edk2()
        .called({0x52, 0x54, 0, kind, static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)})
        .discover();
  }
  void SetUp() override { given({}, {.clients = 4096, .seed = 1}); }

  // The seed is fixed, so is what is evicted. Of the others' copies a false positive may take one in a thousand.
  void drown(Duration from) {
    for (uint16_t n = 0; n < kVictims; ++n) at(from, A.brings(sent_by(1, n))).is(forward, first_copy);
    for (uint16_t n = 0; n < kOthers; ++n)
      others_forwarded_ += !judge(from + 1ms, A.brings(sent_by(2, n))).dropped();
    EXPECT_GE(others_forwarded_, kOthers - kOthers / 1000);
  }
  size_t others_forwarded_ = 0;
};

TEST_F(Flood, DoesNotMakeItForgetTheFirstCopies) {
  drown(0s);
  for (uint16_t n = 0; n < kVictims; ++n) at(20ms, B.brings(sent_by(1, n))).is(drop, second_copy);
}

TEST_F(Flood, LetsARetransmissionPassWhetherEvictedOrNot) {
  drown(0s);
  size_t evicted = 0;
  for (uint16_t n = 0; n < kVictims; ++n) {
    const Verdict verdict = judge(250ms, A.brings(sent_by(1, n)));
    EXPECT_TRUE(verdict.reason == retransmission || verdict.reason == evicted_retry) << words(verdict);
    evicted += verdict.reason == evicted_retry;
  }
  EXPECT_GT(evicted, kVictims / 4) << "the flood was too small to show anything";
}

TEST_F(Flood,
       LetsTheOtherRelaysRetransmissionPassToo) {  // B's first copy was dropped from memory's second shelf
  drown(0s);
  for (uint16_t n = 0; n < kVictims; ++n) at(20ms, B.brings(sent_by(1, n))).is(drop, second_copy);
  for (uint16_t n = 0; n < kVictims; ++n) EXPECT_FALSE(judge(250ms, B.brings(sent_by(1, n))).dropped()) << n;
}

TEST_F(Flood, DoesNotTakeAwayATurn) {  // a held copy that is evicted was never delivered
  for (uint16_t n = 0; n < kVictims; ++n) at(0s, A.brings(sent_by(1, n))).is(forward, first_copy);
  for (uint16_t n = 0; n < kVictims; ++n) at(0s, B.brings(sent_by(1, n))).is(drop, second_copy);
  for (uint16_t n = 0; n < kVictims; ++n) at(4s, A.brings(sent_by(1, n))).is(drop, turn_passed);
  for (uint16_t n = 0; n < kOthers; ++n) judge(4s, A.brings(sent_by(2, n)));
  for (uint16_t n = 0; n < kVictims; ++n)
    EXPECT_FALSE(judge(4s + 2ms, B.brings(sent_by(1, n))).dropped()) << n;
}

TEST_F(Flood, IsOverWhenTheWindowHasEnded) {
  drown(0s);
  for (uint16_t n = 0; n < kVictims; ++n)
    EXPECT_FALSE(judge(1250ms + 1ns, B.brings(sent_by(1, n))).dropped()) << n;
}

TEST_F(Flood, IsSurvivedUnderAnotherWindowThanAtStart) {
  at(0s, A.brings(request)).is(forward, first_copy);
  given({.window = 4s}, {.clients = 4096, .seed = 1});
  drown(0s);
  for (uint16_t n = 0; n < kVictims; ++n) at(20ms, B.brings(sent_by(1, n))).is(drop, second_copy);
  given({.window = 10ms, .echo_window = 1ms}, {.clients = 4096, .seed = 1});
  others_forwarded_ = 0;
  drown(100s);
  for (uint16_t n = 0; n < kVictims; ++n)
    EXPECT_FALSE(judge(100s + 200ms, B.brings(sent_by(1, n))).dropped()) << n;
}

TEST_F(Flood, BeyondWhatTheSecondShelfHoldsForwardsInDoubt) {
  given({}, {.clients = 64, .seed = 1});
  for (uint16_t n = 0; n < kOthers; ++n) EXPECT_FALSE(judge(0s, A.brings(sent_by(2, n))).dropped());
  at(1ms, B.brings(sent_by(2, 0))).is(forward, over_capacity);
  at(2ms, B.brings(sent_by(2, kOthers - 1)))
      .is(drop, second_copy);  // what is in the window is judged as ever
}

}  // namespace
}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
// What had to be evicted before its window ended is still known for that long, and what was never seen is not.
#include "forgotten.h"

#include <iostream>
#include <random>

#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using enum Forgotten::Answer;
constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;

// Where a count of time in 32 bits would wrap: quarters and microseconds since the epoch, and since the
// earliest time there is; and the epoch itself.
std::vector<Time> seams(Duration window) {
  const Duration quarters = window / 4 * (int64_t{1} << 32);
  return {0s,       17ms,         1'700'000'000s,         -50'000s,        Time(int64_t{1} << 42),
          quarters, 2 * quarters, Time::min() + quarters, Time::min() + 1h};
}

TEST(ForgottenItems, AreKnownUntilTheirLastQuarterAndNeverForCertainBehindTheirEnd) {
  for (Duration window : {10ms, 1000ms})
    for (Time seam : seams(window))
      for (Time start = seam - window; start <= seam + window / 4; start += window / 8) {
        Forgotten forgotten(1000, window, Pages::lazy);
        ASSERT_TRUE(forgotten.empty(start));
        for (uint64_t key = 1; key <= 100; ++key)
          ASSERT_TRUE(forgotten.add(forgotten.at(start), key * kOdd, start + window));
        for (Duration age = 0ms; age <= window; age += window / 20) {
          EXPECT_FALSE(forgotten.empty(start + age));
          for (uint64_t key = 1; key <= 100; ++key) {
            const Forgotten::Answer answer = forgotten.knows(forgotten.at(start + age), key * kOdd);
            EXPECT_TRUE(answer == yes || (answer == perhaps && age > window * 3 / 4)) << start.count();
          }
        }
        for (Duration age = window + 1ns; age <= window * 5 / 4; age += window / 50)
          for (uint64_t key = 1; key <= 100; ++key)
            EXPECT_NE(forgotten.knows(forgotten.at(start + age), key * kOdd), yes) << start.count();
        for (Duration age = window * 5 / 4 + 1ns; age <= 10 * window; age += window / 20)
          for (uint64_t key = 1; key <= 100; ++key)
            EXPECT_EQ(forgotten.knows(forgotten.at(start + age), key * kOdd), no) << start.count();
      }
}

TEST(ForgottenItems, AreKnownWhileNewOnesComeAcrossTheSeam) {  // no generation is emptied before its time
  for (Time seam : seams(10ms)) {
    Forgotten forgotten(800, 10ms,
                        Pages::lazy);  // few lines: two generations in one place would meet in most
    for (Time now = seam - 40ms; now <= seam + 40ms; now += 100us) {
      const uint64_t key = static_cast<uint64_t>(now.count()) * kOdd;
      ASSERT_TRUE(forgotten.add(forgotten.at(now), key, now + 10ms));
      for (Duration age = 0ms; age <= 7500us && now - age >= seam - 40ms; age += 100us)
        ASSERT_EQ(forgotten.knows(forgotten.at(now), static_cast<uint64_t>((now - age).count()) * kOdd), yes)
            << age.count() << " ns old at " << now.count();
    }
  }
}

TEST(ForgottenItems, NoMoreThanALineHolds) {
  Forgotten forgotten(1, 1s, Pages::lazy);  // one line a generation
  for (uint64_t key = 1; key <= 24; ++key) {
    EXPECT_EQ(forgotten.knows(forgotten.at(0s), 99 * kOdd), no);
    EXPECT_TRUE(forgotten.add(forgotten.at(0s), key * kOdd, 1s));
  }
  EXPECT_FALSE(forgotten.add(forgotten.at(0s), 25 * kOdd, 1s));
  EXPECT_EQ(forgotten.knows(forgotten.at(0s), 25 * kOdd), perhaps);
  EXPECT_EQ(forgotten.knows(forgotten.at(0s), 24 * kOdd), yes);
  EXPECT_TRUE(forgotten.add(forgotten.at(250ms), 26 * kOdd, 1250ms))
      << "another quarter is another generation";
  EXPECT_TRUE(forgotten.add(forgotten.at(1500ms), 27 * kOdd, 2500ms))
      << "six quarters later it is the same line";
  EXPECT_EQ(forgotten.knows(forgotten.at(1500ms), 24 * kOdd), no) << "of which nothing is left";
}

// All generations that count, with `items` in each: how often a key that was never added is known, and how
// often the memory says that it would be.
struct Wrong {
  double measured, told;
};
Wrong wrong_with(size_t clients, size_t items) {
  constexpr size_t kAsked = 2'000'000;
  Forgotten forgotten(clients, 1s, Pages::lazy);
  std::mt19937_64 random(1);
  for (int quarter = 0; quarter < 4; ++quarter)
    for (size_t i = 0; i < items; ++i)
      forgotten.add(forgotten.at(quarter * 250ms), random(), quarter * 250ms + 1s);
  size_t wrong = 0;
  const Time now = 1s - 1ns;  // the four that say yes are those of the quarters to come
  for (size_t i = 0; i < kAsked; ++i) wrong += forgotten.knows(forgotten.at(now), random()) == yes;
  const Wrong rate = {static_cast<double>(wrong) / kAsked, forgotten.false_positives(now)};
  std::cout << items << " items a generation for " << clients << " clients: wrong for " << rate.measured
            << " of the unknown, told " << rate.told << "\n";
  return rate;
}

TEST(ForgottenItems, AreMistakenAsSeldomAsStated) {
  constexpr size_t kClients = 10'000;
  const Wrong full = wrong_with(kClients, kClients / 2);  // the capacity in a window, two keys each
  EXPECT_LT(full.measured, 0.0008);
  EXPECT_GT(full.measured, 0.0003) << "was it full?";
  EXPECT_NEAR(full.told, full.measured, full.measured / 4);
  const Wrong most = wrong_with(kClients, 50 * kClients);
  EXPECT_LT(most.measured, 0.0013);
  EXPECT_GT(most.measured, 0.0008);
  EXPECT_NEAR(most.told, most.measured, most.measured / 4);
}

TEST(ForgottenItems, AClearedMemoryKnowsNothing) {
  Forgotten forgotten(64, 1s, Pages::lazy);
  EXPECT_EQ(forgotten.false_positives(0s), 0);
  ASSERT_TRUE(forgotten.add(forgotten.at(0s), 7, 1s));
  forgotten.clear(1s);
  EXPECT_TRUE(forgotten.empty(0s));
  EXPECT_EQ(forgotten.knows(forgotten.at(0s), 7), no);
}

TEST(ForgottenItems, AnotherWindowHasOtherQuarters) {
  Forgotten forgotten(64, 1s, Pages::lazy);
  ASSERT_TRUE(forgotten.add(forgotten.at(1000s), 7, 1001s));
  forgotten.retune(1s);
  EXPECT_EQ(forgotten.knows(forgotten.at(1000s), 7), yes);
  forgotten.retune(40ms);
  EXPECT_EQ(forgotten.knows(forgotten.at(1000s), 7), no);
  ASSERT_TRUE(forgotten.add(forgotten.at(1000s), 8, 1000s + 40ms));
  EXPECT_EQ(forgotten.knows(forgotten.at(1000s + 30ms), 8), yes);
  EXPECT_EQ(forgotten.knows(forgotten.at(1000s + 40ms), 8), perhaps);
  EXPECT_EQ(forgotten.knows(forgotten.at(1000s + 50ms + 1ns), 8), no);
  EXPECT_FALSE(forgotten.add(forgotten.at(1000s), 9, 1001s)) << "an end under the old window";
}

// Through the filter: clients ask, then so many others that most of the first are evicted.
class Flood : public Scenario {
 protected:
  static constexpr uint16_t kVictims = 200, kOthers = 4700;

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
  size_t recalled = 0;
  for (uint16_t n = 0; n < kVictims; ++n)
    recalled += at(20ms, B.brings(sent_by(1, n))).is(drop, second_copy).verdict.recalled;
  EXPECT_GT(recalled, kVictims / 4) << "the flood was too small to show anything";
  EXPECT_LT(recalled, kVictims);
}

TEST(FloodedFilter, SaysHowOftenItIsWrong) {
  Filter filter(std::make_shared<const Policy>(), {.clients = 64, .seed = 1});
  EXPECT_EQ(filter.false_positives(0s), 0);
  const Router router = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  for (uint16_t n = 0; n < 5000; ++n) {
    const Mac mac = {0x52, 0x54, 0, 0, static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)};
    filter.judge({router.brings(edk2().called(mac).discover()).bytes(), 0s, n});
  }
  EXPECT_GT(filter.false_positives(0s), 0.0002);  // one generation is full
  EXPECT_LT(filter.false_positives(0s), 0.0004);
  EXPECT_EQ(filter.false_positives(1250ms + 1ns), 0);
}

TEST_F(Flood, LetsARetransmissionPassWhetherEvictedOrNot) {
  drown(0s);
  size_t evicted = 0;
  for (uint16_t n = 0; n < kVictims; ++n) {
    const Verdict verdict = judge(250ms, A.brings(sent_by(1, n)));
    EXPECT_TRUE(verdict.reason == retransmission || verdict.reason == evicted_retry) << words(verdict);
    evicted += verdict.reason == evicted_retry;
    EXPECT_EQ(verdict.recalled, verdict.reason == evicted_retry);
  }
  EXPECT_GT(evicted, kVictims / 4) << "the flood was too small to show anything";
}

TEST_F(Flood,
       LetsTheOtherRelaysRetransmissionPassToo) {  // B's first copy was dropped from memory's second shelf
  drown(0s);
  for (uint16_t n = 0; n < kVictims; ++n) at(20ms, B.brings(sent_by(1, n))).is(drop, second_copy);
  for (uint16_t n = 0; n < kVictims; ++n) EXPECT_FALSE(judge(250ms, B.brings(sent_by(1, n))).dropped()) << n;
}

// The forgotten cannot know restarts. A retransmission begins a record, by which its other copies are known; where
// that goes too, all its copies pass.
TEST_F(Flood, LetsAllCopiesOfARetransmissionPassWhoseRecordWentAsWell) {
  drown(0s);
  for (uint16_t n = 0; n < kVictims; ++n) at(20ms, B.brings(sent_by(1, n))).is(drop, second_copy);
  for (uint16_t n = 0; n < kVictims; ++n) EXPECT_FALSE(judge(250ms, A.brings(sent_by(1, n))).dropped()) << n;
  for (uint16_t n = 0; n < kOthers; ++n) judge(251ms, A.brings(sent_by(3, n)));
  size_t retries = 0;
  for (uint16_t n = 0; n < kVictims; ++n) {
    const Verdict verdict = judge(255ms, B.brings(sent_by(1, n)));
    EXPECT_TRUE(verdict.reason == second_copy || verdict.reason == evicted_retry) << words(verdict);
    retries += verdict.reason == evicted_retry;
  }
  EXPECT_GT(retries, kVictims / 4);
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
    EXPECT_FALSE(judge(1s + 1ns, B.brings(sent_by(1, n))).dropped()) << n;
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

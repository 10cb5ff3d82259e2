// SPDX-License-Identifier: Apache-2.0
#include "relays/advice.h"

#include "advice_fixture.h"

namespace relaysieve {
namespace {

// The window.

TEST_F(AdviceTest, WithLittleEvidenceNothingIsRecommended) {
  pair(1500ms, 9);
  for (const char* name : {"window", "echo_window", "subnet_bits", "match", "turn_after"}) {
    EXPECT_FALSE(on(name).enough) << name;
    EXPECT_FALSE(on(name).changes()) << name;
  }
}

TEST_F(AdviceTest, AWindowThatHoldsAllCopiesIsKept) {
  pair(1ms, 200);
  EXPECT_TRUE(on("window").enough);
  EXPECT_FALSE(on("window").changes());
  EXPECT_EQ(on("window").copies, 200u);
  EXPECT_TRUE(says(on("window"), "all 200 copies"));
}

TEST_F(AdviceTest, LateCopiesAskForALongerWindow) {
  settings_.policy.window = 200ms;
  pair(1ms, 200);
  pair(300ms, 2);
  EXPECT_FALSE(on("window").changes()) << "two may be a mishap";
  pair(300ms, 2);
  EXPECT_EQ(on("window").wanted, "500ms");
  EXPECT_TRUE(says(on("window"), "4 of 204 copies (2.0 %)"));
  takes_it();
  settings_.policy.window = 500ms;
  EXPECT_FALSE(on("window").changes()) << "what was late is not any more";
}

TEST_F(AdviceTest, AWindowIsAtMostFiveSeconds) {
  pair(1ms, 100);
  pair(4900ms, 50);
  EXPECT_EQ(on("window").wanted, "5s");
  takes_it();
}

// A died; its clients' repetitions came through B, which was not in the record.
TEST_F(AdviceTest, WhatMayBeARepetitionThroughAnotherRelayIsNoLateCopy) {
  pair(1ms, 200);
  pair(4s, 50);
  EXPECT_EQ(on("window").wanted, "5s") << "the trouble: nothing tells them apart";
  note(A, Reason::first_copy, A, 3900ms);
  EXPECT_FALSE(on("window").changes());
  EXPECT_TRUE(says(on("window"), "may be repetitions through another relay"));
  pair(1500ms, 10);
  EXPECT_EQ(on("window").wanted, "2s") << "these are sooner than any repetition";
}

TEST_F(AdviceTest, AWindowLongerThanNeededIsShortened) {
  settings_.policy.window = 5s;
  pair(20ms, 200);
  EXPECT_EQ(on("window").wanted, "1s");
  takes_it();
  pair(600ms);
  EXPECT_FALSE(on("window").changes()) << "four times 600 ms is 5 s, rounded";
}

TEST_F(AdviceTest, AWindowThatIsAllButFullIsWidened) {
  settings_.policy.window = 50ms;
  settings_.policy.echo_window = 10ms;
  pair(45ms, 60);
  EXPECT_EQ(on("window").wanted, "100ms");
  takes_it();
}

TEST_F(AdviceTest, CopiesFurtherApartThanRepetitionsAreNoMatterOfTheWindow) {
  pair(300ms, 100);
  note(A, Reason::retransmission, A, 250ms);
  EXPECT_FALSE(on("window").changes());
  EXPECT_TRUE(says(on("window"), "no window prevents it"));
}

TEST_F(AdviceTest, RepetitionsInsideTheWindowDoNoHarm) {
  pair(1ms, 100);
  note(A, Reason::retransmission, A, 250ms);
  EXPECT_FALSE(on("window").changes());
  EXPECT_TRUE(says(on("window"), "does no harm"));
}

// The echo window.

TEST_F(AdviceTest, EchoesFarBelowTheWindowKeepIt) {
  for (int i = 0; i < 50; ++i) note(A, Reason::echo, A, 2ms);
  EXPECT_TRUE(on("echo_window").enough);
  EXPECT_FALSE(on("echo_window").changes());
}

TEST_F(AdviceTest, RepetitionsSoonerThanAnyClientAreEchoes) {
  for (int i = 0; i < 20; ++i) note(A, Reason::retransmission, A, 120ms);
  EXPECT_EQ(on("echo_window").wanted, "150ms");
  takes_it();
  for (int i = 0; i < 20; ++i) note(A, Reason::retransmission, A, 185ms);
  EXPECT_EQ(on("echo_window").wanted, "190ms") << "never 200 ms";
  takes_it();
  settings_.policy.window = 190ms;
  EXPECT_FALSE(on("echo_window").changes()) << "never as long as the window";
}

TEST_F(AdviceTest, AnEchoWindowThatAllButTakesRepetitionsIsShortened) {
  settings_.policy.echo_window = 190ms;
  for (int i = 0; i < 10; ++i) note(A, Reason::echo, A, 3ms);
  for (int i = 0; i < 10; ++i) note(A, Reason::retransmission, A, 200ms);
  EXPECT_EQ(on("echo_window").wanted, "100ms");
  takes_it();
  for (int i = 0; i < 10; ++i) note(A, Reason::echo, A, 80ms);
  EXPECT_FALSE(on("echo_window").changes()) << "these echoes would pass";
}

TEST_F(AdviceTest, EchoesThatReachTheEndAskForMore) {
  for (int i = 0; i < 10; ++i) note(A, Reason::echo, A, 90ms);
  EXPECT_EQ(on("echo_window").wanted, "180ms");
  takes_it();
  note(A, Reason::retransmission, A, 200ms);
  EXPECT_EQ(on("echo_window").wanted, "150ms") << "three quarters of the soonest repetition";
}

}  // namespace
}  // namespace relaysieve

// SPDX-License-Identifier: Apache-2.0
// Clients that repeat an unchanged request inside the window: each transmission passes once, whichever relays
// bring it. Two easy misreadings of the rule survive all copies that lie a few milliseconds apart: they are
// the tests with lags of 150 ms and the ones with gaps around the window.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Retransmission : public Scenario {
 protected:
  // GRUB waits 0.2, then 0.4 s; U-Boot 0.25 s. All of these are byte-identical.
  const Transmission grubs = grub().discover(), u_boots = u_boot().discover();
  void SetUp() override {
    ASSERT_EQ(grub().discover(600ms).payload(0, 0), grubs.payload(0, 0));
    ASSERT_EQ(u_boot().discover(500ms).payload(0, 0), u_boots.payload(0, 0));
  }
};

TEST_F(Retransmission, GrubWithBothRelaysAlive) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  at(5ms, B.brings(grubs)).is(drop, second_copy);
  at(200ms, A.brings(grubs)).is(forward, retransmission);
  at(205ms, B.brings(grubs)).is(drop, second_copy);
  at(600ms, A.brings(grubs)).is(forward, retransmission);
  at(605ms, B.brings(grubs)).is(drop, second_copy);
}

// Nobody's lag, and no copy's: how soon the client asked again.
TEST_F(Retransmission, IsToldWithHowSoonItCame) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  const Verdict soon = at(200ms, A.brings(grubs)).is(forward, retransmission).verdict;
  EXPECT_EQ(soon.lag, 200ms);
  EXPECT_FALSE(soon.has_first);
  const Verdict late = at(2200ms, A.brings(grubs)).is(forward, first_copy).verdict;
  EXPECT_EQ(late.lag, 2s) << "after the window";
  EXPECT_FALSE(late.has_first);
  EXPECT_EQ(at(7201ms, A.brings(grubs)).is(forward, first_copy).verdict.lag, 0ms) << "that was too long ago";
}

TEST_F(Retransmission, GrubAsTheFirstRelayDies) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  at(5ms, B.brings(grubs)).is(drop, second_copy);
  at(205ms, B.brings(grubs)).is(forward, retransmission);
  at(605ms, B.brings(grubs)).is(forward, retransmission);
}

TEST_F(Retransmission, GrubAsTheSecondRelayDies) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  at(5ms, B.brings(grubs)).is(drop, second_copy);
  at(200ms, A.brings(grubs)).is(forward, retransmission);
  at(600ms, A.brings(grubs)).is(forward, retransmission);
}

TEST_F(Retransmission, GrubAsTheDeadRelayComesBack) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  at(200ms, A.brings(grubs)).is(forward, retransmission);
  at(205ms, B.brings(grubs)).is(drop, second_copy);
  at(600ms, B.brings(grubs)).is(forward, retransmission);
  at(605ms, A.brings(grubs)).is(drop, second_copy);
}

TEST_F(Retransmission, GrubAsTheRelaysSwapTheirOrder) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  at(5ms, B.brings(grubs)).is(drop, second_copy);
  at(200ms, B.brings(grubs)).is(forward, retransmission);
  at(205ms, A.brings(grubs)).is(drop, second_copy);
  at(600ms, A.brings(grubs)).is(forward, retransmission);
  at(605ms, B.brings(grubs)).is(drop, second_copy);
}

TEST_F(Retransmission, GrubWithCopies150MsApart) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  at(150ms, B.brings(grubs)).is(drop, second_copy);
  at(200ms, A.brings(grubs)).is(forward, retransmission);
  at(350ms, B.brings(grubs)).is(drop, second_copy);
  at(600ms, A.brings(grubs)).is(forward, retransmission);
  at(750ms, B.brings(grubs)).is(drop, second_copy);
}

TEST_F(Retransmission, GrubWithCopies150MsApartAndTheOrderSwapped) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  at(150ms, B.brings(grubs)).is(drop, second_copy);
  at(200ms, B.brings(grubs)).is(forward, retransmission);
  at(350ms, A.brings(grubs)).is(drop, second_copy);
  at(600ms, B.brings(grubs)).is(forward, retransmission);
  at(750ms, A.brings(grubs)).is(drop, second_copy);
}

TEST_F(Retransmission, GrubsNextClockSecondIsANewRequest) {
  at(600ms, A.brings(grub().discover(600ms))).is(forward, first_copy);
  at(1400ms, A.brings(grub().discover(1400ms))).is(forward, first_copy);
  at(1405ms, B.brings(grub().discover(1400ms))).is(drop, second_copy);
}

TEST_F(Retransmission, UBootWithBothRelaysAlive) {
  at(0ms, A.brings(u_boots)).is(forward, first_copy);
  at(5ms, B.brings(u_boots)).is(drop, second_copy);
  at(250ms, A.brings(u_boots)).is(forward, retransmission);
  at(255ms, B.brings(u_boots)).is(drop, second_copy);
  at(500ms, A.brings(u_boots)).is(forward, retransmission);
  at(505ms, B.brings(u_boots)).is(drop, second_copy);
}

TEST_F(Retransmission, UBootAsTheFirstRelayDies) {
  at(0ms, A.brings(u_boots)).is(forward, first_copy);
  at(5ms, B.brings(u_boots)).is(drop, second_copy);
  at(255ms, B.brings(u_boots)).is(forward, retransmission);
  at(505ms, B.brings(u_boots)).is(forward, retransmission);
}

TEST_F(Retransmission, UBootAsTheRelaysSwapTheirOrder) {
  at(0ms, A.brings(u_boots)).is(forward, first_copy);
  at(5ms, B.brings(u_boots)).is(drop, second_copy);
  at(250ms, B.brings(u_boots)).is(forward, retransmission);
  at(255ms, A.brings(u_boots)).is(drop, second_copy);
  at(500ms, A.brings(u_boots)).is(forward, retransmission);
  at(505ms, B.brings(u_boots)).is(drop, second_copy);
}

// Misreading: a restart that keeps the other relays takes B at 400 ms for a retransmission of its own.
TEST_F(Retransmission, ARestartForgetsTheOtherRelays) {
  at(0ms, A.brings(u_boots)).is(forward, first_copy);
  at(150ms, B.brings(u_boots)).is(drop, second_copy);
  at(250ms, A.brings(u_boots)).is(forward, retransmission);
  at(400ms, B.brings(u_boots)).is(drop, second_copy);
}

// Misreading: a restart that does not move the age lets the window of the first transmission end between two
// copies of a later one.
TEST_F(Retransmission, ARestartMovesTheAge) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(5ms, B.brings(discover)).is(drop, second_copy);
  at(999ms, A.brings(discover)).is(forward, retransmission);
  at(1004ms, B.brings(discover)).is(drop, second_copy);
  at(1998ms, A.brings(discover)).is(forward, retransmission);
  at(2003ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Retransmission, UnchangedAfterExactlyTheWindow) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(5ms, B.brings(discover)).is(drop, second_copy);
  at(1000ms, A.brings(discover)).is(forward, retransmission);
  at(1005ms, B.brings(discover)).is(drop, second_copy);
  at(2000ms, A.brings(discover)).is(forward, retransmission);
  at(2005ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Retransmission, UnchangedAfterALittleMoreThanTheWindow) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(5ms, B.brings(discover)).is(drop, second_copy);
  at(1001ms, A.brings(discover)).is(forward, first_copy);
  at(1006ms, B.brings(discover)).is(drop, second_copy);
  at(2002ms, A.brings(discover)).is(forward, first_copy);
  at(2007ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Retransmission, TheOtherRelayIsFirstAroundTheWindow) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(5ms, B.brings(discover)).is(drop, second_copy);
  at(1000ms, B.brings(discover)).is(forward, retransmission);
  at(1005ms, A.brings(discover)).is(drop, second_copy);
  at(2001ms, A.brings(discover)).is(forward, first_copy);
  at(2006ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Retransmission, AClientThatNeverTiresAlwaysGetsThrough) {  // no window is refreshed by what is dropped
  given({.turn_after = 0s});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(5ms, B.brings(discover)).is(drop, second_copy);
  for (Duration time = 200ms; time < 20s; time += 200ms) {
    at(time, A.brings(discover)).is(forward, retransmission);
    at(time + 5ms, B.brings(discover)).is(drop, second_copy);
  }
}

// With two relays at most one transmission in a row passes nothing, as the relay that delivers changes.
TEST_F(Retransmission, ARelaysDeathCostsOneTransmission) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);  // B's copy is lost
  at(200ms, B.brings(grubs)).is(drop, second_copy);  // A is dead
  at(600ms, B.brings(grubs)).is(forward, retransmission);
}

TEST_F(Retransmission, ThreeRelaysCostTwo) {
  at(0ms, A.brings(grubs)).is(forward, first_copy);
  at(200ms, B.brings(grubs)).is(drop, second_copy);
  at(400ms, C.brings(grubs)).is(drop, second_copy);
  at(600ms, C.brings(grubs)).is(forward, retransmission);
}

}  // namespace
}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
// The limits in time, to the nanosecond: t <= limit is inside.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using Window = Scenario;

TEST_F(Window, ASecondCopyAtItsEnd) {
  at(0ns, A.brings(discover)).is(forward, first_copy);
  at(1s, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Window, ACopyBehindItsEndIsLate) {
  at(0ns, A.brings(discover)).is(forward, first_copy);
  at(1s + 1ns, B.brings(discover)).is(forward, late_copy);
}

TEST_F(Window, ALateCopyBeginsATransmissionOfItsOwn) {  // the copies lie too far apart: leaks, and is counted
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1500ms, B.brings(discover)).is(forward, late_copy);
  at(1501ms, A.brings(discover)).is(drop, second_copy);
}

TEST_F(Window, UpToFiveSecondsACopyIsCalledLate) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(5s, B.brings(discover)).is(forward, late_copy);
}

TEST_F(Window, AfterThatItIsAFirstCopy) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(5s + 1ns, B.brings(discover)).is(forward, first_copy);
}

TEST_F(Window, ARelayThatBroughtTheRequestBeforeIsNotLate) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(1500ms, B.brings(discover)).is(forward, first_copy);
  at(1501ms, A.brings(discover)).is(drop, second_copy);
}

TEST_F(Window, AnEchoAtTheEndOfTheEchoWindow) {
  at(0ns, A.brings(discover)).is(forward, first_copy);
  at(100ms, A.brings(discover)).is(drop, echo);
  at(100ms + 1ns, A.brings(discover)).is(forward, retransmission);
}

TEST_F(Window, TheSecondRelaysEchoCountsFromTheFirstCopy) {  // the age is the record's, not the relay's
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(90ms, B.brings(discover)).is(drop, second_copy);
  at(100ms, B.brings(discover)).is(drop, echo);
  at(100ms + 1ns, B.brings(discover)).is(forward, retransmission);
  at(101ms, A.brings(discover)).is(drop, second_copy);
}

TEST_F(Window, ARetransmissionAtItsEnd) {
  at(0ns, A.brings(discover)).is(forward, first_copy);
  at(1s, A.brings(discover)).is(forward, retransmission);
}

TEST_F(Window, BehindItsEndTheSameRelaysCopyIsAFirstCopy) {
  at(0ns, A.brings(discover)).is(forward, first_copy);
  at(1s + 1ns, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Window, DropsDoNotRefreshIt) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(900ms, B.brings(discover)).is(drop, second_copy);
  at(1000ms, C.brings(discover)).is(drop, second_copy);
  at(1000ms + 1ns, D.brings(discover)).is(forward, late_copy);
}

TEST_F(Window, EchoesDoNotRefreshTheEchoWindow) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(60ms, A.brings(discover)).is(drop, echo);
  at(99ms, A.brings(discover)).is(drop, echo);
  at(101ms, A.brings(discover)).is(forward, retransmission);
}

TEST_F(Window, ARestartMovesEveryLimit) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(900ms, A.brings(discover)).is(forward, retransmission);
  at(1000ms, A.brings(discover)).is(drop, echo);
  at(1900ms, B.brings(discover)).is(drop, second_copy);
  at(1900ms + 1ns, C.brings(discover)).is(forward, late_copy);
}

TEST_F(Window, ARestartMovesTheLimitOfLateCopies) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1s, A.brings(discover)).is(forward, retransmission);
  at(6s, B.brings(discover)).is(forward, late_copy);
}

TEST_F(Window, ItCanBeTenMilliseconds) {
  given({.window = 10ms, .echo_window = 1ms});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, A.brings(discover)).is(drop, echo);
  at(10ms, B.brings(discover)).is(drop, second_copy);
  at(10ms + 1ns, C.brings(discover)).is(forward, late_copy);
}

TEST_F(Window, ItCanBeFiveSecondsAndThenNothingIsLate) {
  given({.window = 5s, .turn_after = 0s});
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(5s, B.brings(discover)).is(drop, second_copy);
  at(5s + 1ns, C.brings(discover)).is(forward, first_copy);
}

TEST_F(Window, AnEchoWindowOfZeroDropsSimultaneousRepeatsOnly) {
  given({.echo_window = 0ms});
  at(0ns, A.brings(discover)).is(forward, first_copy);
  at(0ns, A.brings(discover)).is(drop, echo);
  at(1ns, A.brings(discover)).is(forward, retransmission);
}

TEST_F(Window, AnEchoWindowLongerThanTheWindowEndsWithIt) {  // the age decides first
  given({.window = 10ms, .echo_window = 100ms});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(10ms, A.brings(discover)).is(drop, echo);
  at(10ms + 1ns, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Window, AShorterWindowCountsFromTheNextFrame) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  given({.window = 100ms});
  at(200ms, B.brings(discover)).is(forward, late_copy);
}

TEST_F(Window, TimeThatRunsBackwardsStandsStill) {
  at(100ms, A.brings(discover)).is(forward, first_copy);
  at(50ms, B.brings(discover)).is(drop, second_copy);
  at(0ms, A.brings(discover)).is(drop, echo);
  at(200ms, A.brings(discover)).is(drop, echo);
  at(200ms + 1ns, A.brings(discover)).is(forward, retransmission);
}

TEST_F(Window, AFrameFromThePastBeginsItsRecordNow) {
  at(10s, A.brings(request)).is(forward, first_copy);
  at(8s, A.brings(discover)).is(forward, first_copy);  // judged as at 10 s
  at(11s, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Window, ALeapForwardEndsEveryRecord) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(std::chrono::hours(24 * 365), B.brings(discover)).is(forward, first_copy);
}

}  // namespace
}  // namespace relaysieve::test

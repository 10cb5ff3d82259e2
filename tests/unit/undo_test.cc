// SPDX-License-Identifier: Apache-2.0
// A copy that the transmit side refused was never delivered: the next copy must pass, and nobody has won.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using Undone = Scenario;

TEST_F(Undone, ARefusedFirstCopy) {
  at(0ms, A.brings(discover)).is(forward, first_copy).and_refused();
  at(1ms, B.brings(discover)).is(forward, first_copy);
  at(2ms, A.brings(discover)).is(drop, second_copy);
}

TEST_F(Undone, EveryRouterInTurnIsRefused) {
  at(0ms, A.brings(discover)).is(forward, first_copy).and_refused();
  at(1ms, B.brings(discover)).is(forward, first_copy).and_refused();
  at(2ms, C.brings(discover)).is(forward, first_copy).and_refused();
  at(3ms, A.brings(discover)).is(forward, first_copy);
  at(4ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Undone, ARefusedRetransmission) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(250ms, A.brings(discover)).is(forward, retransmission).and_refused();
  at(251ms, B.brings(discover)).is(forward, first_copy);
  at(252ms, A.brings(discover)).is(drop, second_copy);
}

TEST_F(Undone, ARefusedTurn) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, B.brings(discover)).is(drop, second_copy);
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(4s + 1ms, B.brings(discover)).is(forward, first_copy).and_refused();
  at(4s + 2ms, C.brings(discover)).is(forward, first_copy);
  at(4s + 3ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Undone, ARefusedTurnComesAgainFromTheSameRelay) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, B.brings(discover)).is(drop, second_copy);
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(4s + 1ms, B.brings(discover)).is(forward, first_copy).and_refused();
  at(4s + 2ms, B.brings(discover)).is(forward, first_copy);
}

TEST_F(Undone, WhatWasRefusedDidNotWin) {
  at(0s, A.brings(discover)).is(forward, first_copy).and_refused();
  at(1ms, B.brings(discover)).is(forward, first_copy);
  at(2ms, A.brings(discover)).is(drop, second_copy);
  at(4s, B.brings(discover)).is(drop, turn_passed);  // B has won, A has not
  at(4s + 1ms, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Undone, ARefusedTurnIsStillDue) {  // B brought it and did not win
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, B.brings(discover)).is(drop, second_copy);
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(4s, B.brings(discover)).is(forward, first_copy).and_refused();
  at(8s, A.brings(discover)).is(drop, turn_passed);
  at(8s, B.brings(discover)).is(forward, first_copy);
}

TEST_F(Undone, ARefusedTurnForgetsNoneOfFourRelays) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  for (const Router& other : {B, C, D}) at(0s, other.brings(discover)).is(drop, second_copy);
  at(3s, A.brings(discover)).is(drop, turn_passed);
  at(3s, D.brings(discover)).is(forward, first_copy);
  for (const Router& other : {B, C}) at(3s, other.brings(discover)).is(drop, second_copy);
  at(6s, B.brings(discover)).is(forward, first_copy).and_refused();
  at(6s, D.brings(discover)).is(drop, turn_passed);  // it has won, B has not
  at(6s, B.brings(discover)).is(forward, first_copy);
}

// Nor where the line that has to be restored is none any more: its record was undone before.
TEST_F(Undone, ARefusedLateCopyForgetsNoneOfFourRelays) {
  at(2900ms, A.brings(discover)).is(forward, first_copy);
  at(3s, A.brings(request)).is(forward, first_copy);
  for (const Router& other : {B, C, D}) at(3s, other.brings(request)).is(drop, second_copy);
  at(6s, A.brings(request)).is(drop, turn_passed);
  at(6s, D.brings(request)).is(forward, first_copy);
  at(6s, B.brings(request)).is(drop, second_copy);
  at(6300ms, B.brings(request)).is(forward, retransmission).and_refused();
  at(7500ms, B.brings(discover)).is(forward, late_copy).and_refused();
  at(9s, D.brings(request)).is(drop, turn_passed);  // it has won, B has not
  at(9s, B.brings(request)).is(forward, first_copy);
}

TEST_F(Undone, ARefusedMessageIsNoProgress) {  // the client began to ask at 0 s
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, B.brings(discover)).is(drop, second_copy);
  at(1s, A.brings(request)).is(forward, first_copy).and_refused();
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(4s, B.brings(discover)).is(forward, first_copy);
}

TEST_F(Undone, ARefusedSmartRelaysSecondSubnet) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  const Router near = A.asking_for("10.20.0.130"_ip);
  at(1ms, near.brings(discover)).is(forward, other_subnet_same_relay).and_refused();
  at(2ms, near.brings(discover)).is(forward, other_subnet_same_relay);
  at(3ms, near.brings(discover)).is(drop, echo);
  at(4ms, B.brings(discover)).is(drop, second_copy);
}

// One box that asks for three of its addresses: the third's copy of the client's previous transmission is refused. So only
// the other two brought that one; else the turns would start again a copy later, and A's would not be held back.
TEST_F(Undone, ARefusedSmartRelayDidNotBringThePreviousTransmission) {
  const Router near = A.asking_for("10.20.0.200"_ip), third = A.asking_for("10.20.0.201"_ip);
  const auto after = [&](uint16_t secs) { return discover.but(&Transmission::secs, secs); };
  at(0s, A.brings(after(0))).is(forward, first_copy);
  at(3s, near.brings(after(3))).is(forward, first_copy);
  at(3001ms, A.brings(after(3))).is(forward, other_subnet_same_relay);
  at(3002ms, near.brings(after(4))).is(forward, first_copy);
  at(3003ms, third.brings(after(3))).is(forward, other_subnet_same_relay).and_refused();
  at(3004ms, A.brings(after(4))).is(forward, other_subnet_same_relay);
  at(3005ms, third.brings(after(4))).is(forward, other_subnet_same_relay);
  at(3006ms, A.brings(after(5))).is(drop, turn_passed);
}

TEST_F(Undone, ARefusalInAnotherScopeLeavesThisOneAlone) {
  const Router far = C.asking_for("10.40.0.4"_ip);
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, far.brings(discover)).is(forward, twin_other_scope).and_refused();
  at(2ms, B.brings(discover)).is(drop, second_copy);
  at(3ms, far.brings(discover)).is(forward, twin_other_scope);
}

// The transmit side reports a burst late: copies judged in between were dropped for what did not go out. The
// client's next transmission, or the next router's copy, passes.
TEST_F(Undone, RefusedAfterTheSecondCopyWasDropped) {
  const Judged first = at(0ms, A.brings(discover)).is(forward, first_copy);
  at(0ms, B.brings(discover)).is(drop, second_copy);
  first.and_refused();
  at(1ms, C.brings(discover)).is(forward, first_copy);
}

// Of one burst: the second copy is judged again when the client's repetition behind it has been judged.
TEST(UndoneInABurst, ACopyThatIsJudgedAgainMayHaveALaterFirstOne) {
  const Router a = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Router b = {"B", "02:00:00:30:00:03"_mac, "10.30.0.3"_ip, "10.20.0.3"_ip};
  const Bytes first = a.brings(edk2().discover()).bytes(), second = b.brings(edk2().discover()).bytes();
  for (const uint64_t number : {uint64_t{1}, (uint64_t{1} << 32) - 2, uint64_t{1} << 40}) {
    Filter filter(std::make_shared<const Policy>(), {.clients = 64, .seed = 1});
    const Verdict refused = filter.judge({first, 1s, number, 0});
    EXPECT_EQ(filter.judge({second, 1s, number + 1, 0}).first_number, number);
    EXPECT_EQ(filter.judge({first, 1250ms, number + 2, 0}).reason, retransmission);
    filter.undo(refused);
    const Verdict again = filter.judge({second, 1s, number + 1, 0});
    EXPECT_EQ(again.reason, second_copy);
    EXPECT_EQ(again.first_number, number + 2);
  }
}

// The number by which a worker finds the copies that were dropped on account of what was refused is that of their first
// copy. Where that was held back, what is forwarded in its place has to bear it as well.
TEST_F(Undone, WhatIsForwardedInPlaceOfAHeldCopySaysWhichThatWas) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(3000ms, A.brings(discover)).is(drop, turn_passed);
  const Judged turn = at(3001ms, B.brings(discover)).is(forward, first_copy);
  const Judged second = at(3002ms, C.brings(discover)).is(drop, second_copy);
  EXPECT_EQ(second.verdict.first_number, 3u);
  EXPECT_EQ(turn.verdict.first_number, 3u);
  EXPECT_FALSE(turn.verdict.has_first);
  turn.and_refused();
  at(3002ms, C.brings(discover)).is(forward, first_copy);
}

TEST_F(Undone, RefusedAfterTheRecordBeganAnewTouchesNothing) {
  const Judged first = at(0ms, A.brings(discover)).is(forward, first_copy);
  at(250ms, A.brings(discover)).is(forward, retransmission);
  first.and_refused();
  at(251ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Undone, ARefusalOfWhatLeftNoTraceDoesNothing) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, A.asking_for(0).brings(discover)).is(forward, direct).and_refused();
  at(2ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Undone, ARefusedFrameInMonitorModeAsInEnforce) {
  given({.mode = Mode::monitor});
  at(0ms, A.brings(discover)).is(forward, first_copy).and_refused();
  at(1ms, B.brings(discover)).is(forward, first_copy);
  at(2ms, A.brings(discover)).is(forward, would_drop_second_copy);
}

}  // namespace
}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
// Turns: the copy that always wins may be the one whose return path is dead. A client that still asks for the
// same thing after 2.5 s gets its next transmission through another relay, and every transmission still passes
// at most once.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Turns : public Scenario {
 protected:
  // Both relays bring one transmission, `first` before `second`.
  void won_by_the_first(Duration time, const Router& first, const Router& second, Reason reason = first_copy,
                        Place where = Place::here()) {
    at(time, first.brings(discover), where).is(forward, reason);
    at(time + 2ms, second.brings(discover), where).is(drop, second_copy);
  }
  void won_by_the_second(Duration time, const Router& first, const Router& second,
                         Place where = Place::here()) {
    at(time, first.brings(discover), where).is(drop, turn_passed);
    at(time + 2ms, second.brings(discover), where).is(forward, first_copy);
  }
};

TEST_F(Turns, DeadReturnPathOfTheFasterRelay) {
  won_by_the_first(0s, A, B);
  won_by_the_second(4s, A, B);
}

TEST_F(Turns, TheyAlternateForAsLongAsTheClientAsks) {
  won_by_the_first(0s, A, B);
  won_by_the_second(4s, A, B);
  won_by_the_first(12s, A, B);  // B won last
  won_by_the_second(28s, A, B);
  won_by_the_first(60s, A, B);
}

TEST_F(Turns, TheOtherRelayMayComeFirstByItself) {
  won_by_the_first(0s, A, B);
  won_by_the_first(4s, B, A);
  won_by_the_second(12s, B, A);
}

TEST_F(Turns, NoTurnBeforeItsTime) {
  won_by_the_first(0s, A, B);
  at(2500ms - 1ns, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Turns, ATurnAtItsTime) {
  won_by_the_first(0s, A, B);
  at(2500ms, A.brings(discover)).is(drop, turn_passed);
  at(2501ms, B.brings(discover)).is(forward, first_copy);
}

TEST_F(Turns, TheTimeIsASetting) {
  given({.turn_after = 10s});
  won_by_the_first(0s, A, B);
  won_by_the_first(4s, A, B);
  won_by_the_second(10s, A, B);
}

TEST_F(Turns, ZeroIsOff) {
  given({.turn_after = 0s});
  for (auto second : {0s, 4s, 12s, 28s}) won_by_the_first(second, A, B);
}

TEST_F(Turns, ARetransmissionInsideTheWindowIsATurnToo) {
  won_by_the_first(0s, A, B);
  won_by_the_first(2400ms, A, B);
  won_by_the_second(2600ms, A, B);
}

TEST_F(Turns, ThreeRoutersInTurn) {
  won_by_the_first(0s, A, B);
  at(3ms, C.brings(discover)).is(drop, second_copy);
  won_by_the_second(4s, A, B);
  at(4s + 3ms, C.brings(discover)).is(drop, second_copy);
  at(8s, A.brings(discover)).is(drop, turn_passed);
  at(8s + 1ms, B.brings(discover)).is(drop, turn_passed);
  at(8s + 2ms, C.brings(discover)).is(forward, first_copy);
  at(12s, C.brings(discover)).is(drop, turn_passed);  // all have won: only C counts as having won
  at(12s + 1ms, B.brings(discover)).is(forward, first_copy);
  at(12s + 2ms, A.brings(discover)).is(drop, second_copy);
}

// What begins anew.
TEST_F(Turns, ARequestAfterTheDiscoverIsProgress) {
  won_by_the_first(0s, A, B);
  at(4s, A.brings(request)).is(forward, first_copy);
  at(4s + 2ms, B.brings(request)).is(drop, second_copy);
}

TEST_F(Turns, TheNextBootStagesDiscoverIsProgress) {
  won_by_the_first(0s, A, B);
  at(1s, A.brings(request)).is(forward, first_copy);
  won_by_the_first(5s, A, B);
  won_by_the_first(7s, A, B);  // asks since 5 s
  won_by_the_second(8s, A, B);
}

TEST_F(Turns, ProgressForgetsWhoHasWon) {
  won_by_the_first(0s, A, B);
  at(1s, B.brings(request)).is(forward, first_copy);
  at(1s, A.brings(request)).is(drop, second_copy);
  at(5s, B.brings(request)).is(drop, turn_passed);  // A won the DISCOVER, not yet the REQUEST
  at(5s, A.brings(request)).is(forward, first_copy);
}

TEST_F(Turns, ANewXidIsNoProgress) {  // NetworkManager: a new xid and new secs for each DISCOVER
  const auto discover_at = [](Duration time) { return network_manager().discover(time); };
  at(0s, A.brings(discover_at(0s))).is(forward, first_copy);
  at(0s, B.brings(discover_at(0s))).is(drop, second_copy);
  at(2s, A.brings(discover_at(2s))).is(forward, first_copy);
  at(2s, B.brings(discover_at(2s))).is(drop, second_copy);
  at(4s, A.brings(discover_at(4s))).is(drop, turn_passed);
  at(4s, B.brings(discover_at(4s))).is(forward, first_copy);
}

TEST_F(Turns, NorIsItAfterALongPause) {  // when nothing else is left of the transmission before
  const auto discover_at = [](Duration time) { return network_manager().discover(time); };
  at(0s, A.brings(discover_at(0s))).is(forward, first_copy);
  at(0s, B.brings(discover_at(0s))).is(drop, second_copy);
  at(8s, A.brings(discover_at(8s))).is(drop, turn_passed);
  at(8s, B.brings(discover_at(8s))).is(forward, first_copy);
}

TEST_F(Turns, AClientIsForgottenAfterSeventySilentSeconds) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, B.brings(discover)).is(drop, second_copy);
  at(70s + 1ns, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Turns, ButNotBefore) {  // RFC 2131 s4.1: 64 s +-1 between the last tries
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, B.brings(discover)).is(drop, second_copy);
  at(70s, A.brings(discover)).is(drop, turn_passed);
  at(70s, B.brings(discover)).is(forward, first_copy);
}

// Who is one client: server, VLANs, scope, htype, hlen, chaddr.
TEST_F(Turns, AnotherServerIsAskedForTheFirstTime) {
  won_by_the_first(0s, A, B);
  at(4s, A.brings(discover).to(kSecondServer)).is(forward, first_copy);
}

TEST_F(Turns, AnotherVlanScopeHardwareTypeOrLengthIsAnotherClient) {
  won_by_the_first(0s, A, B);
  at(4s, A.brings(discover).tagged({{5}})).is(forward, first_copy);
  at(6s, A.asking_for("10.20.1.2"_ip).brings(discover)).is(forward, first_copy);
  at(8s, A.brings(discover.but(&Transmission::htype, 6))).is(forward, first_copy);
  at(10s, A.brings(discover.but(&Transmission::hlen, 16))).is(forward, first_copy);
  at(12s, A.brings(edk2().called("52:54:00:20:00:05"_mac).discover())).is(forward, first_copy);
  won_by_the_second(14s, A, B);
}

// Whom a copy may be held back for: a relay that has not won, and brought the previous transmission.
TEST_F(Turns, ARelayAloneIsNeverHeldBack) {
  for (auto second : {0s, 4s, 8s, 16s, 32s}) at(second, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Turns, ARelayThatIsDeadSinceBeforeThePreviousTransmissionIsNotWaitedFor) {
  won_by_the_first(0s, A, B);
  at(2s, A.brings(discover)).is(forward, first_copy);  // B is dead
  at(4s, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Turns, ARelaysDeathCostsOneTransmission) {
  won_by_the_first(0s, A, B);
  at(4s, A.brings(discover)).is(drop, turn_passed);  // in vain: B died
  at(8s, A.brings(discover)).is(forward, first_copy);
  at(16s, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Turns, ARelayThatReturnsIsWaitedForFromTheTransmissionAfter) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  won_by_the_first(4s, A, B);
  won_by_the_second(8s, A, B);
}

TEST_F(Turns, TheHeldCopyPutsItsRelayIntoTheRecord) {
  won_by_the_first(0s, A, B);
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(4s + 50ms, A.brings(discover)).is(drop, echo);
  at(4s + 51ms, B.brings(discover)).is(forward, first_copy);
  at(4s + 52ms, A.brings(discover)).is(drop, echo);
}

TEST_F(Turns, AHeldTransmissionThatIsRepeatedAtOncePasses) {  // brought by A alone, who has won
  won_by_the_first(0s, A, B);
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(4s + 200ms, A.brings(discover)).is(forward, retransmission);
  at(4s + 205ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Turns, OnceTheOtherRelayWonTheThirdIsASecondCopy) {
  won_by_the_first(0s, A, B);
  won_by_the_second(4s, A, B);
  at(4s + 3ms, C.brings(discover)).is(drop, second_copy);
  at(4s + 4ms, D.brings(discover)).is(drop, second_copy);
}

TEST_F(Turns, ARelayNeverSeenBeforeWinsAHeldTransmission) {
  won_by_the_first(0s, A, B);
  won_by_the_second(4s, A, C);
  at(4s + 3ms, B.brings(discover)).is(drop, second_copy);
}

// Who has won.
TEST_F(Turns, ADroppedCopyDoesNotWin) {
  won_by_the_first(0s, A, B);
  won_by_the_first(1500ms, A, B);
  won_by_the_second(4s, A, B);
}

TEST_F(Turns, WinningStartsAgainOnlyPastTurnAfter) {
  won_by_the_first(0s, A, B);
  won_by_the_first(1500ms, B, A);  // both have won, but the client has not asked for long: no new start
  won_by_the_first(3s, B, A);      // nobody is left to wait for; from here on only B has won
  won_by_the_second(5s, B, A);
}

TEST_F(Turns, WinningDoesNotStartAgainWhileARelayOfThePreviousTransmissionHasNotWon) {
  won_by_the_first(0s, A, B);
  at(3ms, C.brings(discover)).is(drop, second_copy);
  won_by_the_second(4s, A, B);                         // C has brought the one before, and has not won
  at(8s, B.brings(discover)).is(forward, first_copy);  // the previous one came through A and B, who have won
}

TEST_F(Turns, AWaitingRelaysCopyMayBeLate) {  // held back for B, whose copy comes behind the window
  won_by_the_first(0s, A, B);
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(5s + 1ns, B.brings(discover)).is(forward, late_copy);
  at(5s + 1ms, A.brings(discover)).is(drop, second_copy);
}

// The rule's own limit: the copy that was waited for is lost, and the client repeats its request unchanged and
// inside the window. B's copy of the repeat is taken for the lost one, A's for a repeat of its own; and so on.
TEST_F(Turns, ALostTurnBeforeAFastRepeat) {
  won_by_the_first(0s, A, B);
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(4s + 250ms, B.brings(discover)).is(forward, first_copy);
  at(4s + 255ms, A.brings(discover)).is(forward, retransmission);
  at(4s + 500ms, B.brings(discover)).is(drop, second_copy);
  at(4s + 505ms, A.brings(discover)).is(drop, turn_passed);
}

TEST_F(Turns, MonitorModeKeepsThemButForwards) {
  given({.mode = Mode::monitor});
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, B.brings(discover)).is(forward, would_drop_second_copy);
  at(4s, A.brings(discover)).is(forward, would_drop_turn_passed);
  at(4s, B.brings(discover)).is(forward, first_copy);
  at(8s, A.brings(discover)).is(forward, first_copy);
}

}  // namespace
}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
// Who has to go where there is no room: one bucket, of fourteen lines, and the order in which they came to be used.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Room : public Scenario {
 protected:
  void SetUp() override { given({}, {.clients = 1, .seed = 1}); }

  static Transmission board(uint8_t n, uint32_t xid = 7) {
    return edk2().called({2, 0x54, 0, 0x20, 1, n}).discover().but(&Transmission::xid, xid);
  }
  void boards(Duration time, uint8_t begin, uint8_t end) {
    for (uint8_t n = begin; n < end; ++n) at(time, A.brings(board(n))).is(forward, first_copy);
  }
  void newcomer_takes_anothers_place(Duration time) {
    EXPECT_TRUE(at(time, A.brings(board(99))).is(forward, first_copy).verdict.evicted);
  }
};

TEST_F(Room, TheOldestGoes) {
  boards(0ms, 0, 14);
  newcomer_takes_anothers_place(30ms);
  EXPECT_FALSE(at(31ms, B.brings(board(1))).is(drop, second_copy).verdict.recalled);
  EXPECT_TRUE(at(31ms, B.brings(board(0))).is(drop, second_copy).verdict.recalled);
  at(32ms, A.brings(board(0))).is(forward, evicted_retry);
}

TEST_F(Room, WhatHadToGoIsAskedForWhereThereIsRoomAgain) {
  boards(0ms, 0, 14);
  at(30ms, A.brings(board(99))).is(forward, first_copy).and_refused();
  EXPECT_TRUE(at(31ms, B.brings(board(0))).is(drop, second_copy).verdict.recalled);
}

TEST_F(Room, ASecondCopyDoesNotKeepItsPlace) {
  boards(0ms, 0, 14);
  at(20ms, B.brings(board(0))).is(drop, second_copy);
  newcomer_takes_anothers_place(30ms);
  at(31ms, A.brings(board(0))).is(forward, evicted_retry);
}

TEST_F(Room, ASecondCopyOfAnEarlierTransmissionDoesNotKeepItsPlace) {
  boards(0ms, 0, 1);
  at(0ms, A.brings(board(0, 8))).is(forward, first_copy);
  boards(0ms, 1, 13);
  at(20ms, B.brings(board(0))).is(drop, second_copy);
  newcomer_takes_anothers_place(30ms);
  EXPECT_FALSE(at(31ms, B.brings(board(0, 8))).is(drop, second_copy).verdict.recalled);
  at(32ms, A.brings(board(0))).is(forward, evicted_retry);
}

TEST_F(Room, AnEchoDoesNotKeepItsPlace) {
  boards(0ms, 0, 14);
  at(20ms, A.brings(board(0))).is(drop, echo);
  newcomer_takes_anothers_place(30ms);
  at(31ms, A.brings(board(0))).is(forward, evicted_retry);
}

TEST_F(Room, AHeldCopyDoesNotKeepItsPlace) {
  for (const Duration time : {0s, 3s}) {
    if (time > 0s) at(time, A.brings(board(0))).is(drop, turn_passed);
    at(time + 1ms, (time > 0s ? B : A).brings(board(0))).is(forward, first_copy);
    if (time == 0s) at(time + 2ms, B.brings(board(0))).is(drop, second_copy);
    at(time + 3ms, C.brings(board(0))).is(drop, second_copy);
  }
  at(6s, A.brings(board(0))).is(drop, turn_passed);
  boards(6s, 1, 14);
  at(6020ms, B.brings(board(0))).is(drop, turn_passed);
  newcomer_takes_anothers_place(6030ms);
  EXPECT_FALSE(at(6031ms, B.brings(board(1))).is(drop, second_copy).verdict.recalled);
}

TEST_F(Room, ACopyOfWhatHadToGoDoesNotKeepItsClientsPlace) {
  boards(0ms, 0, 1);
  at(0ms, A.brings(board(0, 8))).is(forward, first_copy);
  boards(0ms, 1, 13);
  newcomer_takes_anothers_place(20ms);
  EXPECT_TRUE(at(21ms, B.brings(board(0))).is(drop, second_copy).verdict.recalled);
  EXPECT_TRUE(at(22ms, A.brings(board(98))).is(forward, first_copy).verdict.evicted);
  EXPECT_TRUE(at(23ms, B.brings(board(0, 8))).is(drop, second_copy).verdict.recalled);
}

TEST_F(Room, ARetransmissionKeepsItsPlace) {
  boards(0ms, 0, 14);
  at(200ms, A.brings(board(0))).is(forward, retransmission);
  newcomer_takes_anothers_place(201ms);
  EXPECT_FALSE(at(202ms, B.brings(board(0))).is(drop, second_copy).verdict.recalled);
}

TEST_F(Room, WhatGoesAtTheEndOfItsWindowIsRemembered) {
  boards(0ms, 0, 14);
  newcomer_takes_anothers_place(1s);
  EXPECT_TRUE(at(1s, B.brings(board(0))).is(forward, over_capacity).verdict.recalled);
}

TEST_F(
    Room,
    WhatHadToGoIsForgottenWithItsWindow) {  // in its last quarter it may have ended already: in doubt, forward
  boards(146ms, 0, 15);
  at(1146ms, B.brings(board(0))).is(forward, over_capacity);
  boards(2146ms, 20, 35);
  at(3147ms, B.brings(board(20))).is(forward, over_capacity);
}

TEST_F(Room, WhatHadToGoIsNotForgottenWithWhatWentLaterAndEndsEarlier) {
  for (uint8_t n = 0; n < 6; ++n) at(0ms, B.brings(board(n))).is(forward, first_copy);
  boards(900ms, 6, 14);
  newcomer_takes_anothers_place(910ms);  // of those that came through A
  EXPECT_TRUE(at(920ms, B.brings(board(98))).is(forward, first_copy).verdict.evicted);  // the oldest of all
  EXPECT_TRUE(at(1600ms, B.brings(board(6))).is(drop, second_copy).verdict.recalled);
}

TEST_F(Room, WhatGoesBehindItsWindowIsNot) {
  boards(0ms, 0, 14);
  EXPECT_FALSE(at(1s + 1ns, A.brings(board(99))).is(forward, first_copy).verdict.evicted);
  at(1s + 1ns, B.brings(board(0))).is(forward, first_copy);
}

TEST_F(Room, AnEarlierTransmissionIsMissedToTheEndOfItsWindow) {
  boards(0ms, 0, 1);
  at(0ms, A.brings(board(0, 8))).is(forward, first_copy);
  boards(0ms, 1, 13);
  newcomer_takes_anothers_place(1s);
  EXPECT_TRUE(at(1s, B.brings(board(0))).is(forward, over_capacity).verdict.recalled);
}

// The forgotten are told apart by all that tells requests and relays apart, also where they have one line for all.
TEST_F(Room, TheTwinOfWhatHadToGoPasses) {
  for (uint8_t n = 0; n < 20; ++n) at(1ms * n, A.brings(board(n))).is(forward, first_copy);
  for (uint8_t n = 0; n < 5; ++n)
    at(40ms, C.asking_for("10.20.1.4"_ip).brings(board(n))).is(forward, first_copy);
}

TEST_F(Room, ThePartnersCopyOfWhatHadToGoIsDropped) {  // behind one anycast address
  const Router partner = A.but(&Router::mac, B.mac);
  for (uint8_t n = 0; n < 20; ++n) at(1ms * n, A.brings(board(n))).is(forward, first_copy);
  for (uint8_t n = 0; n < 5; ++n) at(40ms, partner.brings(board(n))).is(drop, second_copy);
}

// A transmission of the client's own, that only tells late copies from first ones, is written over after five seconds.
TEST_F(Room, TheNextTransmissionLeavesTheOneBeforeForFiveSeconds) {
  at(0s, A.brings(board(0))).is(forward, first_copy);
  at(5s, A.brings(board(0, 8))).is(forward, first_copy);
  at(5s, B.brings(board(0))).is(forward, late_copy);
}

TEST_F(Room, TheNextButOneLeavesItToo) {
  at(0s, A.brings(board(0))).is(forward, first_copy);
  at(1s, A.brings(board(0, 8))).is(forward, first_copy);
  at(5s, A.brings(board(0, 9))).is(forward, first_copy);
  at(5s, B.brings(board(0))).is(forward, late_copy);
}

TEST_F(Room, AClientThatIsForgottenGoesBeforeAnothersEarlierTransmission) {
  boards(0s, 0, 14);
  at(70s + 1ns, A.brings(board(99))).is(forward, first_copy);
  at(72s, A.brings(board(99, 8))).is(forward, first_copy);
  at(73s, B.brings(board(99))).is(forward, late_copy);
}

}  // namespace
}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
// VLAN tags: the ids are part of the key, priority and TPID are not, id 0 is no tag.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using Vlan = Scenario;

TEST_F(Vlan, BothCopiesOnOneVlan) {
  at(0ms, A.brings(discover).tagged({{5}})).is(forward, first_copy);
  at(1ms, B.brings(discover).tagged({{5}})).is(drop, second_copy);
}

TEST_F(Vlan, OneMacOnTwoVlansIsTwoClients) {
  at(0ms, A.brings(discover).tagged({{5}})).is(forward, first_copy);
  at(1ms, A.brings(discover).tagged({{6}})).is(forward, first_copy);
  at(2ms, A.brings(discover)).is(forward, first_copy);
  at(3ms, B.brings(discover).tagged({{6}})).is(drop, second_copy);
  at(4ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Vlan, AllTwelveBitsCount) {
  at(0ms, A.brings(discover).tagged({{4095}})).is(forward, first_copy);
  at(1ms, B.brings(discover).tagged({{2047}})).is(forward, first_copy);
  at(2ms, C.brings(discover).tagged({{4094}})).is(forward, first_copy);
  at(3ms, D.brings(discover).tagged({{4095}})).is(drop, second_copy);
}

TEST_F(Vlan, PriorityAndTpidDoNotCount) {
  at(0ms, A.brings(discover).tagged({{5, 0x8100, 0}})).is(forward, first_copy);
  at(1ms, B.brings(discover).tagged({{5, 0x88a8, 7}})).is(drop, second_copy);
  at(2ms, C.brings(discover).tagged({{5, 0x9100, 3}})).is(drop, second_copy);
}

TEST_F(Vlan, TwoTags) {
  at(0ms, A.brings(discover).tagged({{100, 0x88a8}, {5}})).is(forward, first_copy);
  at(1ms, B.brings(discover).tagged({{100, 0x9100}, {5}})).is(drop, second_copy);
  at(2ms, C.brings(discover).tagged({{101, 0x88a8}, {5}})).is(forward, first_copy);
  at(3ms, C.brings(discover).tagged({{100, 0x88a8}, {6}})).is(forward, first_copy);
  at(4ms, C.brings(discover).tagged({{5, 0x88a8}, {100}})).is(forward, first_copy);  // the order counts
}

TEST_F(Vlan, APriorityTagIsNoTag) {
  at(0ms, A.brings(discover).tagged({{0, 0x8100, 5}})).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(2ms, C.brings(discover).tagged({{0}, {0}})).is(drop, second_copy);
}

TEST_F(Vlan, APriorityTagBesideAVlanIsNoTag) {
  at(0ms, A.brings(discover).tagged({{0, 0x88a8, 5}, {5}})).is(forward, first_copy);
  at(1ms, B.brings(discover).tagged({{5}})).is(drop, second_copy);
  at(2ms, C.brings(discover).tagged({{5}, {0}})).is(drop, second_copy);
}

TEST_F(Vlan, AThirdTagIsForwardedUnjudged) {
  at(0ms, A.brings(discover).tagged({{7, 0x88a8}, {6}, {5}})).is(forward, not_dhcp);
  at(1ms, B.brings(discover).tagged({{7, 0x88a8}, {6}, {5}})).is(forward, not_dhcp);
  at(2ms, B.brings(discover).tagged({{0}, {0}, {5}})).is(forward, not_dhcp);
}

TEST_F(Vlan, AnUnknownTagIsForwardedUnjudged) {
  at(0ms, A.brings(discover).tagged({{5, 0x9200}})).is(forward, not_dhcp);
  at(1ms, B.brings(discover).tagged({{5, 0x9200}})).is(forward, not_dhcp);
}

TEST_F(Vlan, TwoVlansOfOneTrunkLeftOut) {
  given({.ignore_vlan = true});
  at(0ms, A.brings(discover).tagged({{5}})).is(forward, first_copy);
  at(1ms, B.brings(discover).tagged({{6}})).is(drop, second_copy);
  at(2ms, C.brings(discover)).is(drop, second_copy);
  at(3ms, D.brings(discover).tagged({{7, 0x88a8}, {6}})).is(drop, second_copy);
}

TEST_F(Vlan, LeftOutOfTheTurnsAsWell) {
  given({.ignore_vlan = true});
  at(0s, A.brings(discover).tagged({{5}})).is(forward, first_copy);
  at(0s, B.brings(discover).tagged({{6}})).is(drop, second_copy);
  at(4s, A.brings(discover).tagged({{5}})).is(drop, turn_passed);
  at(4s, B.brings(discover).tagged({{6}})).is(forward, first_copy);
}

}  // namespace
}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
// Smart relays ask for each subnet of an interface: one router, several giaddrs, on purpose.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class SmartRelay : public Scenario {
 protected:
  // The routers' second addresses: within the /24 of the first, and in another one.
  const Router A_near = A.asking_for("10.20.0.130"_ip), B_near = B.asking_for("10.20.0.131"_ip);
  const Router A_far = A.asking_for("10.20.1.2"_ip), B_far = B.asking_for("10.20.1.3"_ip);
};

TEST_F(SmartRelay, AsksForTwoSubnetsOfOneScope) {
  at(0us, A.brings(discover)).is(forward, first_copy);
  at(50us, A_near.brings(discover)).is(forward, other_subnet_same_relay);
  at(1ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(SmartRelay, AsksForTwoScopes) {
  at(0us, A.brings(discover)).is(forward, first_copy);
  at(50us, A_far.brings(discover)).is(forward, other_subnet_same_relay);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(1ms, B_far.brings(discover)).is(drop, second_copy);
}

TEST_F(SmartRelay, TheNetworkDoublesItsSecondCopy) {
  at(0us, A.brings(discover)).is(forward, first_copy);
  at(50us, A_near.brings(discover)).is(forward, other_subnet_same_relay);
  at(60us, A_near.brings(discover)).is(drop, echo);
  at(70us, A.brings(discover)).is(drop, echo);
}

TEST_F(SmartRelay, AsksAgainForBothSubnetsOfOneScope) {
  at(0us, A.brings(discover)).is(forward, first_copy);
  at(50us, A_near.brings(discover)).is(forward, other_subnet_same_relay);
  at(250ms, A.brings(discover)).is(forward, retransmission);
  at(251ms, A_near.brings(discover)).is(forward, other_subnet_same_relay);
}

TEST_F(SmartRelay, AsksAgainForBothScopes) {
  at(0us, A.brings(discover)).is(forward, first_copy);
  at(50us, A_far.brings(discover)).is(forward, other_subnet_same_relay);
  at(250ms, A.brings(discover)).is(forward, retransmission);
  at(251ms, A_far.brings(discover)).is(forward, retransmission);
  at(252ms, B.brings(discover)).is(drop, second_copy);
  at(253ms, B_far.brings(discover)).is(drop, second_copy);
}

TEST_F(SmartRelay, BothRoutersAskForBothScopes) {  // interleaved, each subnet is asked for once
  at(0us, B_far.brings(discover)).is(forward, first_copy);
  at(10us, A.brings(discover)).is(forward, twin_other_scope);
  at(20us, B.brings(discover)).is(drop, second_copy);
  at(30us, A_far.brings(discover)).is(drop, second_copy);
}

// Within one scope the routers' second addresses cannot be told to mean the same subnet: in doubt, forward.
TEST_F(SmartRelay, BothRoutersAskForBothSubnetsOfOneScope) {
  at(0us, A.brings(discover)).is(forward, first_copy);
  at(10us, A_near.brings(discover)).is(forward, other_subnet_same_relay);
  at(20us, B.brings(discover)).is(drop, second_copy);
  at(30us, B_near.brings(discover)).is(forward, other_subnet_same_relay);
}

TEST_F(SmartRelay, ItsSecondSubnetIsNoTurnOfAnybodyElses) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, B.brings(discover)).is(drop, second_copy);
  at(0s, B_near.brings(discover)).is(forward, other_subnet_same_relay);
  at(0s, C.brings(discover)).is(drop, second_copy);
  at(4s, B.brings(discover)).is(forward, first_copy);
  at(4s, B_near.brings(discover)).is(forward, other_subnet_same_relay);  // though C has not won yet
}

TEST_F(SmartRelay, BothCopiesAreHeldBackForAnother) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(0s, A_near.brings(discover)).is(forward, other_subnet_same_relay);
  at(0s, B.brings(discover)).is(drop, second_copy);
  at(4s, A.brings(discover)).is(drop, turn_passed);
  at(4s, A_near.brings(discover)).is(drop, turn_passed);
  at(4s, B.brings(discover)).is(forward, first_copy);
}

TEST_F(SmartRelay, LinkSelectionTellsTheSubnetsApart) {  // one loopback giaddr, two sub-options 5
  const Router leaf = {"leaf", "02:00:00:00:01:01"_mac, "10.255.1.1"_ip, "10.255.1.1"_ip};
  const auto asking = [&](Ip subnet) { return leaf.writing(option82({link_selection(subnet)})); };
  at(0us, asking("10.20.0.0"_ip).brings(discover)).is(forward, first_copy);
  at(10us, asking("10.20.0.128"_ip).brings(discover)).is(forward, other_subnet_same_relay);
  at(20us, asking("10.20.1.0"_ip).brings(discover)).is(forward, other_subnet_same_relay);
}

TEST_F(SmartRelay, ChangesTheGiaddrAfterThreeTries) {  // Comware, Junos
  given({.turn_after = 0s});
  for (auto second : {0s, 4s, 8s}) at(second, A.brings(discover)).is(forward, first_copy);
  for (auto second : {12s, 16s}) at(second, A_far.brings(discover)).is(forward, first_copy);
}

TEST_F(SmartRelay, ChangesTheGiaddrWhileTheRequestIsFresh) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(500ms, A_near.brings(discover)).is(forward, other_subnet_same_relay);
  at(1000ms, A_far.brings(discover)).is(forward, other_subnet_same_relay);
}

}  // namespace
}  // namespace relaysieve::test

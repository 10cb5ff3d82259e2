// SPDX-License-Identifier: Apache-2.0
// Routers with an interface each in the client's subnet: HSRP, VRRP, ISC dhcrelay and dnsmasq pairs. The copies
// differ in giaddr, source IP and source MAC.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using Hsrp = Scenario;

TEST_F(Hsrp, SecondRoutersCopyIsDropped) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(5ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Hsrp, WhoeverIsFirstWins) {
  at(0ms, B.brings(discover)).is(forward, first_copy);
  at(5ms, A.brings(discover)).is(drop, second_copy);
}

TEST_F(Hsrp, CopiesInTheSameNanosecond) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(0ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Hsrp, OneRouterAloneServesItsClients) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, A.brings(request)).is(forward, first_copy);
  at(4s, A.brings(discover)).is(forward, first_copy);
}

TEST_F(Hsrp, ThreeRouters) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(2ms, C.brings(discover)).is(drop, second_copy);
}

TEST_F(Hsrp, FourRoutersAndARetransmission) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(2ms, C.brings(discover)).is(drop, second_copy);
  at(3ms, D.brings(discover)).is(drop, second_copy);

  at(250ms, C.brings(discover)).is(forward, retransmission);
  at(251ms, D.brings(discover)).is(drop, second_copy);
  at(252ms, A.brings(discover)).is(drop, second_copy);
  at(253ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Hsrp, EightRoutersAreJudgedTheNinthIsBeyondCapacity) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  Router other = A;
  for (uint8_t n = 2; n <= 8; ++n) {
    other.mac[5] = n + 100;
    at(1ms * n, other.brings(discover)).is(drop, second_copy);
  }
  other.mac[5] = 109;
  at(9ms, other.brings(discover)).is(forward, over_capacity);
  at(9ms, B.brings(discover)).is(forward, over_capacity);
  at(9ms, A.brings(discover)).is(drop, echo);
}

TEST_F(Hsrp, TwoClientsAtOnceAreTwoRequests) {
  const Transmission other = edk2().called("52:54:00:20:00:05"_mac).discover();
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(0ms, A.brings(other)).is(forward, first_copy);
  at(1ms, B.brings(other)).is(drop, second_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Hsrp, TheHopsThatTheCopiesMadeDoNotMatter) {
  at(0ms, A.brings(discover).but(&Copy::hops, 1)).is(forward, first_copy);
  at(1ms, B.brings(discover).but(&Copy::hops, 2)).is(drop, second_copy);
  at(2ms, C.brings(discover).but(&Copy::hops, 0)).is(drop, second_copy);
}

TEST_F(Hsrp, TheRelaysSourcePortDoesNotMatter) {  // VPP keeps the client's 68; RFC 8357 relays use any
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.but(&Router::source_port, 68).brings(discover)).is(drop, second_copy);
  at(2ms, C.but(&Router::source_port, 49152).brings(discover)).is(drop, second_copy);
}

TEST_F(Hsrp, OneMacAndAddressAtTwoPortsOfTheBoxAreTwoRelays) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, A.but(&Router::port, 1).brings(discover)).is(drop, second_copy);
}

TEST_F(Hsrp, TheNetworkDoublesAFrame) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, A.brings(discover)).is(drop, echo);
  at(2ms, B.brings(discover)).is(drop, second_copy);
  at(3ms, B.brings(discover)).is(drop, echo);
}

}  // namespace
}  // namespace relaysieve::test

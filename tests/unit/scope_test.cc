// SPDX-License-Identifier: Apache-2.0
// Scope: the client's subnet as the relay reports it. The same request in another scope is another client.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using Scope = Scenario;

Router in_vrf(const Router& router, std::string_view name) {
  return router.writing(option82({circuit_id("eth1"), vrf(name)}));
}

TEST_F(Scope, ByDefaultThe24) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for("10.20.1.3"_ip).brings(discover)).is(forward, twin_other_scope);
  at(2ms, C.asking_for("10.20.0.254"_ip).brings(discover)).is(drop, second_copy);
  at(3ms, D.asking_for("10.20.1.254"_ip).brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, AShorterPrefixHoldsBoth) {
  given({.subnet_bits = 23});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for("10.20.1.3"_ip).brings(discover)).is(drop, second_copy);
  at(2ms, C.asking_for("10.20.2.3"_ip).brings(discover)).is(forward, twin_other_scope);
}

TEST_F(Scope, ALongerPrefixHoldsFewer) {
  given({.subnet_bits = 25});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for("10.20.0.129"_ip).brings(discover)).is(forward, twin_other_scope);
}

TEST_F(Scope, APrefixOf0HoldsEverything) {
  given({.subnet_bits = 0});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for("192.168.1.3"_ip).brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, AnyIsOneScope) {
  given({.scope = ScopeRule::any});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for("192.168.1.3"_ip).brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, AnyStillLetsASmartRelayAsk) {
  given({.scope = ScopeRule::any});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, A.asking_for("10.20.1.2"_ip).brings(discover)).is(forward, other_subnet_same_relay);
}

TEST_F(Scope, ExactComparesTheWholeAddress) {
  given({.scope = ScopeRule::exact});
  const Ip anycast = "10.20.0.1"_ip;
  at(0ms, A.asking_for(anycast).brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for(anycast).brings(discover)).is(drop, second_copy);
  at(2ms, C.brings(discover))
      .is(forward, twin_other_scope);  // an HSRP pair needs another setting, and sees it
}

TEST_F(Scope, ExactComparesTheLinkSelection) {
  given({.scope = ScopeRule::exact});
  const auto subnet = option82({link_selection("10.20.0.0"_ip)});
  at(0ms, A.writing(subnet).brings(discover)).is(forward, first_copy);
  at(1ms, B.writing(subnet).brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, LinkSelectionGoesBeforeGiaddr) {
  const Router remote = B.asking_for("10.255.0.3"_ip).writing(option82({link_selection("10.20.0.0"_ip)}));
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, remote.brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, ARelayGroupIsOneScope) {
  given({.relay_groups = {{{"10.20.0.0"_ip, 24}, {"10.40.7.0"_ip, 24}}}});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for("10.40.7.3"_ip).brings(discover)).is(drop, second_copy);
  at(2ms, C.asking_for("10.40.8.3"_ip).brings(discover)).is(forward, twin_other_scope);
}

TEST_F(Scope, ARelayGroupHoldsLinkSelections) {
  given({.relay_groups = {{{"10.20.0.0"_ip, 24}, {"10.40.7.0"_ip, 24}}}});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  const Router remote = B.asking_for("10.255.0.3"_ip).writing(option82({link_selection("10.40.7.0"_ip)}));
  at(1ms, remote.brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, TheFirstRelayGroupThatMatchesCounts) {
  const Networks narrow = {{"10.20.0.0"_ip, 24}}, wide = {{"10.20.0.0"_ip, 16}};
  given({.relay_groups = {narrow, wide}});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for("10.20.1.3"_ip).brings(discover)).is(forward, twin_other_scope);
  at(2ms, C.asking_for("10.20.9.3"_ip).brings(discover)).is(drop, second_copy);  // B's group
}

TEST_F(Scope, ARelayGroupHoldsUnderExactToo) {
  given({.scope = ScopeRule::exact, .relay_groups = {{{"10.20.0.2"_ip}, {"10.20.0.3"_ip}}}});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(2ms, C.brings(discover)).is(forward, twin_other_scope);
}

TEST_F(Scope, ARelayGroupOfOthersMakesNoStrangers) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  given({.relay_groups = {{{"10.40.7.0"_ip, 24}}}});
  at(1ms, B.brings(discover)).is(drop, second_copy);
  given({});
  at(2ms, C.brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, OneSubnetInTwoVrfsIsTwoScopes) {
  at(0ms, in_vrf(A, "blue").brings(discover)).is(forward, first_copy);
  at(1ms, in_vrf(B, "red").brings(discover)).is(forward, twin_other_scope);
  at(2ms, in_vrf(C, "blue").brings(discover)).is(drop, second_copy);
  at(3ms, in_vrf(D, "red").brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, ARelayGroupInTwoVrfsIsTwoScopes) {
  given({.relay_groups = {{{"10.20.0.0"_ip, 16}}}});
  at(0ms, in_vrf(A, "blue").brings(discover)).is(forward, first_copy);
  at(1ms, in_vrf(B.asking_for("10.20.9.3"_ip), "red").brings(discover)).is(forward, twin_other_scope);
  at(2ms, in_vrf(C.asking_for("10.20.9.4"_ip), "blue").brings(discover)).is(drop, second_copy);
}

TEST_F(Scope, ATwinIsNotedInsideTheWindowOnly) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(1s, B.asking_for("10.40.0.3"_ip).brings(discover)).is(forward, twin_other_scope);
  at(2s + 1ns, C.asking_for("10.41.0.3"_ip).brings(discover)).is(forward, first_copy);
}

TEST_F(Scope, ATwinsRetransmissionsAreItsOwn) {
  const Router far1 = C.asking_for("10.40.0.4"_ip), far2 = D.asking_for("10.40.0.5"_ip);
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(50ms, far1.brings(discover)).is(forward, twin_other_scope);
  at(250ms, A.brings(discover)).is(forward, retransmission);
  at(251ms, B.brings(discover)).is(drop, second_copy);
  at(300ms, far2.brings(discover)).is(drop, second_copy);
  at(301ms, far1.brings(discover)).is(forward, retransmission);
}

TEST_F(Scope, ATwinIsToldWithBothSubnets) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  const Verdict twin =
      at(5ms, B.asking_for("10.20.1.3"_ip).brings(discover)).is(forward, twin_other_scope).verdict;
  EXPECT_EQ(twin.first_subnet, "10.20.0.0"_ip);
  EXPECT_EQ(twin.subnet, "10.20.1.0"_ip);
  const Router loopback = C.writing(option82({link_selection("10.20.2.0"_ip)}));
  EXPECT_EQ(at(6ms, loopback.brings(discover)).is(forward, twin_other_scope).verdict.subnet, "10.20.2.0"_ip);
}

}  // namespace
}  // namespace relaysieve::test

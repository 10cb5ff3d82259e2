// SPDX-License-Identifier: Apache-2.0
// EVPN, MLAG and VRRP-address relays: the copies share addresses that an HSRP pair's do not.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

constexpr Ip kAnycast = "10.20.0.1"_ip;

class Anycast : public Scenario {
 protected:
  // One address for both leaves; on some fabrics one MAC as well.
  const Router leaf1 = {"leaf1", "02:00:00:00:01:01"_mac, kAnycast, kAnycast};
  const Router leaf2 = {"leaf2", "02:00:00:00:01:02"_mac, kAnycast, kAnycast};
};

TEST_F(Anycast, OneGiaddrTwoMacs) {
  at(0ms, leaf1.brings(discover)).is(forward, first_copy);
  at(1ms, leaf2.brings(discover)).is(drop, second_copy);
  at(4s, leaf1.brings(request)).is(forward, first_copy);
  at(4s, leaf2.brings(request)).is(drop, second_copy);
}

TEST_F(Anycast, OneMacTwoOptions82) {
  const Router one = leaf1.writing(option82({circuit_id("leaf1:eth7")}));
  const Router two = leaf1.writing(option82({circuit_id("leaf2:eth7")}));
  at(0ms, one.brings(discover)).is(forward, first_copy);
  at(1ms, two.brings(discover)).is(drop, second_copy);
  at(2ms, two.brings(discover)).is(drop, echo);
  at(250ms, two.brings(discover)).is(forward, retransmission);
  at(251ms, one.brings(discover)).is(drop, second_copy);
}

// Behind an option 82 of the access switch, which is the same in both copies.
TEST_F(Anycast, OneMacTwoSecondOptions82) {
  const auto leaf_writing = [&](std::string_view port) {
    return leaf1.writing([=](Options& options) {
      option82_at(0, {circuit_id("access")})(options);
      option82({circuit_id(port)})(options);
    });
  };
  at(0ms, leaf_writing("eth1").brings(discover)).is(forward, first_copy);
  at(1ms, leaf_writing("eth2").brings(discover)).is(drop, second_copy);
  at(2ms, leaf_writing("eth1").brings(discover)).is(drop, echo);
}

TEST_F(Anycast, OneMacAndOption82FromOneLeafOnly) {
  at(0ms, leaf1.brings(discover)).is(forward, first_copy);
  at(1ms, leaf1.writing(option82({circuit_id("eth7")})).brings(discover)).is(drop, second_copy);
}

TEST_F(Anycast, TwoMacsTwoOptions82) {
  at(0ms, leaf1.writing(option82({circuit_id("leaf1:eth7")})).brings(discover)).is(forward, first_copy);
  at(1ms, leaf2.writing(option82({circuit_id("leaf2:eth7")})).brings(discover)).is(drop, second_copy);
}

TEST_F(Anycast, IndistinguishableLeavesAreDroppedAsOneRouterThatRepeatsItself) {
  at(0ms, leaf1.brings(discover)).is(forward, first_copy);
  at(1ms, leaf1.brings(discover)).is(drop, echo);
}

TEST_F(Anycast, VrrpAddressAsAgentAddress) {  // Extreme: one giaddr, source IP and MAC are the routers' own
  at(0ms, A.asking_for(kAnycast).brings(discover)).is(forward, first_copy);
  at(1ms, B.asking_for(kAnycast).brings(discover)).is(drop, second_copy);
}

class Loopback : public Scenario {
 protected:
  // EVPN, VLT, dual-ToR: giaddr is the leaf's loopback, the client's subnet stands in option 82.
  static Router leaf(std::string name, Mac mac, Ip loopback, const Options& sub_options) {
    return Router{std::move(name), mac, loopback, loopback}.writing(option82(sub_options));
  }
  static Router first(const Options& sub_options) {
    return leaf("leaf1", "02:00:00:00:01:01"_mac, "10.255.1.1"_ip, sub_options);
  }
  static Router second(const Options& sub_options) {
    return leaf("leaf2", "02:00:00:00:01:02"_mac, "10.255.2.1"_ip, sub_options);
  }
  const Option subnet = link_selection("10.20.0.0"_ip);
};

TEST_F(Loopback, LinkSelectionSaysThatItIsOneSubnet) {
  at(0ms, first({subnet}).brings(discover)).is(forward, first_copy);
  at(1ms, second({subnet}).brings(discover)).is(drop, second_copy);
}

TEST_F(Loopback, OtherSubOptionsStandBesideIt) {
  const Option override_server = {11, bytes_of("10.255.1.1"_ip)};  // RFC 5107
  at(0ms, first({circuit_id("eth7"), override_server, subnet, vrf("blue")}).brings(discover))
      .is(forward, first_copy);
  at(1ms, second({subnet, vrf("blue"), circuit_id("eth9")}).brings(discover)).is(drop, second_copy);
}

TEST_F(Loopback, AnotherSubnetOfAnotherLeafIsAnotherClient) {
  at(0ms, first({subnet}).brings(discover)).is(forward, first_copy);
  at(1ms, second({link_selection("10.20.1.0"_ip)}).brings(discover)).is(forward, twin_other_scope);
}

TEST_F(Loopback, WithoutLinkSelectionTheScopeIsGuessedWrongAndCounted) {
  at(0ms, first({circuit_id("eth7")}).brings(discover)).is(forward, first_copy);
  at(1ms, second({circuit_id("eth7")}).brings(discover)).is(forward, twin_other_scope);
}

TEST_F(Loopback, ARelayGroupMendsThat) {
  given({.relay_groups = {{{"10.255.1.1"_ip}, {"10.255.2.1"_ip}}}});
  at(0ms, first({circuit_id("eth7")}).brings(discover)).is(forward, first_copy);
  at(1ms, second({circuit_id("eth7")}).brings(discover)).is(drop, second_copy);
}

TEST_F(Loopback, LinkSelectionOfAWrongLengthIsNone) {
  const Option stump = {5, {10, 20, 0}};
  at(0ms, first({stump}).brings(discover)).is(forward, first_copy);
  at(1ms, second({stump}).brings(discover)).is(forward, twin_other_scope);
}

TEST_F(Loopback, AnOption82ThatContradictsItselfIsNoError) {  // the sub-option says 9 bytes and has 1
  const Router odd = A.writing([](Options& options) { options.push_back({kRelayInfo, {5, 9, 10}}); });
  at(0ms, odd.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
}

}  // namespace
}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
// Who brings DHCPv6 requests, and from which subnet: lightweight and nested relays, interface-ids, scopes, trust (RFC 8415
// s19, RFC 6221).
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Dhcp6Relays : public Scenario {
 protected:
  const Router6 A6 = {"A", "02:00:00:30:00:02"_mac, "fd20:30::2"_ip6, "fd20:20::2"_ip6};
  const Router6 B6 = {"B", "02:00:00:30:00:03"_mac, "fd20:30::3"_ip6, "fd20:20::3"_ip6};
  const Router6 lightweight = {"S", {}, "fe80::5"_ip6, {}, 0, 547, {{kInterfaceId, {1, 2}}}, {}};
  const Transmission6 first = solicit();
};

TEST_F(Dhcp6Relays, TheOrderOfARelaysOptions) {
  const Options6 ids = {{kInterfaceId, {1}}};
  at(0ms, A6.but(&Router6::before, ids).brings(first)).is(forward, first_copy);
  at(1ms, B6.but(&Router6::behind, ids).brings(first)).is(drop, second_copy);
}

TEST_F(Dhcp6Relays, EachPartOfAPlaceTellsRelaysApart) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, A6.but(&Router6::port, 1).brings(first)).is(drop, second_copy);
  at(2ms, A6.but(&Router6::mac, B6.mac).brings(first)).is(drop, second_copy);
  at(3ms, A6.but(&Router6::ip, B6.ip).brings(first)).is(drop, second_copy);
  at(4ms, A6.brings(first)).is(drop, echo);
}

TEST_F(Dhcp6Relays, InterfaceIdOnlyTellsRelaysApart) {  // one anycast address, one MAC, one link-address
  const auto by = [&](uint8_t id) {
    return A6.but(&Router6::before, Options6{{kInterfaceId, {id}}}).brings(first);
  };
  at(0ms, by(1)).is(forward, first_copy);
  at(1ms, by(2)).is(drop, second_copy);
  at(2ms, by(1)).is(drop, echo);
}

TEST_F(Dhcp6Relays, TheClientsAddressIsNoPartOfTheRelay) {
  const Router6 named = A6.but(&Router6::before, Options6{{kInterfaceId, {1}}});
  at(0ms, named.brings(first)).is(forward, first_copy);
  at(1ms, named.brings(first.but(&Transmission6::peer, "fe80::99"_ip6))).is(drop, echo);
}

TEST_F(Dhcp6Relays, RemoteIdOnlyTellsRelaysApart) {
  const auto by = [&](uint8_t id) {
    return A6.but(&Router6::behind, Options6{{kRemoteId, {0, 0, 0, 9, id}}}).brings(first);
  };
  at(0ms, by(1)).is(forward, first_copy);
  at(1ms, by(2)).is(drop, second_copy);
}

TEST_F(Dhcp6Relays, ALightweightRelayInFrontOfBoth) {
  at(0ms, A6.brings(first, {lightweight})).is(forward, first_copy);
  at(1ms, B6.brings(first, {lightweight})).is(drop, second_copy);
}

TEST_F(Dhcp6Relays, NestedRelays) {  // A and B in one subnet, behind two others: four ways to the server
  const Router6 core = {"C", "02:00:00:30:00:04"_mac, "fd20:30::4"_ip6, "fd20:25::4"_ip6};
  const Router6 other = {"D", "02:00:00:30:00:05"_mac, "fd20:30::5"_ip6, "fd20:25::5"_ip6};
  at(0ms, core.brings(first, {A6})).is(forward, first_copy);
  at(1ms, core.brings(first, {B6})).is(drop, second_copy);
  at(2ms, other.brings(first, {A6})).is(drop, second_copy);
  at(3ms, other.brings(first, {B6})).is(drop, second_copy);
  at(4ms, core.brings(first, {A6})).is(drop, echo);
}

TEST_F(Dhcp6Relays, AnotherSubnetIsAnotherClient) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.but(&Router6::link, "fd20:21::3"_ip6).brings(first)).is(forward, twin_other_scope);
}

TEST_F(Dhcp6Relays, OneRouterAsksForAnotherOfItsSubnets) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, A6.but(&Router6::link, "fd20:21::2"_ip6).brings(first)).is(forward, other_subnet_same_relay);
  at(2ms, A6.but(&Router6::link, "fd20:20::200"_ip6).brings(first)).is(forward, other_subnet_same_relay);
}

TEST_F(Dhcp6Relays, SubnetsAreAsWideAsTheSettingSays) {
  const Router6 beside = B6.but(&Router6::link, "fd20:20:0:1::3"_ip6);
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, beside.brings(first)).is(forward, twin_other_scope);
  given({.subnet6_bits = 48});
  at(5s, A6.brings(first)).is(forward, first_copy);
  at(5001ms, beside.brings(first)).is(drop, second_copy);
  given({.scope = ScopeRule::exact});
  at(10s, A6.brings(first)).is(forward, first_copy);
  at(10001ms, B6.brings(first)).is(forward, twin_other_scope);
  given({.scope = ScopeRule::any});
  at(15s, A6.brings(first)).is(forward, first_copy);
  at(15001ms, B6.but(&Router6::link, "2001:db8::1"_ip6).brings(first)).is(drop, second_copy);
}

TEST_F(Dhcp6Relays, ARelayGroup) {
  const Router6 elsewhere = B6.but(&Router6::link, "2001:db8:7::3"_ip6);
  given({.relay_groups = {{{"fd20:20::"_ip6, 64}, {"2001:db8::"_ip6, 32}}}});
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, elsewhere.brings(first)).is(drop, second_copy);
}

TEST_F(Dhcp6Relays, WithoutAnyLinkAddressTheRelaysAreOneScope) {
  at(0ms, A6.but(&Router6::link, Address()).brings(first)).is(forward, first_copy);
  at(1ms, B6.but(&Router6::link, Address()).brings(first)).is(drop, second_copy);
}

TEST_F(Dhcp6Relays, OnlyTrustedRelaysMoveTheMemory) {
  given({.trusted_relays = {{"fd20:20::"_ip6, 64}, {"fd20:30::"_ip6, 126}}});
  at(0ms, A6.but(&Router6::ip, "fd20:30::99"_ip6).brings(first)).is(forward, untrusted_relay);
  at(0ms, A6.but(&Router6::link, "fd20:21::2"_ip6).brings(first)).is(forward, untrusted_relay);
  at(1ms, A6.brings(first)).is(forward, first_copy);
  at(2ms, B6.brings(first)).is(drop, second_copy);
  given({.trusted_relays = {{"10.0.0.0"_ip, 8}}});
  at(5s, A6.brings(first)).is(forward, untrusted_relay);
}

}  // namespace
}  // namespace relaysieve::test

// SPDX-License-Identifier: Apache-2.0
// The rule on DHCPv6: what clients write, and what becomes of its copies (RFC 8415).
#include "fingerprint.h"
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Dhcp6 : public Scenario {
 protected:
  void is_part_of_the_key(const Transmission6& one, const Transmission6& other, Place where = Place::here()) {
    at(0ms, A6.brings(one), where).is(forward, first_copy);
    at(1ms, A6.brings(other), where).is(forward, first_copy);
    at(2ms, B6.brings(one), where).is(drop, second_copy);
    at(3ms, B6.brings(other), where).is(drop, second_copy);
  }
  const Router6 A6 = {"A", "02:00:00:30:00:02"_mac, "fd20:30::2"_ip6, "fd20:20::2"_ip6};
  const Router6 B6 = {"B", "02:00:00:30:00:03"_mac, "fd20:30::3"_ip6, "fd20:20::3"_ip6};
  const Transmission6 first = solicit();
};

TEST_F(Dhcp6, SecondRoutersCopyIsDropped) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(5ms, B6.brings(first)).is(drop, second_copy);
  at(6ms, B6.brings(first)).is(drop, echo);
}

TEST_F(Dhcp6, ARetransmissionDiffersInItsElapsedTime) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(250ms, A6.brings(first.after(25))).is(forward, first_copy);  // iPXE
  at(251ms, B6.brings(first)).is(drop, second_copy);              // late, but inside the window
  at(252ms, B6.brings(first.after(25))).is(drop, second_copy);
}

TEST_F(Dhcp6, AnUnchangedRetransmission) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(first)).is(drop, second_copy);
  at(250ms, A6.brings(first)).is(forward, retransmission);
  at(251ms, B6.brings(first)).is(drop, second_copy);
}

TEST_F(Dhcp6, TheRequestAfterTheSolicit) { is_part_of_the_key(first, request6()); }
TEST_F(Dhcp6, TheTransactionId) {
  is_part_of_the_key(first, first.but(&Transmission6::transaction, 0x9198d7));
}
TEST_F(Dhcp6, TheDuid) { is_part_of_the_key(first, first.with({kDuid, {0, 3, 0, 1, 2, 0, 0, 0, 0, 7}})); }

TEST_F(Dhcp6, WithoutADuidTheClientsAddress) {
  const Transmission6 nameless = first.without(kDuid);
  is_part_of_the_key(nameless, nameless.but(&Transmission6::peer, "fe80::99"_ip6));
}

TEST_F(Dhcp6, WithADuidTheClientsAddressDoesNotMatter) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(first.but(&Transmission6::peer, "fe80::99"_ip6))).is(drop, second_copy);
}

TEST_F(Dhcp6, AnotherServer) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(0ms, A6.brings(first).to(kSecondServer6)).is(forward, first_copy);
  at(1ms, B6.brings(first)).is(drop, second_copy);
  at(1ms, B6.brings(first).to(kSecondServer6)).is(drop, second_copy);
}

TEST_F(Dhcp6, AServerGroup) {
  given({.server_groups = {{kServer6, kSecondServer6}}});
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(first).to(kSecondServer6)).is(drop, second_copy);
}

TEST_F(Dhcp6, VlansCountUnlessTheyAreIgnored) {
  at(0ms, A6.brings(first).tagged({{5}})).is(forward, first_copy);
  at(1ms, B6.brings(first).tagged({{6}})).is(forward, first_copy);
  at(2ms, B6.brings(first).tagged({{5, 0x88a8, 3}})).is(drop, second_copy);
  given({.ignore_vlan = true});
  at(5s, A6.brings(first).tagged({{5}})).is(forward, first_copy);
  at(5001ms, B6.brings(first).tagged({{6}})).is(drop, second_copy);
}

TEST_F(Dhcp6, WideDhcp6sSourcePort) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.but(&Router6::source_port, 546).brings(first)).is(drop, second_copy);
}

TEST_F(Dhcp6, ExtensionHeadersMayDiffer) {
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(first).but(&Copy6::extensions, std::vector<Extension>{{0, Bytes(7)}, {60, Bytes(7)}}))
      .is(drop, second_copy);
}

TEST_F(Dhcp6, TheOrderOfTheClientsOptions) {
  Transmission6 other = first;
  std::swap(other.options.at(1), other.options.at(3));
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(other)).is(forward, rewritten);
}

TEST_F(Dhcp6, PrefixesAreForwardedUnlessTheSettingSaysOtherwise) {
  const Transmission6 delegation = first.with({kIaPd, Bytes(12)});
  at(0ms, A6.brings(delegation)).is(forward, prefix_delegation);
  at(1ms, B6.brings(delegation)).is(forward, prefix_delegation);
  given({.dedup_prefix_delegation = true});
  at(2ms, A6.brings(delegation)).is(forward, first_copy);
  at(3ms, B6.brings(delegation)).is(drop, second_copy);
}

TEST_F(Dhcp6, ARewritingRouter) {
  const Transmission6 changed = first.with({kUserClass6, {0, 1, 7}});
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(changed)).is(forward, rewritten);
  given({.match = Match::identity});
  at(5s, A6.brings(first)).is(forward, first_copy);
  at(5001ms, B6.brings(changed)).is(drop, second_copy_rewritten);
  at(5002ms, B6.brings(first.after(100))).is(forward, first_copy);
  at(5003ms, B6.brings(request6())).is(forward, first_copy);
}

TEST_F(Dhcp6, IdentityComparesAMessageWithoutATransactionAsAWhole) {  // RFC 7341: flags stand in its place
  const Transmission6 query =
      first.but(&Transmission6::type, kDhcp4Query).without(kDuid).without(kElapsedTime);
  given({.match = Match::identity});
  at(0ms, A6.brings(query.with({87, {1}}))).is(forward, first_copy);
  at(1ms, A6.brings(query.with({87, {2}}))).is(forward, first_copy);
  at(2ms, B6.brings(query.with({87, {1}}))).is(drop, second_copy);
}

TEST_F(Dhcp6, TheOtherRelaysTurn) {  // A's return path is dead
  at(0s, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(first)).is(drop, second_copy);
  at(1s, A6.brings(first.after(100))).is(forward, first_copy);
  at(1001ms, B6.brings(first.after(100))).is(drop, second_copy);
  at(3s, A6.brings(first.after(300))).is(drop, turn_passed);
  at(3001ms, B6.brings(first.after(300))).is(forward, first_copy);
}

TEST_F(Dhcp6, AnAdvertisedClientsRequestIsProgress) {
  at(0s, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(first)).is(drop, second_copy);
  at(3s, A6.brings(request6())).is(forward, first_copy);
  at(3001ms, B6.brings(request6())).is(drop, second_copy);
}

TEST_F(Dhcp6, BothFamiliesOfOneClientAtOnce) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(0ms, A6.brings(first)).is(forward, first_copy);
  at(1ms, B6.brings(first)).is(drop, second_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Dhcp6, ARefusedCopyLeavesNoTrace) {
  at(0ms, A6.brings(first)).is(forward, first_copy).and_refused();
  at(1ms, B6.brings(first)).is(forward, first_copy);
}

TEST_F(Dhcp6, TheVerdictSaysWhichFamily) {
  EXPECT_EQ(judge(0ms, A6.brings(first)).family, Family::v6);
  EXPECT_EQ(judge(0ms, A6.brings(first).to("ff05::1:3"_ip6)).family, Family::v6);
  EXPECT_EQ(judge(0ms, A6.brings(first).but(&Copy6::destination_port, 69)).family, Family::none);
  EXPECT_EQ(judge(0ms, A.brings(discover)).family, Family::v4);
  EXPECT_EQ(judge(0ms, A.brings(discover.but(&Transmission::op, 2))).family, Family::v4);
  EXPECT_EQ(judge(0ms, A.brings(discover).but(&Copy::destination_port, 69)).family, Family::none);
}

// What needs no memory.
struct Dhcp6Copies : testing::Test {
  const Router6 A = {"A", "02:00:00:30:00:02"_mac, "fd20:30::2"_ip6, "fd20:20::2"_ip6};
  const Router6 B = {"B", "02:00:00:30:00:03"_mac, "fd20:30::3"_ip6, "fd20:20::3"_ip6};
  const Transmission6 first = solicit();
};

TEST_F(Dhcp6Copies, EveryCpuMakesTheSameRequests) {
  Fingerprint any(1, Fingerprint::Cpu::any), best(1);
  const Router6 named = B.but(&Router6::before, Options6{{kInterfaceId, {1}}});
  for (const Copy6& copy : {A.brings(first), named.brings(first, {B, A}), A.brings(first.without(kDuid))}) {
    const Bytes bytes = copy.bytes();
    const Parsed6 parsed = parse_dhcp6(bytes);
    for (const Match match : {Match::content, Match::identity})
      EXPECT_EQ(any.of(*parsed.message, 3, {.match = match}), best.of(*parsed.message, 3, {.match = match}));
  }
}

TEST_F(Dhcp6Copies, ItsRelaysHaveNames) {
  const Bytes bytes = A.brings(first, {B}).bytes();
  const RelayName name = relay_of({.bytes = bytes, .port = 3});
  EXPECT_EQ(name.port, 3);
  EXPECT_EQ(name.ip, A.ip);
  EXPECT_EQ(name.giaddr, B.link) << "of the relay closest to the client";
  EXPECT_EQ(name.family(), Family::v6);
}

}  // namespace
}  // namespace relaysieve::test

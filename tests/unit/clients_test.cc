// SPDX-License-Identifier: Apache-2.0
// What real clients write: shared and constant xids, odd hardware addresses, messages that look alike.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Clients : public Scenario {
 protected:
  // Both relays bring it: exactly one copy passes.
  void passes_once(Duration time, const Transmission& sent, Reason reason = first_copy,
                   Place where = Place::here()) {
    at(time, A.brings(sent), where).is(forward, reason);
    at(time + 200us, B.brings(sent), where).is(drop, second_copy);
  }
};

TEST_F(Clients, DiscoverThenRequestWithinAMillisecond) {
  ASSERT_EQ(discover.xid, request.xid);
  ASSERT_EQ(discover.secs, request.secs);
  passes_once(0ms, discover);
  passes_once(1ms, request);
}

TEST_F(Clients, TheRequestOvertakesTheSecondCopyOfTheDiscover) {
  at(0us, A.brings(discover)).is(forward, first_copy);
  at(900us, A.brings(request)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(2ms, B.brings(request)).is(drop, second_copy);
}

TEST_F(Clients, ProxyDhcpRequestToAnotherServer) {
  passes_once(0ms, ipxe().request(0ms, kServer.ip));
  const Transmission proxy = ipxe().request(0ms, kSecondServer.ip);
  at(1ms, A.brings(proxy).to(kSecondServer)).is(forward, first_copy);
  at(2ms, B.brings(proxy).to(kSecondServer)).is(drop, second_copy);
}

TEST_F(Clients, ProxyDhcpRequestThatDiffersInOption54Only) {  // same xid, type, secs and destination
  for (auto [start, match] : {std::pair(0s, Match::content), std::pair(100s, Match::identity)}) {
    given({.match = match});
    passes_once(start, ipxe().request(0ms, kServer.ip));
    passes_once(start + 1ms, ipxe().request(0ms, kSecondServer.ip));
  }
}

TEST_F(Clients, IpxeRepeatsItsRequestEveryQuarterSecondWithNewSecs) {
  for (Duration time : {0ms, 250ms, 500ms, 750ms, 1000ms}) passes_once(time, ipxe().request(time));
}

TEST_F(Clients, IpxeBootServerDiscoveryUsesXidZero) {
  passes_once(0ms, ipxe().inform().but(&Transmission::xid, 0));
  passes_once(1ms, ipxe().called("52:54:00:20:00:02"_mac).inform().but(&Transmission::xid, 0));
}

TEST_F(Clients, OneXidOnEveryRaspberryPi) {
  const Client other = raspberry_pi().called("b8:27:eb:00:00:02"_mac);
  ASSERT_EQ(raspberry_pi().discover().xid, other.discover().xid);
  passes_once(0ms, raspberry_pi().discover());
  passes_once(1ms, other.discover());
}

TEST_F(Clients, TheNextBootStageReusesTheXid) {  // within a second, with options of its own
  const Transmission rom = raspberry_pi().discover();
  const Transmission next = rom.with({kVendorClass, bytes_of("PXEClient:Arch:00011")});
  passes_once(0ms, rom);
  passes_once(600ms, next);
}

TEST_F(Clients, TwoGrubsInOneClockSecond) {
  const Client other = grub().called("52:54:00:20:00:11"_mac);
  ASSERT_EQ(grub().discover().xid, other.discover().xid);
  passes_once(0ms, grub().discover());
  passes_once(1ms, other.discover());
}

TEST_F(Clients, TwoClientsWithoutAnAddressDifferInTheirMachineId) {  // hlen 0, one clock second
  const Transmission one = grub().with_hlen(0).discover().with({kMachineId, {0, 1}});
  const Transmission two = grub().with_hlen(0).discover().with({kMachineId, {0, 2}});
  passes_once(0ms, one);
  passes_once(1ms, two);
}

TEST_F(Clients, TwoClientsWithHlen0DifferInChaddr) {  // all 16 bytes count, whatever hlen says
  passes_once(0ms, grub().discover().but(&Transmission::hlen, 0));
  passes_once(1ms, grub().called("52:54:00:20:00:11"_mac).discover().but(&Transmission::hlen, 0));
}

TEST_F(Clients, TwoClientsWithHlen0AndNotOneByteOfDifference) {  // indistinguishable inside the echo window
  const Transmission both = grub().with_hlen(0).discover();
  passes_once(0ms, both);
  at(50ms, A.brings(both)).is(drop, echo);
  passes_once(101ms, both, retransmission);
}

TEST_F(Clients, TheyAreTwoClientsInTwoSubnets) {
  const Transmission both = grub().with_hlen(0).discover();
  passes_once(0ms, both);
  at(1ms, C.asking_for("10.40.0.4"_ip).brings(both)).is(forward, twin_other_scope);
  at(2ms, D.asking_for("10.40.0.5"_ip).brings(both)).is(drop, second_copy);
}

TEST_F(Clients, Hlen16IsTheMachinesGuid) {  // EDK2: two GUIDs that agree in their first six bytes
  Transmission one = edk2().discover().but(&Transmission::hlen, 16);
  one.chaddr = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  Transmission two = one;
  two.chaddr[15] = 17;
  passes_once(0ms, one);
  passes_once(1ms, two);
}

TEST_F(Clients, Hlen17IsForwardedUnjudged) {
  const Transmission odd = discover.but(&Transmission::hlen, 17);
  at(0ms, A.brings(odd)).is(forward, malformed_bootp);
  at(1ms, B.brings(odd)).is(forward, malformed_bootp);
}

TEST_F(Clients, NetworkManagerTakesANewXidForEveryDiscover) {
  given({.turn_after = 0s});
  for (Duration time : {0s, 2s, 4s, 6s}) passes_once(time, network_manager().discover(time));
}

TEST_F(Clients, UdhcpcReusesItsXidToRenewThroughTheRelay) {  // rebinding: broadcast, with ciaddr
  passes_once(0s, udhcpc().request());
  passes_once(500ms, udhcpc().request().but(&Transmission::ciaddr, "10.20.0.210"_ip));
}

TEST_F(Clients, PlainBootpAsksForAFile) {
  passes_once(0ms, plain_bootp("kernel"));
  passes_once(1ms, plain_bootp("initrd"));
}

TEST_F(Clients, BootpWithACookieButNoMessageTypeIsPlainBootp) {
  Transmission sent = plain_bootp("kernel").but(&Transmission::cookie, true);
  passes_once(0ms, sent);
  passes_once(1ms, sent.but(&Transmission::file, bytes_of("initrd")));
}

TEST_F(Clients, ADiscoverThatEndsWithoutEnd) {
  passes_once(0ms, discover.but(&Transmission::end, false).but(&Transmission::least, 0));
}

}  // namespace
}  // namespace relaysieve::test
